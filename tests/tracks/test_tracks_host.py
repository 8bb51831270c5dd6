"""Between two logged steps, training never waits for the device.

Tensors on the device `meta` have shapes and no values, so whatever asks for a value fails there: `item()`,
`float()`, `cpu()`, a comparison in an `if`. On a GPU each of these would stop the queue of its work.
"""

import json

import pytest

SNIPPET = """
import json, torch
from hwlib.data import BatchOrder
from hwlib.speed import accelerate
from trainer import Trainer
import dataset

device = torch.device("meta")
dataset.load_images = lambda name, data_dir, train: torch.zeros(40, 1, 32, 32, dtype=torch.uint8)
data = dataset.Dataset(8, "nowhere", device)


def adam(model):  # main.py's fused=True does not know this device
    return torch.optim.Adam(model.parameters(), foreach=True)


{make}
trainer.restore = lambda: 1
trainer.validate = trainer.show_samples = trainer.save = lambda step: None
trainer.train(12, logging_steps=100, saving_steps=100)  # more than two epochs of 5 steps
out = {{"finished": True, "refused": ""}}
try:
    trainer.train(12, logging_steps=6, saving_steps=100)
except (RuntimeError, NotImplementedError) as error:
    out["refused"] = str(error)
print(json.dumps(out))
"""

MAKE = {
    "VAE": """
from VAE import VAE
model = VAE(1, 5).to(device)
accelerate(model, device=device)
trainer = Trainer(device, model, adam(model), data, None, None)
""",
    "GAN": """
from GAN import get_discriminator, get_generator
netG, netD = get_generator(1, 5, 4, device), get_discriminator(1, 4, device)
accelerate(netG, netD, device=device)
trainer = Trainer(device, netG, netD, adam(netG), adam(netD), data, None, None)
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("track", sorted(MAKE))
def test_no_value_leaves_the_device_between_logged_steps(in_track, track):
    out = json.loads(in_track(track, SNIPPET.format(make=MAKE[track])).splitlines()[-1])
    assert out["finished"]
    assert "meta tensor" in out["refused"]  # logging does take values from the device
