"""The walls: how they are put up, what they say when they can't be, and what a session in them may use."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ordinary_user import open_folders

from grader.sandbox import WALLS, Limits, bubblewrap, open_wall, paths
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.bwrap_command import bwrap_command
from grader.sandbox.connection import SandboxConnection, _pid_of, submission_files
from hwlib.checking.errors import GraderError
from hwlib.checking.session import StudentError, WorkerSession
from hwlib.errors import HomeworkError

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import os, resource, threading
import torch
def limits():
    names = ("DATA", "NPROC", "CPU", "FSIZE", "NOFILE", "CORE", "AS", "SIGPENDING")
    return {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names}
def state():
    status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    names = ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp", "Threads", "Uid")
    ends_first = open("/proc/self/oom_score_adj").read().strip()
    return {"ends_first": ends_first, **{name: status[name].strip() for name in names}}
def backward():
    x = torch.ones(1000, requires_grad=True); (x ** 2).sum().backward(); return float(x.grad.sum())
def threads(): return torch.get_num_threads()
def data(): return sorted(os.listdir("/data")) if os.path.isdir("/data") else None
def write_data(): open("/data/new", "w")
def leave(): os._exit(5)
def name(): return os.path.basename(__file__), os.getcwd()
"""


def ask(session: WorkerSession, function: str) -> object:
    return session.call("call", file="probe", method=function)["result"]


