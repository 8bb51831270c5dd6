"""Training of the VAE: the two terms of the ELBO, one optimization step, the loop around it."""

import torch
import torch.nn.functional as F

from hwlib import checkpoint
from hwlib.device import fixed_random, random_state, set_random_state
from hwlib.monitor import Monitor
from hwlib.pictures import grid
from hwlib.progress import TrainingSteps, to_floats


class Trainer:
    def __init__(self, device, model, optimizer, dataset, ckpt_dir, tb_writer):
        self.device = device
        self.model = model
        self.optimizer = optimizer
        self.dataset = dataset
        self.ckpt_dir = ckpt_dir
        self.tb_writer = tb_writer
        self.monitor = Monitor()
        # The same noise for every picture, so that they differ by the training alone.
        self.fixed_noise = torch.randn(100, model.latent_dim, device=device)  # [100, latent_dim]

    def loss_fn(self, target, recon, mu, log_std):
        """
        The two terms of the negative ELBO, averaged over the batch.
        target, recon: images [B, C, 32, 32] in [0, 1];  mu, log_std: [B, latent_dim], log_std = log sigma
        Returns (recon_loss, kl_loss), both 0-d tensors.
        """
        # TODO START
        # recon_loss: binary cross-entropy, summed over all pixels of an image, averaged over the batch
        # kl_loss: KL(N(mu, sigma^2) || N(0, I)), summed over the latent dimensions, averaged over the batch
        raise NotImplementedError("trainer.py, TODO 1 (Losses): not filled in yet")
        # TODO END

    def train_step(self, imgs):
        """One optimization step on imgs [B, C, 32, 32]; returns 0-d tensors (loss, recon_loss, kl_loss)."""
        # TODO START
        # loss = recon_loss + kl_loss. No gradient of an earlier step may be left in this one.
        raise NotImplementedError("trainer.py, TODO 2 (One training step): not filled in yet")
        # TODO END

    def train(self, num_train_steps, logging_steps, saving_steps):
        """Trains from the latest checkpoint, or from step 0, to num_train_steps."""
        steps = TrainingSteps(self.restore(), num_train_steps)
        if steps.first == 1:
            self.validate(0)
        self.model.train()
        for step in steps:
            imgs = self.dataset.training_batch(step)  # [B, 1, 32, 32]
            losses = self.train_step(imgs)
            if step % logging_steps == 0:
                loss, recon_loss, kl_loss = self.log(step, losses)
                steps.show(loss=loss, recon=recon_loss, KL=kl_loss)
            if step % saving_steps == 0 or step == num_train_steps:
                self.validate(step)
            if step % saving_steps == 0 or steps.is_last(step):
                self.save(step)

    @torch.no_grad()
    def validate(self, step):
        """Losses over all validation images, and the pictures: originals, reconstructions, samples."""
        self.model.eval()
        totals = torch.zeros(2, device=self.device)
        with fixed_random(0, self.device):
            for imgs in self.dataset.dev_batches():
                recon, mu, log_std = self.model(imgs)
                totals += torch.stack(self.loss_fn(imgs, recon, mu, log_std)) * len(imgs)
            recon_loss, kl_loss = totals / len(self.dataset.dev_images)
            self.log(step, (recon_loss + kl_loss, recon_loss, kl_loss), "dev/")
            imgs = self.dataset.scale(self.dataset.dev_images[:100])  # [100, 1, 32, 32]
            recon, samples = self.model(imgs)[0], self.model(z=self.fixed_noise)  # [100, 1, 32, 32] each
        for name, pictures in ("dev_imgs", imgs), ("reconstructions", recon), ("samples", samples):
            self.tb_writer.add_image(name, grid(pictures), step)
        self.monitor.check_images(step, samples, low=0, high=1)
        self.model.train()

    def log(self, step, losses, prefix=""):
        """Adds the losses (loss, recon_loss, kl_loss) to the curves; returns them as floats."""
        loss, recon_loss, kl_loss = to_floats(losses)
        self.tb_writer.add_scalar(prefix + "loss", loss, step)
        self.tb_writer.add_scalar(prefix + "reconstruction_loss", recon_loss, step)
        self.tb_writer.add_scalar(prefix + "KL_divergence", kl_loss, step)
        self.monitor.check(step, finite=(loss, recon_loss, kl_loss), image_sum=recon_loss, vanishing=kl_loss)
        return loss, recon_loss, kl_loss

    def save(self, step):
        """Everything that the rest of the training depends on."""
        parts = {"model": self.model, "optimizer": self.optimizer, "fixed_noise": self.fixed_noise}
        checkpoint.save(self.ckpt_dir, step, **parts, random=random_state(self.device))

    def restore(self):
        """Takes up the latest checkpoint; returns its step, 0 if there is none."""
        state = checkpoint.latest(self.ckpt_dir, self.device)
        if state is None:
            return 0
        checkpoint.load_state(self.model, state["model"], self.ckpt_dir)
        self.optimizer.load_state_dict(state["optimizer"])
        self.fixed_noise = state["fixed_noise"]
        set_random_state(state["random"], self.device)
        return state["step"]
