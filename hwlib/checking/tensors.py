"""Tensors as raw arrays, in the worker: out of the student's hands and back."""

from __future__ import annotations

from typing import Any

import torch

from hwlib.checking.protocol import ITEM_SIZES, MAX_FRAME, RawArray
from hwlib.checking.values import Opaque

DTYPES: dict[str, torch.dtype] = {name: getattr(torch, name) for name in ITEM_SIZES}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_KNOWN = (torch.Tensor, torch.nn.Parameter)  # exact types: their methods are torch's own


class TooLargeError(Exception):
    """A tensor of the student's claims more bytes than one reply may have."""


def to_raw(value: Any) -> RawArray | Opaque | None:
    """A tensor's content as it stands, whatever its class says about itself; None for other values.

    Raises TooLargeError for tensors over the frame limit (a stride-0 tensor may claim a terabyte).
    """
    if not isinstance(value, torch.Tensor):
        return _number(value)
    if type(value) in _KNOWN:
        return _content(value)
    with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
        return _content(value)


def _content(value: torch.Tensor) -> RawArray | Opaque:
    if value.layout != torch.strided or value.is_quantized or value.dtype not in _NAMES:
        return Opaque(f"tensor with layout {value.layout} and dtype {value.dtype}")
    if value.device.type == "meta":
        return Opaque(f"meta {str(value.dtype).removeprefix('torch.')}{list(value.shape)}")
    if value.numel() * value.element_size() > MAX_FRAME:
        raise TooLargeError(f"a tensor of shape {list(value.shape)} is over the limit of {MAX_FRAME} bytes")
    plain = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
    kind = _NAMES[plain.dtype]
    if kind == "bfloat16":  # numpy has no such numbers
        plain = plain.view(torch.int16)
    return RawArray(kind, tuple(plain.shape), plain.numpy().tobytes())


def from_raw(array: RawArray) -> torch.Tensor:
    """A fresh tensor [*shape] with the content of an array."""
    dtype = DTYPES[array.dtype]
    if not len(array.data):
        return torch.empty(array.shape, dtype=dtype)
    return torch.frombuffer(bytearray(array.data), dtype=dtype).reshape(array.shape)


def _number(value: Any) -> RawArray | None:
    # Numpy scalars and arrays, and subclasses of the plain numbers, cross by their value.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        try:
            import numpy

            if isinstance(value, (numpy.ndarray, numpy.generic)):
                converted = to_raw(torch.as_tensor(numpy.asarray(value)))
                return converted if isinstance(converted, RawArray) else None
        except Exception:
            return None
        return None
    converted = to_raw(
        torch.tensor(float.__float__(value) if isinstance(value, float) else int.__int__(value))
    )
    return converted if isinstance(converted, RawArray) else None
