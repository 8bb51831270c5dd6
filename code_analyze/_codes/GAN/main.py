"""Train a GAN, look at what it draws, and score it by FID.

python main.py --do_train     trains from the latest checkpoint (or from scratch), then evaluates
python main.py                evaluates the latest checkpoint
"""

import torch
from dataset import Dataset
from GAN import get_discriminator, get_generator
from trainer import Trainer

from hwlib import cli
from hwlib.errors import cli_errors
from hwlib.evaluation import evaluate
from hwlib.runs import open_run
from hwlib.speed import accelerate


def sample_images(netG, num_images, latent_dim, device):
    """Images drawn by the generator: [num_images, 1, 32, 32], moved from its [-1, 1] to [0, 1]."""
    # TODO START
    # Draw one latent vector per image from N(0, I), on the device, generate, and change the range.
    raise NotImplementedError("main.py, TODO 1 (Sampling): not filled in yet")
    # TODO END


@cli_errors()
def main():
    parser = cli.make_parser(
        "GAN", __doc__, latent_dim=100, batch_size=64, num_train_steps=5_000, learning_rate=2e-4
    )
    parser.add_argument("--hidden_dim", type=cli.positive_int, default=16, help="h in the handout's tables")
    parser.add_argument("--beta1", type=cli.fraction, default=0.5, help="Adam's beta 1")
    args = cli.parse(parser)

    run = open_run(args, parser)
    device = run.device
    dataset = Dataset(args.batch_size, args.data_dir, device, args.dataset, args.seed)
    netG = get_generator(1, args.latent_dim, args.hidden_dim, device)
    netD = get_discriminator(1, args.hidden_dim, device)
    accelerate(netG, netD, device=device, precision=args.precision, compile_model=args.compile)

    if args.do_train:
        adam = {"lr": args.learning_rate, "betas": (args.beta1, 0.999), "fused": True}
        optimG = torch.optim.Adam(netG.parameters(), **adam)
        optimD = torch.optim.Adam(netD.parameters(), **adam)
        trainer = Trainer(device, netG, netD, optimG, optimD, dataset, run.ckpt_dir, run.tb_writer)
        trainer.train(args.num_train_steps, args.logging_steps, args.saving_steps)
    netG.restore(run.ckpt_dir)

    evaluate(
        run,
        netG,
        dataset,
        sample=lambda num_images: sample_images(netG, num_images, args.latent_dim, device),
        decode=lambda z: (netG(z) + 1) / 2,
        latent_shape=(args.latent_dim, 1, 1),
    )


if __name__ == "__main__":
    main()
