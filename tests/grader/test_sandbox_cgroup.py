"""Control groups: made for a session, swept when their grader was killed, done without where refused."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from grader.sandbox import Limits, cgroup
from grader.sandbox.cgroup import Cgroup


def test_control_groups_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    group = Cgroup.create(Limits(memory=1 << 30))
    if group is None:
        pytest.skip("this computer lets us make no control groups; the resource limits hold without them")
    folders = list(group.folders)
    process = subprocess.Popen(["sleep", "60"])
    try:
        group.add(process.pid)
        assert not group.out_of_memory()
    finally:
        process.kill()
        process.wait()
    group.remove()
    assert not any(folder.exists() for folder in folders)


def test_control_groups_of_killed_graders_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    mine, other, living = (
        tmp_path / f"homework-grader-{pid}-0" for pid in (os.getpid(), 2**22 + 1, os.getppid())
    )
    for folder in (mine, other, living):
        folder.mkdir()
    Cgroup.sweep()
    assert [folder.exists() for folder in (mine, other, living)] == [False, False, True]


def test_version_two_groups_and_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("memory pids")
    group = Cgroup.create(Limits(memory=1 << 30, processes=10))
    assert group is not None
    assert (group.folders[0] / "memory.max").read_text() == str(1 << 30)
    assert (group.folders[0] / "pids.max").read_text() == "18"
    (group.folders[0] / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert group.out_of_memory()
    monkeypatch.setattr(cgroup, "_write", _refuse)
    assert Cgroup.create(Limits()) is None


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError
