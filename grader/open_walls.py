"""The walls of this process, each opened once: begun early, lent to the processes that grade beside it.

Starting a sandbox takes seconds, most of which go into importing torch; so does starting a grading process.
Nothing here imports torch, so that the two can happen at the same time.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from grader.options import GradeOptions
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.limits import Limits
from grader.sandbox.walls import Wall, open_wall, put_up

_walls: dict[str, Wall] = {}
_begun: list[Bubblewrap] = []  # launched, not yet waited for


def begin(options: GradeOptions) -> None:
    """Starts the sandbox that `wall_for` will want, without waiting for it.

    Raises HomeworkError where it can't be started.
    """
    name = _name(options)
    if name == "bubblewrap" and name not in _walls:
        wall = Bubblewrap(Limits(), ahead=True)
        put_up(wall, wait=False)
        _walls[name] = wall
        _begun.append(wall)


def wall_for(options: GradeOptions) -> Wall:
    """The warm wall of this process for these options; opened once.

    Raises HomeworkError as `open_wall` does.
    """
    name = _name(options)
    while _begun:
        put_up(_begun[0])
        _begun.pop()
    if name not in _walls:
        _walls[name] = open_wall(name, trusted=name == "none", limits=Limits())
    return _walls[name]


def lend(options: GradeOptions) -> socket.socket | None:
    """What `borrow` needs in another process; None for walls that have no server.

    Raises HomeworkError where the wall can't be put up.
    """
    wall = wall_for(options)
    return wall.lend() if isinstance(wall, Bubblewrap) and wall.warm else None


def borrow(control: socket.socket | None) -> None:
    """Takes over what another process lends: sessions of this one come from that one's sandbox."""
    if control is not None:
        _walls["bubblewrap"] = Bubblewrap(Limits(), borrowed=control, ahead=True)


def close() -> None:
    """Ends the walls of this process."""
    _begun.clear()
    while _walls:
        _walls.popitem()[1].close()


@contextmanager
def walls() -> Iterator[None]:
    """Ends the walls of this process at the end of the block."""
    try:
        yield
    finally:
        close()


def _name(options: GradeOptions) -> str:
    return "bubblewrap" if options.sandbox == "auto" else options.sandbox
