"""Sessions that are started before anybody asks for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.sandbox.ahead import Ahead
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.connection import SandboxConnection, _pid_of
from hwlib.checking.errors import GraderError
from hwlib.checking.session import WorkerSession


@pytest.fixture
def early(wall: Bubblewrap) -> Iterator[Bubblewrap]:
    with Bubblewrap(borrowed=wall.lend(), ahead=True) as borrower:
        yield borrower


def pid_of(connection: SandboxConnection) -> int:
    assert connection._handle is not None
    return _pid_of(connection._handle)


def begun(wall: Bubblewrap) -> SandboxConnection:
    assert wall._ahead is not None
    assert wall._ahead._next is not None
    return wall._ahead._next.result()


def answer(session: WorkerSession) -> object:
    return session.call("call", file="probe", method="answer")["result"]


def folder_with(tmp_path: Path, number: int) -> Path:
    folder = tmp_path / str(number)
    folder.mkdir()
    (folder / "probe.py").write_text(f"def answer(): return {number}\n")
    return folder


def test_a_session_is_there_before_it_is_asked_for_and_has_only_its_own_files(
    early: Bubblewrap, tmp_path: Path
) -> None:
    one, two = folder_with(tmp_path, 1), folder_with(tmp_path, 2)
    (one / "of_another.txt").write_text("")
    with WorkerSession(early, one) as first:
        waiting = begun(early)
        assert answer(first) == 1
    with WorkerSession(early, two) as second:
        assert second._connection is waiting
        assert answer(second) == 2
        assert [file["path"] for file in second.call("list_files")["files"]] == ["probe.py"]


def test_one_that_has_ended_meanwhile_is_replaced(early: Bubblewrap, tmp_path: Path) -> None:
    with WorkerSession(early, folder_with(tmp_path, 1)):
        waiting = begun(early)
        assert waiting.alive
        waiting.kill()
        deadline = time.monotonic() + 10
        while waiting.alive and time.monotonic() < deadline:
            time.sleep(0.02)
    with WorkerSession(early, folder_with(tmp_path, 2)) as second:
        assert second._connection is not waiting
        assert answer(second) == 2


def test_what_nobody_took_ends_with_the_wall(early: Bubblewrap, tmp_path: Path) -> None:
    with WorkerSession(early, folder_with(tmp_path, 1)):
        worker = Path(f"/proc/{pid_of(begun(early))}")
    assert worker.exists()
    early.close()
    deadline = time.monotonic() + 10
    while worker.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not worker.exists()


def test_what_can_t_be_started_is_told_to_who_asks_for_it(wall: Bubblewrap) -> None:
    answers = [wall._open, None, wall._open, None, None]

    def start() -> SandboxConnection:
        found = answers.pop(0)
        if found is None:
            raise GraderError("no process")
        return found()

    ahead = Ahead(start)
    ahead.take().close()
    ahead.take().close()  # the one that was begun has failed; another try succeeds
    with pytest.raises(GraderError, match="no process"):
        ahead.take()
    ahead.close()
    assert answers == []
