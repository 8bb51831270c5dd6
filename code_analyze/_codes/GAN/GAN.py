"""The deep convolutional GAN (Goodfellow et al., 2014; Radford et al., 2016): generator and discriminator."""

from torch import nn

from hwlib import checkpoint


def get_generator(num_channels, latent_dim, hidden_dim, device):
    """A new generator on the device, initialized by weights_init."""
    return Generator(num_channels, latent_dim, hidden_dim).to(device).apply(weights_init)


def get_discriminator(num_channels, hidden_dim, device):
    """A new discriminator on the device, initialized by weights_init."""
    return Discriminator(num_channels, hidden_dim).to(device).apply(weights_init)


def weights_init(module):
    """Initializes one module in place; `network.apply(weights_init)` calls it with every module."""
    # TODO START
    # Convolutions and transposed convolutions: weights from N(0, 0.02), where 0.02 is the standard deviation.
    # BatchNorm2d: weights from N(1, 0.02), biases 0. Other modules stay as they are.
    raise NotImplementedError("GAN.py, TODO 1 (Initialisation): not filled in yet")
    # TODO END


class Generator(nn.Module):
    """Latents [B, latent_dim, 1, 1] -> images [B, num_channels, 32, 32] in [-1, 1]."""

    def __init__(self, num_channels, latent_dim, hidden_dim):
        super().__init__()
        self.num_channels = num_channels
        self.latent_dim = latent_dim
        self.hidden_dim = hidden_dim
        # TODO START
        # self.decoder: the layers of the handout's table, latents [B, latent_dim, 1, 1] to images.
        raise NotImplementedError("GAN.py, TODO 2 (Generator): not filled in yet")
        # TODO END

    def forward(self, z):
        """Latents z [B, latent_dim, 1, 1] -> images [B, num_channels, 32, 32] in [-1, 1]."""
        # TODO START
        # Use self.decoder.
        raise NotImplementedError("GAN.py, TODO 3 (Forward pass of the generator): not filled in yet")
        # TODO END

    def save(self, ckpt_dir, step):
        """Writes the generator's weights into ckpt_dir as the checkpoint of this step."""
        checkpoint.save(ckpt_dir, step, netG=self)

    def restore(self, ckpt_dir):
        """Loads the generator's weights of the latest checkpoint in ckpt_dir."""
        state = checkpoint.load_latest(ckpt_dir, next(self.parameters()).device)
        checkpoint.load_state(self, state["netG"], ckpt_dir)


class Discriminator(nn.Module):
    """Images [B, num_channels, 32, 32] in [-1, 1] -> probabilities [B] of being real. Complete as given."""

    def __init__(self, num_channels, hidden_dim):
        super().__init__()
        self.num_channels = num_channels
        self.hidden_dim = h = hidden_dim
        self.clf = nn.Sequential(
            nn.Conv2d(num_channels, h, 4, stride=2, padding=1, bias=False),  # [B, h, 16, 16]
            nn.LeakyReLU(0.2),
            nn.Conv2d(h, 2 * h, 4, stride=2, padding=1, bias=False),  # [B, 2h, 8, 8]
            nn.BatchNorm2d(2 * h),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * h, 4 * h, 4, stride=2, padding=1, bias=False),  # [B, 4h, 4, 4]
            nn.BatchNorm2d(4 * h),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * h, 1, 4, stride=1, padding=0, bias=False),  # [B, 1, 1, 1]
            nn.Sigmoid(),
        )

    def forward(self, x):
        """Images x [B, num_channels, 32, 32] in [-1, 1] -> probabilities [B]."""
        return self.clf(x).flatten()  # [B]
