"""nbgrader's database file: making and opening it, and times as it stores them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.exc import DatabaseError

from hwlib.errors import HomeworkError


def utc(time: datetime) -> datetime:
    """`time` the way nbgrader stores it: UTC without a zone."""
    return time.astimezone(timezone.utc).replace(tzinfo=None)


def open_gradebook(path: Path) -> Gradebook:
    """nbgrader's database at `path`, made if it is not there.

    Raises:
        HomeworkError: the file is not an SQLite database, or not one of nbgrader's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _own_programs():
            if not path.exists():
                # Made aside and renamed: an interrupted beginning leaves no half-made database.
                aside = path.with_name(f".{path.name}.new")
                aside.unlink(missing_ok=True)
                Gradebook(f"sqlite:///{aside.resolve()}").close()
                os.replace(aside, path)
            return Gradebook(f"sqlite:///{path.resolve()}")
    except DatabaseError as error:
        raise HomeworkError(
            f"{path} is not a gradebook of nbgrader ({error.orig}). Name another file with --db, or, "
            "if nbgrader was updated, run `nbgrader update` and `nbgrader db upgrade` first."
        ) from None


@contextmanager
def _own_programs() -> Iterator[None]:
    """Puts this Python's programs on the path: nbgrader starts `alembic` by name, also without activation."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
