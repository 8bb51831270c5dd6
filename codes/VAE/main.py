"""Train a VAE, look at what it draws, and score it by FID.

python main.py --do_train     trains from the latest checkpoint (or from scratch), then evaluates
python main.py                evaluates the latest checkpoint
"""

import torch
from dataset import Dataset
from trainer import Trainer
from VAE import VAE

from hwlib import cli
from hwlib.errors import cli_errors
from hwlib.evaluation import evaluate
from hwlib.runs import open_run
from hwlib.speed import accelerate


def sample_images(model, num_images, latent_dim, device):
    """Images drawn by the model: [num_images, 1, 32, 32] in [0, 1]."""
    # TODO START
    # Draw one latent vector per image from N(0, I), on the device, and decode.
    raise NotImplementedError("main.py, TODO 1 (Sampling): not filled in yet")
    # TODO END


@cli_errors()
def main():
    parser = cli.make_parser(
        "VAE", __doc__, latent_dim=10, batch_size=32, num_train_steps=25_000, learning_rate=1e-3
    )
    parser.add_argument(
        "--architecture", choices=["conv", "fc", "shallow"], default="conv", help="bonus question"
    )
    args = cli.parse(parser)

    run = open_run(args, parser)
    device = run.device
    dataset = Dataset(args.batch_size, args.data_dir, device, args.dataset, args.seed)
    model = VAE(1, args.latent_dim, args.architecture).to(device)
    accelerate(model, device=device, precision=args.precision, compile_model=args.compile)

    if args.do_train:
        optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate, fused=True)
        trainer = Trainer(device, model, optimizer, dataset, run.ckpt_dir, run.tb_writer)
        trainer.train(args.num_train_steps, args.logging_steps, args.saving_steps)
    model.restore(run.ckpt_dir)

    evaluate(
        run,
        model,
        dataset,
        sample=lambda num_images: sample_images(model, num_images, args.latent_dim, device),
        decode=lambda z: model(z=z),
        reconstruct=lambda imgs: model(imgs)[0],
        latent_shape=(args.latent_dim,),
    )


if __name__ == "__main__":
    main()
