"""Training of the GAN: one step of the discriminator and the generator, the loop around it."""

import torch
from torch import nn

from hwlib import checkpoint
from hwlib.device import fixed_random, random_state, set_random_state
from hwlib.monitor import Monitor
from hwlib.pictures import grid
from hwlib.progress import TrainingSteps, to_floats


class Trainer:
    def __init__(self, device, netG, netD, optimG, optimD, dataset, ckpt_dir, tb_writer):
        self.device = device
        self.netG = netG
        self.netD = netD
        self.optimG = optimG
        self.optimD = optimD
        self.dataset = dataset
        self.ckpt_dir = ckpt_dir
        self.tb_writer = tb_writer
        self.monitor = Monitor()
        # The same noise for every picture, so that they differ by the training alone.
        self.fixed_noise = self.noise(100)  # [100, latent_dim, 1, 1]

    def noise(self, batch_size):
        """z ~ N(0, I): [batch_size, latent_dim, 1, 1] on the device of the run."""
        return torch.randn(batch_size, self.netG.latent_dim, 1, 1, device=self.device)

    def train_step(self, real_imgs, fake_imgs, BCE_criterion):
        """
        One step of the discriminator, then one of the generator.
        real_imgs: [B, C, 32, 32] in [-1, 1];  fake_imgs: G(z), same shape, still attached to the generator
        BCE_criterion: nn.BCELoss(), called with probabilities [B] and labels [B]
        Returns (loss_D, loss_G, D_x, D_G_z1, D_G_z2): D_x and D_G_z1 are the averages of D over the real and
        the fake images before its step, D_G_z2 the average over the fake images after it.
        """
        # TODO START
        # Discriminator: maximize log D(x) + log(1 - D(G(z))). First the real batch, then the fake one,
        # their gradients accumulated, then one step of optimD. loss_D is the sum of the two losses.
        # The generator gets no gradient here.
        real_probs = self.netD(real_imgs)  # [B]
        loss_D_real = BCE_criterion(real_probs, torch.ones_like(real_probs))
        fake_probs = self.netD(fake_imgs.detach())  # [B]
        loss_D_fake = BCE_criterion(fake_probs, torch.zeros_like(fake_probs))
        self.optimD.zero_grad()
        loss_D_real.backward()
        loss_D_fake.backward()
        self.optimD.step()
        loss_D = loss_D_real + loss_D_fake
        D_x, D_G_z1 = real_probs.mean(), fake_probs.mean()
        # TODO END

        # TODO START
        # Generator: maximize log D(G(z)) with the discriminator just updated, then one step of optimG.
        fake_probs = self.netD(fake_imgs)  # [B]
        loss_G = BCE_criterion(fake_probs, torch.ones_like(fake_probs))
        self.optimG.zero_grad()
        # Gradients of the generator alone; the discriminator's would only be thrown away.
        loss_G.backward(inputs=list(self.netG.parameters()))
        self.optimG.step()
        D_G_z2 = fake_probs.mean()
        return loss_D, loss_G, D_x, D_G_z1, D_G_z2
        # TODO END

    def train(self, num_train_steps, logging_steps, saving_steps):
        """Trains from the latest checkpoint, or from step 0, to num_train_steps."""
        BCE_criterion = nn.BCELoss()
        steps = TrainingSteps(self.restore(), num_train_steps)
        if steps.first == 1:
            self.show_samples(0)
        for step in steps:
            real_imgs = self.dataset.training_batch(step)  # [B, 1, 32, 32]
            fake_imgs = self.netG(self.noise(len(real_imgs)))  # [B, 1, 32, 32]
            results = self.train_step(real_imgs, fake_imgs, BCE_criterion)
            if step % logging_steps == 0:
                loss_D, loss_G, D_x, D_G_z1, _ = self.log(step, results)
                steps.show(loss_D=loss_D, loss_G=loss_G, D_x=D_x, D_G_z1=D_G_z1)
            if step % saving_steps == 0 or step == num_train_steps:
                self.show_samples(step)
            if step % saving_steps == 0 or steps.is_last(step):
                self.save(step)

    @torch.no_grad()
    def show_samples(self, step):
        """The pictures that the generator makes of the fixed noise."""
        self.netG.eval()
        with fixed_random(0, self.device):
            samples = self.netG(self.fixed_noise)  # [100, 1, 32, 32] in [-1, 1]
        self.tb_writer.add_image("samples", grid((samples + 1) / 2), step)
        self.monitor.check_images(step, samples, low=-1, high=1)
        self.netG.train()

    def log(self, step, results):
        """Adds (loss_D, loss_G, D_x, D_G_z1, D_G_z2) to the curves; returns them as floats."""
        names = "discriminator_loss", "generator_loss", "D(x)", "D(G(z1))", "D(G(z2))"
        values = to_floats(results)
        for name, value in zip(names, values, strict=True):
            self.tb_writer.add_scalar(name, value, step)
        self.monitor.check(step, finite=values[:2], saturated=(values[2], values[3]))
        return values

    def save(self, step):
        """Everything that the rest of the training depends on."""
        networks = {"netG": self.netG, "netD": self.netD, "optimG": self.optimG, "optimD": self.optimD}
        state = {"fixed_noise": self.fixed_noise, "random": random_state(self.device)}
        checkpoint.save(self.ckpt_dir, step, **networks, **state)

    def restore(self):
        """Takes up the latest checkpoint; returns its step, 0 if there is none."""
        state = checkpoint.latest(self.ckpt_dir, self.device)
        if state is None:
            return 0
        checkpoint.load_state(self.netG, state["netG"], self.ckpt_dir)
        checkpoint.load_state(self.netD, state["netD"], self.ckpt_dir)
        self.optimG.load_state_dict(state["optimG"])
        self.optimD.load_state_dict(state["optimD"])
        self.fixed_noise = state["fixed_noise"]
        set_random_state(state["random"], self.device)
        return state["step"]
