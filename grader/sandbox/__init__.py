"""Walls around code that nobody trusts, each a transport for `hwlib.checking.session.WorkerSession`."""

from grader.sandbox.limits import Limits
from grader.sandbox.walls import WALLS, Wall, open_wall

__all__ = ["WALLS", "Limits", "Wall", "open_wall"]
