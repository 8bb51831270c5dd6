"""The reference solutions against their description and against formulas written down independently."""

import json
import math

import pytest

from hwlib.assignment import load_assignment

VAE_NUMBERS = """
import json, math, torch
from VAE import VAE
from trainer import Trainer

torch.manual_seed(0)
out = {"parameters": {}}
for latent_dim in (3, 10, 100):
    out["parameters"][latent_dim] = sum(p.numel() for p in VAE(1, latent_dim).parameters())
model = VAE(1, 5)
trainer = Trainer("cpu", model, torch.optim.Adam(model.parameters()), None, None, None)
x = torch.rand(7, 1, 32, 32)
recon, mu, log_std = model(x)
out["shapes"] = [list(t.shape) for t in (recon, mu, log_std, model(z=torch.randn(4, 5)))]
out["range"] = [recon.min().item(), recon.max().item()]

# The closed form of the KL divergence by torch.distributions, the cross-entropy pixel by pixel.
p = torch.distributions.Normal(mu.double(), log_std.double().exp())
q = torch.distributions.Normal(0.0, 1.0)
kl = torch.distributions.kl_divergence(p, q).sum(1).mean()
bce = -(x * recon.log() + (1 - x) * (1 - recon).log()).double().sum((1, 2, 3)).mean()
found = trainer.loss_fn(x, recon, mu, log_std)
out["errors"] = [abs(found[0].item() - bce.item()) / bce.item(), abs(found[1].item() - kl.item()) / kl.item()]
doubled = trainer.loss_fn(*(torch.cat([t, t]) for t in (x, recon, mu, log_std)))
out["doubled"] = [(a / b).item() for a, b in zip(doubled, found)]

with torch.no_grad():
    for p in model.parameters():
        p.zero_()
out["zero"] = [t.item() for t in trainer.loss_fn(x, *model(x))]

mu, log_std = torch.full((20000, 3), 2.0), torch.full((20000, 3), math.log(0.5))
z = model.reparameterize(mu, log_std)
out["z"] = [z.mean().item(), z.std().item(), torch.corrcoef(z.T).fill_diagonal_(0).abs().max().item()]
mu.requires_grad_(), log_std.requires_grad_()
z = model.reparameterize(mu, log_std)
dmu, dstd = torch.autograd.grad(z.sum(), (mu, log_std))
out["gradients"] = [(dmu - 1).abs().max().item(), (dstd - (z - mu)).abs().max().item()]

for name in ("fc", "shallow"):
    variant = VAE(1, 5, name)
    out[name] = [list(t.shape) for t in (*variant(x), variant(z=torch.randn(4, 5)))]
try:
    VAE(1, 5, "round")
except ValueError as error:
    out["refused"] = str(error)
"""

GAN_NUMBERS = """
import json, copy, torch
from torch import nn
from GAN import get_generator, get_discriminator
from trainer import Trainer

torch.manual_seed(0)
netG, netD = get_generator(1, 100, 16, "cpu"), get_discriminator(1, 16, "cpu")
out = {"parameters": [sum(p.numel() for p in net.parameters()) for net in (netG, netD)]}
weights = torch.cat([m.weight.flatten() for m in netG.modules() if isinstance(m, nn.ConvTranspose2d)])
batch_norms = [m for net in (netG, netD) for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
norms = torch.cat([m.weight for m in batch_norms])
biases = torch.cat([m.bias for m in batch_norms])
spread = weights.mean(), weights.std(), norms.mean(), norms.std(), biases.abs().max()
out["init"] = [value.item() for value in spread]
z = torch.randn(6, 100, 1, 1)
imgs = netG(z)
out["shapes"] = [list(imgs.shape), list(netD(imgs).shape)]
out["range"] = [imgs.min().item(), imgs.max().item()]

# One step by hand, with the losses written out and a generator that D's gradients never reach.
real = torch.rand(6, 1, 32, 32) * 2 - 1
G, D = copy.deepcopy(netG), copy.deepcopy(netD)
optimizers = [torch.optim.SGD(net.parameters(), 0.1) for net in (netG, netD)]
trainer = Trainer("cpu", netG, netD, *optimizers, None, None, None)
found = trainer.train_step(real, netG(z), nn.BCELoss())
fake = G(z)
D_x, D_G = D(real), D(fake.detach())
loss_D = -D_x.log().mean() - (1 - D_G).log().mean()
with torch.no_grad():
    for p, g in zip(list(D.parameters()), torch.autograd.grad(loss_D, list(D.parameters()))):
        p -= 0.1 * g
D_G2 = D(fake)
loss_G = -D_G2.log().mean()
with torch.no_grad():
    for p, g in zip(list(G.parameters()), torch.autograd.grad(loss_G, list(G.parameters()))):
        p -= 0.1 * g
expected = loss_D, loss_G, D_x.mean(), D_G.mean(), D_G2.mean()
out["errors"] = [abs(a.item() - b.item()) for a, b in zip(found, expected)]
out["parameter_errors"] = [
    max((a - b).abs().max().item() for a, b in zip(one.parameters(), other.parameters()))
    for one, other in ((netG, G), (netD, D))
]
with torch.no_grad():
    for net in (netG, netD):
        for p in net.parameters():
            p.zero_()
out["zero"] = [t.item() for t in trainer.train_step(real, netG(z), nn.BCELoss())]
"""

