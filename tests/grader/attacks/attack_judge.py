"""A small judge for hostile submissions: the parent's side of a check, without the checks' own code.

It asks for the losses on hidden inputs and for reconstructions, and decides by the values alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grader.sandbox import Wall
from hwlib.checking.session import GraderError, Ref, StudentError, WorkerSession


@dataclass(frozen=True)
class Verdict:
    """kind: "right", "wrong", a StudentError's kind, or "grader_error"."""

    kind: str
    message: str
    output: str


def judge(wall: Wall, folder: Path, timeout: float = 20.0) -> Verdict:
    """The verdict on the VAE in `folder`."""
    random = np.random.default_rng()
    target = random.random((7, 1, 32, 32), dtype=np.float32)
    recon = random.uniform(0.1, 0.9, (7, 1, 32, 32)).astype(np.float32)
    mu, log_std = random.standard_normal((2, 7, 5)).astype(np.float32)
    session = None
    try:
        with WorkerSession(wall, folder, timeout=timeout) as session:
            session.call("import", modules=["VAE", "trainer"])
            session.call("construct", file="VAE", callable="VAE", args=[1, 5], as_="model")
            session.call("optimizer", name="Adam", of=["model"], as_="optimizer")
            session.call("stub", as_="stub")
            arguments = ["cpu", Ref("model"), Ref("optimizer"), Ref("stub"), "results", Ref("stub")]
            session.call("construct", file="trainer", callable="Trainer", args=arguments, as_="trainer")
            reply = session.call("call", target="model", args=[target], mode="eval", grad=False)
            forward = reply["result"]
            losses = session.call(
                "call", target="trainer", method="loss_fn", args=[target, recon, mu, log_std]
            )
    except StudentError as error:
        return Verdict(error.kind, str(error), session.output.text() if session else "")
    except GraderError as error:
        return Verdict("grader_error", str(error), session.output.text() if session else "")
    right = _is_image_batch(forward) and _losses_are_right(losses["result"], target, recon, mu, log_std)
    return Verdict("right" if right else "wrong", str(losses)[:500], session.output.text())


def _is_image_batch(forward: object) -> bool:
    if not isinstance(forward, tuple) or len(forward) != 3:
        return False
    image = forward[0]
    return isinstance(image, np.ndarray) and image.shape == (7, 1, 32, 32) and bool(np.isfinite(image).all())


def _losses_are_right(
    losses: object, target: np.ndarray, recon: np.ndarray, mu: np.ndarray, log_std: np.ndarray
) -> bool:
    x, y = target.astype(np.float64), recon.astype(np.float64)
    entropy = -(x * np.log(y) + (1 - x) * np.log(1 - y)).sum() / len(x)
    m, s = mu.astype(np.float64), log_std.astype(np.float64)
    divergence = 0.5 * (m**2 + np.exp(2 * s) - 2 * s - 1).sum() / len(x)
    if not isinstance(losses, tuple) or len(losses) != 2:
        return False
    for loss, expected in zip(losses, (entropy, divergence), strict=True):
        if not isinstance(loss, np.ndarray) or loss.shape != () or loss.dtype != np.float32:
            return False
        if not abs(float(loss) - expected) <= 1e-4 * abs(expected):
            return False
    return True
