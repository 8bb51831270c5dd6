"""Hidden inputs: drawn for every student, track and check from the course's secret.

Answers can't be shared or canned, and the same submission graded twice sees the same inputs. They are
recorded by name (student, track, check), never by value.
"""

from __future__ import annotations

import hashlib
import hmac

import numpy as np

from hwlib.assignment import Assignment


def generator(secret: bytes, student: str, track: str, check: str) -> np.random.Generator:
    """Random numbers that are a function of the secret and the three names."""
    name = "\0".join((student, track, check)).encode("utf-8", "surrogateescape")
    digest = hmac.new(secret, name, hashlib.sha256).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def public(track: str, check: str) -> np.random.Generator:
    """The inputs of the public checks in the kit: the same for everybody."""
    return generator(b"public", "everybody", track, check)


def images(rng: np.random.Generator, count: int, channels: int = 1) -> np.ndarray:
    """Images `[count, channels, 32, 32]` in (0, 1), with edges as digits have them."""
    coarse = rng.uniform(0.03, 0.97, (count, channels, 8, 8))
    fine = coarse.repeat(4, axis=2).repeat(4, axis=3) + rng.normal(0, 0.02, (count, channels, 32, 32))
    return np.clip(fine, 0.02, 0.98).astype(np.float32)


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """float32 numbers from N(0, scale^2)."""
    return (scale * rng.standard_normal(shape)).astype(np.float32)


def uniform(rng: np.random.Generator, *shape: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """float32 numbers, uniform on [low, high)."""
    return rng.uniform(low, high, shape).astype(np.float32)


def weights(rng: np.random.Generator, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Parameters of a stand-in, small enough that its outputs are of order 1."""
    return {
        name: normal(rng, *shape, scale=1.0 / np.sqrt(shape[-1]) if len(shape) == 2 else 0.1)
        for name, shape in shapes.items()
    }


def latent_dim_of(rng: np.random.Generator, assignment: Assignment, low: int = 5, high: int = 13) -> int:
    """A latent dimension in [low, high), never the default: code with the default written into it would
    pass for some students and fail for others.
    """
    default = assignment.run.defaults.get("latent_dim")
    return int(rng.choice([value for value in range(low, high) if value != default]))


def seed_of(rng: np.random.Generator) -> int:
    """A seed for the worker's random numbers."""
    return int(rng.integers(1, 2**31))
