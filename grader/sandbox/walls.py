"""The walls by name."""

from __future__ import annotations

from pathlib import Path

from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.containers import Container
from grader.sandbox.limits import Limits
from grader.sandbox.unsafe import NoWall
from hwlib.checking.errors import GraderError
from hwlib.errors import HomeworkError

WALLS = ("bubblewrap", "docker", "podman", "none")
NAMESPACES = (
    "bubblewrap needs user namespaces: grade as root, or on Ubuntu 24.04 and later switch them on with "
    "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; in a container that has none, grade "
    "outside of it. `--sandbox docker` and `--sandbox podman` work without."
)
Wall = Bubblewrap | Container | NoWall


def open_wall(
    name: str = "bubblewrap",
    *,
    limits: Limits | None = None,
    data: Path | None = None,
    data_sets: bool = True,
    trusted: bool = False,
) -> Wall:
    """A wall by its name: a context manager and a transport for `WorkerSession`.

    Args:
        name: one of WALLS.
        limits: of each session.
        data: a folder that sessions see read-only as /data.
        data_sets: False hides the data sets that come with the libraries (bubblewrap only), for sessions that
            sample from trained weights.
        trusted: must be True for "none": whoever asks for no wall says that the submissions are trusted.

    Raises HomeworkError for unknown names, for "none" without `trusted`, where a program is missing and
    where the sandbox does not start.
    """
    if name == "bubblewrap":
        wall = Bubblewrap(limits, data, data_sets)
        put_up(wall)
        return wall
    if name in ("docker", "podman"):
        return Container(name, limits, data)
    if name != "none":
        raise HomeworkError(f"there is no sandbox {name!r}. Choose one of: {', '.join(WALLS)}.")
    if not trusted:
        raise HomeworkError(
            "--sandbox none runs the submissions with all your rights: they can read and delete your files. "
            "If every one of them is your own or a trusted copy, say so with --sandbox none --trusted; "
            "otherwise leave --sandbox out."
        )
    return NoWall()


def put_up(wall: Bubblewrap, *, wait: bool = True) -> None:
    """Starts a bubblewrap's server, and waits until it is ready.

    Raises HomeworkError, which says what to do about it, where that fails; the wall is closed then.
    """
    try:
        if wait:
            wall.start()
        else:
            wall.launch()
    except GraderError as error:
        wall.close()
        raise HomeworkError(f"{error} {NAMESPACES}") from None
