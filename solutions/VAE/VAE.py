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
        self.encoder = nn.Sequential(
            nn.Conv2d(num_channels, 16, 3, stride=1, padding=1),  # Enc-1 [B, 16, 32, 32]
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),  # Enc-2 [B, 32, 16, 16]
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=1, padding=1),  # Enc-3 [B, 32, 16, 16]
            nn.ReLU(),
            nn.Conv2d(32, 16, 3, stride=2, padding=1),  # Enc-4 [B, 16, 8, 8]
            nn.ReLU(),
            nn.Flatten(),  # [B, 1024]
            nn.Linear(16 * 8 * 8, 2 * latent_dim),  # Enc-5 [B, 2 * latent_dim]
            nn.ReLU(),
            nn.Linear(2 * latent_dim, 2 * latent_dim),  # Enc-6 [B, 2 * latent_dim]
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, latent_dim),  # Dec-1 [B, latent_dim]
            nn.ReLU(),
            nn.Linear(latent_dim, 16 * 8 * 8),  # Dec-2 [B, 1024]
            nn.Unflatten(1, (16, 8, 8)),  # [B, 16, 8, 8]
            nn.ConvTranspose2d(16, 32, 3, stride=2, padding=1, output_padding=1),  # Dec-3 [B, 32, 16, 16]
            nn.ReLU(),
            nn.ConvTranspose2d(32, 32, 3, stride=1, padding=1),  # Dec-4 [B, 32, 16, 16]
            nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),  # Dec-5 [B, 16, 32, 32]
            nn.ReLU(),
            nn.ConvTranspose2d(16, num_channels, 3, stride=1, padding=1),  # Dec-6 [B, num_channels, 32, 32]
            nn.Sigmoid(),
        )
        # TODO END

    def reparameterize(self, mu, log_std):
        """z ~ N(mu, sigma^2), so that gradients reach mu and log_std = log sigma; all [B, latent_dim]."""
        # TODO START
        # Fresh standard normal noise at every call, one number for each entry, on the device of mu.
        eps = torch.randn_like(mu)  # [B, latent_dim]
        return mu + log_std.exp() * eps
        # TODO END

    def forward(self, x=None, z=None):
        """
        Images x [B, num_channels, 32, 32] in [0, 1]: returns (recon, mu, log_std), where recon has the
        shape and range of x, and mu and log_std are [B, latent_dim].
        Latents z [N, latent_dim] and no x: returns the decoded images [N, num_channels, 32, 32].
        """
        # TODO START
        # Use self.encoder, self.reparameterize and self.decoder.
        if x is None:
            return self.decoder(z)  # [N, num_channels, 32, 32]
        mu, log_std = self.encoder(x).chunk(2, dim=1)  # [B, latent_dim] each
        z = self.reparameterize(mu, log_std)  # [B, latent_dim]
        return self.decoder(z), mu, log_std
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
    if architecture == "fc":
        num_pixels = num_channels * 32 * 32
        encoder = nn.Sequential(
            nn.Flatten(),  # [B, num_pixels]
            nn.Linear(num_pixels, 256),  # [B, 256]
            nn.ReLU(),
            nn.Linear(256, 2 * latent_dim),  # [B, 2 * latent_dim]
        )
        decoder = nn.Sequential(
            nn.Linear(latent_dim, 256),  # [B, 256]
            nn.ReLU(),
            nn.Linear(256, num_pixels),  # [B, num_pixels]
            nn.Unflatten(1, (num_channels, 32, 32)),  # [B, num_channels, 32, 32]
            nn.Sigmoid(),
        )
    elif architecture == "shallow":
        encoder = nn.Sequential(
            nn.Conv2d(num_channels, 16, 3, stride=4, padding=1),  # [B, 16, 8, 8]
            nn.ReLU(),
            nn.Flatten(),  # [B, 1024]
            nn.Linear(16 * 8 * 8, 2 * latent_dim),  # [B, 2 * latent_dim]
        )
        decoder = nn.Sequential(
            nn.Linear(latent_dim, 16 * 8 * 8),  # [B, 1024]
            nn.ReLU(),
            nn.Unflatten(1, (16, 8, 8)),  # [B, 16, 8, 8]
            nn.ConvTranspose2d(16, num_channels, 4, stride=4),  # [B, num_channels, 32, 32]
            nn.Sigmoid(),
        )
    else:
        raise ValueError(f"architecture {architecture!r} is unknown; expected conv, fc or shallow")
    return encoder, decoder
    # TODO END
