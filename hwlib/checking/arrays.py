"""Numpy arrays as raw arrays, in the parent."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwlib.checking.protocol import RawArray
from hwlib.checking.values import Opaque


def from_numpy(value: Any) -> RawArray | Opaque | None:
    """The raw form of a numpy array or scalar. Raises TypeError for what can't be sent to a worker."""
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return RawArray(value.dtype.name, value.shape, np.ascontiguousarray(value).tobytes())
    raise TypeError(f"{type(value).__name__} can't be sent to a worker")


def to_numpy(array: RawArray) -> np.ndarray:
    """A numpy array of a raw one. bfloat16, which numpy lacks, becomes float32 with the same values."""
    if array.dtype == "bfloat16":
        widened = np.frombuffer(array.data, dtype="<u2").astype(np.uint32) << 16
        return widened.view(np.float32).reshape(array.shape)
    if array.dtype == "bool":
        return (np.frombuffer(array.data, dtype=np.uint8) != 0).reshape(array.shape)
    return (
        np.frombuffer(array.data, dtype=np.dtype(array.dtype).newbyteorder("<")).reshape(array.shape).copy()
    )
