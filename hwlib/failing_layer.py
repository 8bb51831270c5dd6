"""Which layer of a network an error came from: PyTorch's messages give shapes, but not the place."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Any


def failing_layer(error: BaseException) -> str | None:
    """The innermost of PyTorch's layers that an error passed through, and the shape it was given.

    Returns:
        For example `encoder.9: Linear(in_features=1024, out_features=20, bias=True), input [32, 2048]`;
        None where no layer was at work. The name is the one below the outermost module at work.
    """
    try:
        return _described(error)
    except BaseException:  # a student's module may raise anything when it is looked at
        return None


def _described(error: BaseException) -> str | None:
    outermost, layer, frame = None, None, None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        inner = trace.tb_frame
        owner = inner.f_locals.get("self")
        if inner.f_code.co_name == "forward" and hasattr(type(owner), "named_modules"):
            outermost = owner if outermost is None else outermost
            # Containers pass on what they are given; a layer of PyTorch's own has no others inside.
            if type(owner).__module__.startswith("torch.nn.modules.") and not owner._modules:  # type: ignore[union-attr]
                layer, frame = owner, inner
        trace = trace.tb_next
    if layer is None or frame is None:
        return None
    return f"{_name(layer, outermost)}{layer!r}{_shape(frame)}"


def _name(layer: Any, outermost: Any) -> str:
    names = [name for name, module in outermost.named_modules() if module is layer and name]
    return f"{names[0]}: " if names else ""


def _shape(frame: FrameType) -> str:
    """The shape of the first argument after self."""
    names = frame.f_code.co_varnames[1 : frame.f_code.co_argcount]
    shape = getattr(frame.f_locals.get(names[0]), "shape", None) if names else None
    return "" if shape is None else f", input {list(shape)}"