def test_limits_and_privileges(wall: Bubblewrap, folder: Path) -> None:
    with WorkerSession(wall, folder) as session:
        limits, state = ask(session, "limits"), ask(session, "state")
        assert ask(session, "threads") == 1
    assert isinstance(limits, dict)
    assert limits["DATA"] == (wall.limits.memory, wall.limits.memory)
    assert limits["NPROC"] == (wall.limits.processes,) * 2
    assert limits["CORE"] == (0, 0)
    assert limits["SIGPENDING"] == (wall.limits.processes,) * 2
    assert limits["AS"][0] > limits["DATA"][0]
    assert isinstance(state, dict)
    assert {int(state[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {0}
    assert state["ends_first"] == "1000"
    assert state["NoNewPrivs"] == "1"
    assert state["Seccomp"] == "2"
    assert state["Threads"] == "1"
    assert set(state["Uid"].split()) == {"65534"}


def test_a_backward_pass_in_a_forked_child(wall: Bubblewrap, folder: Path) -> None:
    """It would hang had the server run one before the fork."""
    for _ in range(3):
        with WorkerSession(wall, folder) as session:
            assert ask(session, "backward") == 2000


def test_sessions_from_several_threads(wall: Bubblewrap, folder: Path) -> None:
    def one(number: int) -> float:
        with WorkerSession(wall, folder) as session:
            return float(
                session.call("call", file="torch", method="full", args=[(2, 2), number])["result"].sum()
            )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(12))) == [4.0 * number for number in range(12)]


def test_one_server_for_all_sessions(wall: Bubblewrap, folder: Path) -> None:
    server = wall._server
    with WorkerSession(wall, folder), WorkerSession(wall, folder):
        assert wall._server is server or server is None


def test_exit_codes_and_signals_are_told(wall: Bubblewrap, folder: Path) -> None:
    with WorkerSession(wall, folder) as session, pytest.raises(StudentError, match="exited with code 5"):
        ask(session, "leave")


def test_the_submission_lies_in_memory(wall: Bubblewrap, folder: Path) -> None:
    with WorkerSession(wall, folder) as session:
        assert ask(session, "name") == ("probe.py", "/submission")
        session.call("write_files", files={"sub/new.txt": b"new"})
        assert session.call("read_file", path="sub/new.txt")["data"] == b"new"
    assert [path.name for path in folder.iterdir()] == ["probe.py"]


def test_large_folders_cross_in_portions(
    wall: Bubblewrap, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwlib.checking.session.MAX_FRAME", 1000)
    contents = {f"file{number}": os.urandom(300) for number in range(5)}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    with WorkerSession(wall, folder) as session:
        monkeypatch.undo()
        for name, data in contents.items():
            assert session.call("read_file", path=name)["data"] == data


@pytest.mark.slow
def test_a_server_that_ends_is_nobody_s_fault_and_is_replaced(folder: Path, wall: Bubblewrap) -> None:
    with Bubblewrap() as own:
        with WorkerSession(own, folder) as session:
            assert own._server is not None
            own._server.process.send_signal(signal.SIGKILL)
            own._server.process.wait()
            select.select([session._connection._handle], [], [], 30)  # type: ignore[attr-defined] # its end
            with pytest.raises(GraderError, match="server ended"):
                ask(session, "threads")
        with WorkerSession(own, folder) as session:
            assert ask(session, "threads") == 1


@pytest.mark.slow
def test_without_namespaces_each_session_gets_a_wall_of_its_own(folder: Path, wall: Bubblewrap) -> None:
    data = folder.parent / "data"
    data.mkdir()
    (data / "images").write_text("x")
    with Bubblewrap(data=data) as own:
        own.warm = False
        with WorkerSession(own, folder) as session:
            assert ask(session, "threads") == 1
            assert ask(session, "data") == ["images"]
            with pytest.raises(StudentError, match="Read-only file system"):
                ask(session, "write_data")
        assert own._server is None


def test_refused_namespaces_are_remembered(
    folder: Path, wall: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(server: object, limits: Limits, *, alone: bool = False) -> None:
        tried.append(alone)
        raise PermissionError("no namespaces")

    class Server:
        alive, control, lock = True, None, threading.Lock()
        stop = wait_until_ready = staticmethod(lambda: None)
        complaint = staticmethod(lambda: "It said nothing.")

    with Bubblewrap() as own:
        monkeypatch.setattr(bubblewrap, "SandboxConnection", refuse)
        monkeypatch.setattr(own, "_start", lambda mode: Server())
        with pytest.raises(GraderError, match="could not be put up: no namespaces"):
            own.connect(folder)
        assert own.warm is False
    assert tried == [False, True]


def test_a_server_that_gives_no_process(
    folder: Path, wall: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("gone")

    class Server:
        alive = True
        stop = wait_until_ready = staticmethod(lambda: None)

    with Bubblewrap() as own:
        monkeypatch.setattr(bubblewrap, "SandboxConnection", fail)
        monkeypatch.setattr(own, "_start", lambda mode: Server())
        with pytest.raises(GraderError, match="gave no process: gone"):
            own.connect(folder)


@pytest.mark.parametrize(
    ("news", "error", "message"),
    [
        (b"", ConnectionError, "server ended"),
        (b'{"failed": "no room", "errno": 11}', ConnectionError, "could not start a process: no room"),
        (b'{"exit": 70}', ConnectionError, "ended before it had started"),
        (b'{"failed": "not allowed", "errno": 1}', PermissionError, "can't make namespaces: not allowed"),
    ],
)
def test_what_the_server_says_of_a_child(news: bytes, error: type[Exception], message: str) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    class Server:
        alive, control, lock = True, ours, threading.Lock()
        stop = staticmethod(lambda: None)

    def answer() -> None:
        _, descriptors, _, _ = socket.recv_fds(theirs, 65536, 3)
        if news:
            socket.socket(fileno=os.dup(descriptors[2])).send(news)
        for descriptor in descriptors:
            os.close(descriptor)

    thread = threading.Thread(target=answer)
    thread.start()
    with pytest.raises(error, match=message):
        SandboxConnection(Server(), Limits())
    thread.join()
    ours.close()
    theirs.close()


def test_a_process_that_has_ended() -> None:
    with open(os.devnull) as file, pytest.raises(ProcessLookupError, match="has ended"):
        _pid_of(file.fileno())


def test_a_bubblewrap_that_does_not_start(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bwrap"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\necho no namespaces >&2; exit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with Bubblewrap() as own, pytest.raises(GraderError, match="did not start: no namespaces"):
        own.connect(folder)
    with pytest.raises(HomeworkError, match="no namespaces.*sudo sysctl.*--sandbox docker"):
        open_wall("bubblewrap")
    program.unlink()
    with pytest.raises(GraderError, match="could not be started"):
        own.connect(folder)


def test_without_bubblewrap_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HomeworkError, match="sudo apt-get install bubblewrap"):
        open_wall("bubblewrap")


def test_walls_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        HomeworkError, match="no sandbox 'chroot'. Choose one of: bubblewrap, docker, podman, none"
    ):
        open_wall("chroot")
    with pytest.raises(HomeworkError, match="--trusted"):
        open_wall("none")
    monkeypatch.setenv("PATH", "/nowhere")
    for name in ("docker", "podman"):
        with pytest.raises(HomeworkError, match=f"{name} is not installed"):
            open_wall(name)
    assert set(WALLS) == {"bubblewrap", "docker", "podman", "none"}


def test_no_wall_works_in_a_copy(folder: Path) -> None:
    with open_wall("none", trusted=True) as wall:
        assert wall.wall == "none"
        with WorkerSession(wall, folder) as session:
            session.call("write_files", files={"new.txt": b"new"})
            (name, place) = session.call("call", file="probe", method="name")["result"]
            assert place != str(folder)
    assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["probe.py"]
    assert not Path(place).exists()


def test_submission_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "link.py").symlink_to("/etc/passwd")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert list(submission_files(folder)) == ["probe.py"]
    with pytest.raises(GraderError, match="not a folder"):
        submission_files(folder / "probe.py")
    (folder / "weights.pt").write_bytes(bytes(5000))
    (folder / "small.txt").write_bytes(bytes(50))
    monkeypatch.setattr("grader.sandbox.connection.MAX_SUBMISSION", 4000)
    assert sorted(submission_files(folder)) == ["probe.py", "small.txt"]
    monkeypatch.setattr("grader.sandbox.connection.MAX_SUBMISSION", 10)
    with pytest.raises(GraderError, match="more than"):
        submission_files(folder)


# --- what bubblewrap is told -----------------------------------------------------------------------


def test_nothing_secret_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = bwrap_command("/bin/true", "warm", Limits(), 3, 4)
    shown = {command[place + 1] for place, word in enumerate(command) if word.startswith("--ro-bind")}
    assert str(ROOT) not in shown
    assert not [path for path in shown if Path(path).is_relative_to(ROOT / "solutions")]
    assert {path for path in shown if "grader" in path} == {str(ROOT / "grader" / "sandbox" / "inside")}
    assert str(ROOT / "hwlib") in shown
    assert "--unshare-net" in command
    assert "--clearenv" in command
    assert "--die-with-parent" in command
    # An environment that lies around the repository: what is in it is covered.
    monkeypatch.setattr(sys, "prefix", str(ROOT))
    command = bwrap_command("/bin/true", "warm", Limits(), 3, 4, data=tmp_path, data_sets=False)
    covered = {command[place + 1] for place, word in enumerate(command) if word == "--tmpfs"}
    assert {str(ROOT / name) for name in ("solutions", "grader", "tests")} <= covered
    assert {str(path) for path in paths.installed_data_sets()} <= covered
    assert command[command.index("/data") - 1] == str(tmp_path)


def test_root_and_ordinary_users_start_it_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert "--unshare-user" not in bwrap_command("/bin/true", "warm", Limits(), 3, 4)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    command = bwrap_command("/bin/true", "warm", Limits(), 3, 4)
    assert "--unshare-user" in command
    assert "--cap-add" not in command


AS_USER = """
import sys, tempfile, pathlib
from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.checking.session import WorkerSession
import os
assert os.getuid() == 65534
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "probe.py").write_text(sys.stdin.read())
with Bubblewrap() as wall:
    with WorkerSession(wall, folder) as session:
        print(session.call("call", file="probe", method="state")["result"]["CapEff"], wall.warm)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="every other test already runs as an ordinary user")
def test_it_works_for_an_ordinary_user(wall: Bubblewrap, tmp_path: Path) -> None:
    run = f'exec setpriv --reuid 65534 --regid 65534 --clear-groups {sys.executable} -c "$1"'
    script = "\n".join([*open_folders(tmp_path), f"cd {ROOT}", run])
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script, "bash", AS_USER],
        input=PROBE, capture_output=True, text=True, check=False,
        env={**os.environ, "HOME": "/tmp", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.split() == ["0000000000000000", "True"], done.stderr


def test_what_is_shown_below_a_covered_folder_is_found() -> None:
    from grader.sandbox.inside.namespaces import mount_points_below

    lines = (
        "1 2 0:1 / / rw - tmpfs t rw",
        "2 1 0:2 / /tmp rw - tmpfs t rw",
        "3 2 8:1 /x /tmp/a\\040b ro - ext4 /dev/vda rw",
        "4 3 0:3 / /tmp/a\\040b/solutions rw - tmpfs t rw",
        "5 1 8:1 /y /tmpfoo ro - ext4 /dev/vda rw",
    )
    assert mount_points_below("/tmp", "\n".join(lines)) == ["/tmp/a b"]
