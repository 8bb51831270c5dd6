"""The variational autoencoder (Kingma and Welling, 2014): encoder, reparameterization, decoder."""

import torch
from torch import nn

from hwlib import checkpoint


class VAE(nn.Module):
    """Encodes images into N(mu, sigma^2) over a latent vector, and decodes latent vectors into images."""

    def __init__(self, num_channels, latent_dim, architecture="conv"):
        """
        num_channels: channels of the images (1 for MNIST)
        latent_dim:   dimension of the latent vector z
        architecture: "conv" is the network of the handout's tables, the others belong to a bonus question
        """
        super().__init__()
        self.num_channels = num_channels
        self.latent_dim = latent_dim
        if architecture != "conv":
            self.encoder, self.decoder = build_variant(architecture, num_channels, latent_dim)
            return
        # TODO START
        # Two modules, layer by layer as in the handout's tables:
        #   self.encoder: images [B, num_channels, 32, 32] -> [B, 2 * latent_dim], mu first, then log sigma
        #   self.decoder: latents [B, latent_dim] -> images [B, num_channels, 32, 32] in [0, 1]
        raise NotImplementedError("VAE.py, TODO 1 (Encoder and decoder): not filled in yet")
        # TODO END

    def reparameterize(self, mu, log_std):
        """z ~ N(mu, sigma^2), so that gradients reach mu and log_std = log sigma; all [B, latent_dim]."""
        # TODO START
        # Fresh standard normal noise at every call, one number for each entry, on the device of mu.
        raise NotImplementedError("VAE.py, TODO 2 (Reparameterization): not filled in yet")
        # TODO END

    def forward(self, x=None, z=None):
        """
        Images x [B, num_channels, 32, 32] in [0, 1]: returns (recon, mu, log_std), where recon has the
        shape and range of x, and mu and log_std are [B, latent_dim].
        Latents z [N, latent_dim] and no x: returns the decoded images [N, num_channels, 32, 32].
        """
        # TODO START
        # Use self.encoder, self.reparameterize and self.decoder.
        raise NotImplementedError("VAE.py, TODO 3 (Forward pass): not filled in yet")
        # TODO END

    def save(self, ckpt_dir, step):
        """Writes the weights into ckpt_dir as the checkpoint of this step."""
        checkpoint.save(ckpt_dir, step, model=self)

    def restore(self, ckpt_dir):
        """Loads the weights of the latest checkpoint in ckpt_dir."""
        state = checkpoint.load_latest(ckpt_dir, next(self.parameters()).device)
        checkpoint.load_state(self, state["model"], ckpt_dir)


def build_variant(architecture, num_channels, latent_dim):
    """The (encoder, decoder) of another architecture, with the inputs and outputs of the tables' one."""
    # TODO START
    # Bonus question, optional: "fc" is fully connected, "shallow" has fewer layers.
    raise NotImplementedError("VAE.py, TODO 4 (Other architectures (optional)): not filled in yet")
    # TODO END
