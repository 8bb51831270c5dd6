"""Docker and podman, with a stand-in for their programs: how they are called, and how their end is told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from grader.sandbox import Limits, open_wall
from grader.sandbox.containers import IMAGE, Container, ContainerConnection
from hwlib.checking.errors import GraderError
from hwlib.checking.session import WorkerSession
from hwlib.errors import HomeworkError

ROOT = Path(__file__).resolve().parents[2]
PROBE = "import torch\n\ndef threads(): return torch.get_num_threads()\n"

FAKE = """#!{python}
import os, subprocess, sys
open({log!r}, "a").write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1:3] == ["image", "inspect"]: sys.exit({inspect})
if sys.argv[1] == "kill": sys.exit(0)
folder = {folder!r}
os.makedirs(folder, exist_ok=True)
os.execv({python!r}, [{python!r}, "-c", "import sys; sys.path.insert(0, {root!r}); "
         "from hwlib.checking.worker import main; main(" + repr(folder) + ")"])
"""


def fake_docker(tmp_path: Path, inspect: int = 0) -> Path:
    """A docker that runs the worker without a container, and notes how it was called."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    log, folder = str(tmp_path / "log"), str(tmp_path / "inside")
    program.write_text(
        FAKE.format(python=sys.executable, log=log, folder=folder, root=str(ROOT), inspect=inspect)
    )
    program.chmod(0o755)
    return program


@pytest.mark.slow
def test_containers(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_docker(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    with open_wall("docker", limits=Limits(memory=1 << 30), data=tmp_path) as wall:
        assert wall.wall == "docker"
        with WorkerSession(wall, folder) as session:
            assert session.call("call", file="probe", method="threads")["result"] == 1
            np.testing.assert_array_equal(
                session.call("call", file="torch", method="ones", args=[2])["result"], [1, 1]
            )
        deadline = time.monotonic() + 20
        while "kill" not in (tmp_path / "log").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
    run = next(line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("run"))
    for words in ("--network none", "--read-only", "--cap-drop ALL", "--memory 1073741824", "--pids-limit 64",
                  "--user 65534:65534", "no-new-privileges", f"{tmp_path}:/data:ro"):  # fmt: skip
        assert words in run
    assert run.endswith(IMAGE)
    assert "kill --signal KILL homework-grader-" in (tmp_path / "log").read_text()


def test_containers_without_their_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_docker(tmp_path, inspect=1)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    with pytest.raises(HomeworkError, match=f"docker build -t {IMAGE} -f grader/sandbox/Dockerfile ."):
        open_wall("docker")


def test_a_container_program_that_goes_away(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake_docker(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    wall = Container("docker")
    program.unlink()
    with pytest.raises(GraderError, match="could not be started"):
        wall.connect(folder)


@pytest.mark.parametrize(
    ("status", "says"), [("kill -SEGV $$", "signal 11"), ("exit 139", "signal 11"), ("exit 7", "code 7")]
)
def test_a_container_that_ended_says_how(status: str, says: str) -> None:
    process = subprocess.Popen(
        ["sh", "-c", status], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    connection = ContainerConnection(process, "docker", "name", {})
    assert says in connection.describe_end().en
    connection.close()


def test_the_image_holds_only_hwlib() -> None:
    copied = [line.split()[1:-1] for line in (ROOT / "grader/sandbox/Dockerfile").read_text().splitlines()
              if line.startswith("COPY")]  # fmt: skip
    expected = ["README.md", "constraints.txt", "hwlib", "pyproject.toml"]
    assert sorted(name for names in copied for name in names) == expected
    # Nothing else is even sent to the build.
    ignored = (ROOT / "grader/sandbox/Dockerfile.dockerignore").read_text().splitlines()
    assert [line for line in ignored if not line.startswith(("#", "!"))] == ["*", "**/__pycache__"]
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == expected