DATA = """
from dataset import Dataset
data = Dataset(8, "unused", dataset="digits", seed=3)
images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1)
scaled = data.scale(images)
batch = data.training_batch(1)
out["data"] = {"scaled": scaled.flatten().tolist(), "dtype": str(scaled.dtype), "batch": list(batch.shape)}
out["data"]["same"] = bool((data.training_batch(1) == batch).all())
out["data"]["next"] = bool((data.training_batch(2) == batch).all())
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def vae(in_track):
    return json.loads(in_track("VAE", VAE_NUMBERS + DATA))


@pytest.fixture(scope="module")
def gan(in_track):
    return json.loads(in_track("GAN", GAN_NUMBERS + DATA))


def test_the_vae_has_the_parameters_of_the_tables(vae, root):
    described = {
        str(count.settings["latent_dim"]): count.count
        for count in load_assignment(root / "handouts" / "VAE").parameters
    }
    assert described["10"] == 69_623
    assert vae["parameters"] == described


def test_both_ways_of_forward(vae):
    assert vae["shapes"] == [[7, 1, 32, 32], [7, 5], [7, 5], [4, 1, 32, 32]]
    assert 0 <= vae["range"][0] < vae["range"][1] <= 1


def test_the_losses_agree_with_independent_formulas(vae):
    assert max(vae["errors"]) < 1e-5


def test_a_batch_twice_as_large_has_the_same_losses(vae):
    assert vae["doubled"] == pytest.approx([1, 1], rel=1e-5)


def test_all_parameters_zero_gives_the_closed_form(vae):
    assert vae["zero"] == pytest.approx([1024 * math.log(2), 0], rel=1e-6)


def test_the_latents_have_the_right_mean_spread_and_gradients(vae):
    mean, std, correlation = vae["z"]
    # Standard errors over 60,000 numbers: 0.002 of the mean, 0.0015 of the spread, 0.007 of a correlation.
    assert mean == pytest.approx(2, abs=0.01)
    assert std == pytest.approx(0.5, abs=0.01)
    assert correlation < 0.035
    assert max(vae["gradients"]) < 1e-5


@pytest.mark.parametrize("name", ["fc", "shallow"])
def test_the_variants_have_the_same_inputs_and_outputs(vae, name):
    assert vae[name] == vae["shapes"]


def test_an_unknown_architecture_is_refused(vae):
    assert vae["refused"] == "architecture 'round' is unknown; expected conv, fc or shallow"


def test_the_gan_has_the_parameters_of_the_tables(gan, root):
    described = {
        tuple(count.networks): count.count
        for count in load_assignment(root / "handouts" / "GAN").parameters
        if (count.settings.get("latent_dim", 100), count.settings.get("hidden_dim")) == (100, 16)
    }
    assert len(described) >= 1
    for networks, count in described.items():
        assert (
            count == {"generator": gan["parameters"][0], "discriminator": gan["parameters"][1]}[networks[0]]
        )


def test_the_weights_are_initialized_as_in_the_paper(gan):
    mean, std, norm_mean, norm_std, bias = gan["init"]
    # 143,616 weights, 224 of batch norms: five standard errors.
    assert mean == pytest.approx(0, abs=0.0003)
    assert std == pytest.approx(0.02, abs=0.0002)
    assert norm_mean == pytest.approx(1, abs=0.007)
    assert norm_std == pytest.approx(0.02, abs=0.005)
    assert bias == 0


def test_generator_and_discriminator_shapes(gan):
    assert gan["shapes"] == [[6, 1, 32, 32], [6]]
    assert -1 <= gan["range"][0] < gan["range"][1] <= 1


def test_one_step_agrees_with_one_by_hand(gan):
    assert max(gan["errors"]) < 1e-5
    assert max(gan["parameter_errors"]) < 1e-6


def test_all_parameters_zero_gives_the_gans_closed_form(gan):
    assert gan["zero"] == pytest.approx([2 * math.log(2), math.log(2), 0.5, 0.5, 0.5], rel=1e-6)


@pytest.mark.parametrize(("track", "expected"), [("vae", [0, 0.2, 1]), ("gan", [-1, -0.6, 1])])
def test_images_are_scaled_to_the_tracks_range(request, track, expected):
    found = request.getfixturevalue(track)["data"]
    assert found["scaled"] == pytest.approx(expected, abs=1e-6)
    assert found["dtype"] == "torch.float32"
    assert found["batch"] == [8, 1, 32, 32]
    assert (found["same"], found["next"]) == (True, False)
