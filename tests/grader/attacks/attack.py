"""What a hostile submission is, and the pieces that most of them are made of."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attack:
    name: str
    verdicts: tuple[str, ...]
    vae: str = ""
    trainer: str = ""
    files: dict[str, str] = field(default_factory=dict)
    says: str = ""  # must stand in the verdict's message
    timeout: float = 30.0


# The sum over the batch in place of its average.
WRONG_LOSS = """
_right = Trainer.loss_fn
def _wrong(self, target, recon, mu, log_std):
    a, b = _right(self, target, recon, mu, log_std)
    return a * len(target), b * len(target)
Trainer.loss_fn = _wrong
"""


def in_forward(code: str) -> str:
    """Code that runs at the beginning of each forward pass."""
    body = "\n".join("    " + line for line in code.strip().splitlines())
    return f"""
_forward = VAE.forward
def _attack(self, x=None, z=None):
{body}
    return _forward(self, x, z)
VAE.forward = _attack
"""


def loss_is(expression: str, before: str = "") -> str:
    """A loss_fn that returns this expression (of a and b, the right losses)."""
    return f"""
{before}
_right = Trainer.loss_fn
def _attack(self, target, recon, mu, log_std):
    a, b = _right(self, target, recon, mu, log_std)
    return {expression}
Trainer.loss_fn = _attack
"""
