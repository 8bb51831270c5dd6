"""Features of real images, computed once for each content and feature network."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import platformdirs
from torch import Tensor

from hwlib.features.extractor import Extractor, Features, extract
from hwlib.files import atomic_writer


def default_cache_dir() -> Path:
    """The folder named by HWLIB_CACHE_DIR, else the user's cache folder of the operating system."""
    named = os.environ.get("HWLIB_CACHE_DIR")
    return Path(named) if named else Path(platformdirs.user_cache_dir("image-generation-homework"))


def cached_features(extractor: Extractor, images: Tensor, cache_dir: Path, *, description: str) -> Features:
    """Features [N, D] of images [N, C, H, W], read from or written to the cache.

    The key is the SHA-256 of the pixels, their type and shape, and the extractor's fingerprint, so
    another data set, split, preprocessing or network never meets a wrong entry. A damaged entry, or a
    folder that can't be written, costs only time.
    """
    path = cache_dir / "features" / f"{extractor.name}-{_key(extractor, images)}.npy"
    try:
        with path.open("rb") as file:
            stored: Features = np.load(file, allow_pickle=False)
        if stored.ndim == 2 and len(stored) == len(images) and np.isfinite(stored).all():
            return stored
    except (OSError, ValueError, EOFError):
        pass
    features = extract(extractor, images, description=description)
    try:
        with atomic_writer(path) as target:
            np.save(target, features, allow_pickle=False)
    except OSError:
        pass
    return features


def _key(extractor: Extractor, images: Tensor) -> str:
    digest = hashlib.sha256(f"{extractor.fingerprint} {images.dtype} {list(images.shape)} ".encode())
    digest.update(images.cpu().contiguous().numpy().data)
    return digest.hexdigest()[:40]
