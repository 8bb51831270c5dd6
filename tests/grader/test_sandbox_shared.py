"""One warm server for several grading processes: whose end ends what, and who starts the next one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import open_walls
from grader.options import GradeOptions
from grader.sandbox import bubblewrap, cgroup
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.cgroup import Cgroup
from grader.sandbox.connection import _pid_of
from grader.sandbox.limits import Limits
from hwlib.checking.errors import GraderError
from hwlib.checking.session import WorkerSession
from hwlib.errors import HomeworkError

ROOT = Path(__file__).resolve().parents[2]
PROBE = "def answer(): return 42\ndef forever():\n    while True: pass\n"
OTHER_PROCESS = """
import socket, sys
from pathlib import Path
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.connection import _pid_of
from hwlib.checking.session import WorkerSession
wall = Bubblewrap(borrowed=socket.socket(fileno=int(sys.argv[1])))
session = WorkerSession(wall, Path(sys.argv[2]))
print(_pid_of(session._connection._handle), flush=True)
session.call("call", file="probe", method="forever", timeout=60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "probe.py").write_text(PROBE)
    return tmp_path


@pytest.fixture
def no_open_walls(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(open_walls, "_walls", {})
    monkeypatch.setattr(open_walls, "_begun", [])
    yield
    open_walls.close()


def answer(session: WorkerSession) -> object:
    return session.call("call", file="probe", method="answer")["result"]


def test_a_borrower_that_is_killed_takes_its_own_session_along_and_no_other(
    wall: Bubblewrap, folder: Path
) -> None:
    control = wall.lend()
    with WorkerSession(wall, folder) as ours:
        other = subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, str(control.fileno()), str(folder)],
            pass_fds=[control.fileno()], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert other.stdout is not None
        worker = int(other.stdout.readline())
        other.kill()
        other.wait()
        other.stdout.close()
        deadline = time.monotonic() + 10
        while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not Path(f"/proc/{worker}").exists()  # although it loops and never reads its channel
        assert answer(ours) == 42
    with WorkerSession(wall, folder) as next_one:
        assert answer(next_one) == 42


def test_a_borrower_gives_back_and_the_server_goes_on(wall: Bubblewrap, folder: Path) -> None:
    with Bubblewrap(borrowed=wall.lend()) as borrower, WorkerSession(borrower, folder) as session:
        assert answer(session) == 42
        assert _pid_of(session._connection._handle) > 0
    with WorkerSession(wall, folder) as session:
        assert answer(session) == 42


def test_a_borrower_whose_server_has_ended_starts_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Own:
        alive = True
        stop = wait_until_ready = staticmethod(lambda: None)

    import socket

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, Bubblewrap(borrowed=ours) as borrower:
        lent = borrower._warm_server()
        assert lent.alive
        theirs.close()
        assert not lent.alive
        monkeypatch.setattr(borrower, "_start", lambda mode: Own())
        assert isinstance(borrower._warm_server(), Own)


def test_a_wall_is_begun_once_and_waited_for_when_it_is_needed(
    no_open_walls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(Bubblewrap, "launch", lambda self: done.append("launched"))
    monkeypatch.setattr(Bubblewrap, "start", lambda self: done.append("waited for"))
    monkeypatch.setattr(Bubblewrap, "lend", lambda self: done.append("lent"))
    options = GradeOptions()
    open_walls.begin(options)
    open_walls.begin(options)
    assert done == ["launched"]
    wall = open_walls.wall_for(options)
    assert open_walls.wall_for(options) is wall
    open_walls.lend(options)
    assert done == ["launched", "waited for", "lent"]


def test_walls_without_a_server_lend_nothing(no_open_walls: None) -> None:
    options = GradeOptions(sandbox="none")
    open_walls.begin(options)
    assert open_walls.lend(options) is None
    open_walls.borrow(None)
    assert set(open_walls._walls) == {"none"}


def test_a_wall_that_can_t_be_begun_says_what_to_do(
    no_open_walls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise GraderError("bubblewrap could not be started: no memory")

    monkeypatch.setattr(bubblewrap, "ServerProcess", fail)
    with pytest.raises(HomeworkError, match="no memory.*--sandbox docker"):
        open_walls.begin(GradeOptions())


def test_nobody_waits_for_a_group_whose_process_is_still_going() -> None:
    group = Cgroup.create(Limits())
    if group is None:
        pytest.skip("this computer lets us make no control groups; the resource limits hold without them")
    process = subprocess.Popen(["sleep", "60"])
    try:
        group.add(process.pid)
        group.remove()
        assert all(folder.exists() for folder in group.folders)
    finally:
        process.kill()
        process.wait()
    following = Cgroup.create(Limits())
    assert following is not None
    following.remove()
    assert not any(folder.exists() for folder in [*group.folders, *following.folders])
    assert cgroup._leaving == []
