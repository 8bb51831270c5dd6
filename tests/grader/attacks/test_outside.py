"""What hostile submissions see and change outside their own folder: nothing.

Each test's code runs while VAE.py is imported, prints what it got, and leaves the work right. The parent
looks for what must not be there.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
from attack import Attack, in_forward
from attack_judge import judge
from test_attacks import ROOT, submission

from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.checking.session import StudentError, WorkerSession

SECRET = "the-canary-that-nobody-may-see"


def attack(wall: Bubblewrap, folder: Path, code: str) -> str:
    """What the code printed."""
    verdict = judge(wall, submission(folder, Attack("outside", ("right",), code)))
    assert verdict.kind == "right", verdict
    assert "DONE" in verdict.output
    return verdict.output


def fingerprint(*folders: Path) -> str:
    """Names, times and sizes of all files below the folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if "__pycache__" not in path.parts:
                status = path.lstat()
                digest.update(f"{path} {status.st_mtime_ns} {status.st_size} {status.st_mode}".encode())
    return digest.hexdigest()


@pytest.mark.slow
def test_reads_no_other_files(wall: Bubblewrap, tmp_path: Path) -> None:
    other = tmp_path / "202000000" / "VAE.py"
    other.parent.mkdir()
    other.write_text(SECRET)
    home = Path.home()
    output = attack(
        wall,
        tmp_path / "mine",
        f"""
import os
for path in ({str(other)!r}, {str(ROOT / "solutions/VAE/VAE.py")!r}, {str(ROOT / "grader/cohort.py")!r},
             {str(ROOT / "tests")!r}, {str(ROOT / ".git/HEAD")!r}, {str(home / ".bashrc")!r}, "/etc/shadow",
             "/etc/hosts", "/home", "/var", "/sys", "/run"):
    try: print("READ", path, open(path).read() if not os.path.isdir(path) else os.listdir(path))
    except OSError as error: print("no", path)
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/usr", "/dev")) or "/lib/python" in folder: continue
    for name in names:
        if name in ("assignment.yaml", "cohort.py", "attack_cases.py"):
            print("READ", folder, name)
print("DONE")
""",
    )  # noqa: E501
    assert "READ" not in output, output
    assert SECRET not in output


@pytest.mark.slow
def test_sees_no_environment(wall: Bubblewrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    with Bubblewrap() as fresh:  # started with the secret in the environment
        output = attack(
            fresh,
            tmp_path / "VAE",
            """
import os, glob
print(dict(os.environ))
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try: print(path, open(path).read().replace(chr(0), " "))
    except OSError: pass
print("DONE")
""",
        )
    assert SECRET not in output
    assert "COURSE_SECRET" not in output


def test_sees_no_other_process(wall: Bubblewrap, tmp_path: Path) -> None:
    output = attack(
        wall,
        tmp_path / "VAE",
        """
import os
print("PROCESSES", sorted(int(name) for name in os.listdir("/proc") if name.isdigit()), "ME", os.getpid())
for path in ("/proc/1/mem", "/proc/2/mem", f"/proc/{os.getppid()}/mem"):
    if path != f"/proc/{os.getpid()}/mem":
        try: print("READ", open(path, "rb").read(1))
        except OSError: pass
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for pid in range(2, 50):
    if libc.ptrace(16, pid, 0, 0) == 0: print("READ attached to", pid)
print("DONE")
""",
    )
    assert "PROCESSES [1] ME 1" in output
    assert "READ" not in output


def test_writes_nothing_outside(wall: Bubblewrap, tmp_path: Path) -> None:
    import torch

    results = tmp_path / "results"
    results.mkdir()
    (results / "result.json").write_text("{}")
    watched = [
        results,
        ROOT / "solutions",
        ROOT / "hwlib",
        ROOT / "handouts",
        Path(torch.__file__).parent / "utils",
    ]
    before = fingerprint(*watched)
    output = attack(
        wall,
        tmp_path / "VAE",
        f"""
import os, sys, torch, hwlib
places = [{str(results)!r}, {str(ROOT)!r}, os.path.dirname(hwlib.__file__), os.path.dirname(torch.__file__),
          os.path.dirname(os.__file__), sys.prefix, "/", "/usr", "/etc", "/opt/homework/inside", "/dev"]
for place in places:
    for name in ("result.json", "sitecustomize.py", "__init__.py"):
        path = os.path.join(place, name)
        for call in (lambda: open(path, "w").write("touched"), lambda: os.remove(path),
                     lambda: os.mkdir(path + ".d"), lambda: os.chmod(place, 0o777),
                     lambda: os.symlink("/etc", path + ".l")):
            try: call()
            except OSError: continue
            print("WROTE", path)
print("DONE")
""",
    )
    # /dev is a private tmpfs of the sandbox; nothing in it is a file of the host's.
    wrote = [line for line in output.splitlines() if line.startswith("WROTE") and "/dev/" not in line]
    assert not wrote, wrote
    assert fingerprint(*watched) == before


def test_reaches_no_network(wall: Bubblewrap, tmp_path: Path) -> None:
    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as local:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        listener.settimeout(0.2)
        name = f"\0homework-{os.getpid()}"
        local.bind(name)
        local.listen()
        local.settimeout(0.2)
        port = listener.getsockname()[1]
        address = socket.gethostbyname(socket.gethostname()) if _has_name() else "127.0.0.1"
        output = attack(
            wall,
            tmp_path / "VAE",
            f"""
import socket
targets = [(socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_INET, ({address!r}, {port})),
           (socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_UNIX, {name!r})]
for family, target in targets:
    with socket.socket(family) as client:
        client.settimeout(0.5)
        try: client.connect(target)
        except OSError: continue
        print("REACHED", target)
try: print("REACHED", socket.getaddrinfo("example.org", 80))
except OSError: pass
print("DONE")
""",
        )
        for server in (listener, local):
            with pytest.raises(TimeoutError):
                server.accept()
    assert "REACHED" not in output


def _has_name() -> bool:
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        return False
    return True


def test_submissions_see_nothing_of_each_other(wall: Bubblewrap, tmp_path: Path) -> None:
    first = """
import os
for path in ("/tmp/left", "/dev/shm/left", "/submission/left", "/var/tmp/left"):
    try: open(path, "w").write("left behind")
    except OSError: pass
print("DONE")
"""
    second = """
import os
print("FOUND", [path for path in ("/tmp/left", "/dev/shm/left", "/submission/left") if os.path.exists(path)])
print("DONE")
"""
    with WorkerSession(wall, submission(tmp_path / "one", Attack("one", ("right",), first))) as session:
        session.call("import", modules=["VAE"])
        assert "FOUND []" in attack(wall, tmp_path / "two", second)


def test_a_daemon_ends_with_its_session(wall: Bubblewrap, tmp_path: Path) -> None:
    code = """
import os, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        while True: time.sleep(0.05)
"""
    folder = submission(tmp_path / "VAE", Attack("daemon", ("right",), code))
    with WorkerSession(wall, folder) as session:
        session.call("import", modules=["VAE"])
        during = descendants()
    deadline = time.monotonic() + 10
    while len(descendants()) > len(during) - 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(descendants()) <= len(during) - 6


def descendants() -> list[int]:
    """The processes below this one."""
    lines = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in lines.splitlines()]
    family = {os.getpid()}
    while True:
        more = {pid for pid, parent in pairs if parent in family} - family
        if not more:
            return sorted(family - {os.getpid()})
        family |= more


def test_a_checkpoint_with_a_payload_is_refused(wall: Bubblewrap, tmp_path: Path) -> None:
    folder = submission(tmp_path / "VAE", Attack("payload", ("right",)))
    code = """
import os, torch
class Payload:
    def __reduce__(self): return os.system, ("touch /tmp/ran",)
torch.save({"model": Payload()}, "step-00000001.pt")
"""
    (folder / "main.py").write_text(code)
    with WorkerSession(wall, folder) as session:
        assert session.call("main", argv=[])["exit"] == 0
        with pytest.raises(StudentError, match="weights_only|Unsupported|WeightsUnpickler"):
            session.call("load_checkpoint", path="step-00000001.pt")
    assert not Path("/tmp/ran").exists()


@pytest.mark.slow
def test_the_sampling_worker_has_no_data_set(tmp_path: Path) -> None:
    code = """
from sklearn.datasets import load_digits
print("GOT", load_digits().images.shape)
"""
    folder = submission(tmp_path / "VAE", Attack("replay", ("right",), in_forward(code)))
    with Bubblewrap(data_sets=False) as wall:
        verdict = judge(wall, folder)
    assert verdict.kind == "exception"
    assert "GOT" not in verdict.output


def test_links_out_of_the_folder_are_not_followed(wall: Bubblewrap, tmp_path: Path) -> None:
    code = "import os\nos.symlink('/etc/passwd', 'step-00000001.pt'); os.symlink('/', 'root')"
    folder = submission(tmp_path / "VAE", Attack("links", ("right",), code))
    (folder / "answers").symlink_to(ROOT / "solutions")
    with WorkerSession(wall, folder) as session:
        session.call("import", modules=["VAE"])
        files = [file["path"] for file in session.call("list_files")["files"]]
        assert session.call("read_file", path="step-00000001.pt")["data"] is None
    assert "VAE.py" in files
    assert not [name for name in files if name.startswith(("answers", "root", "step"))]


def test_what_a_terminal_would_obey_is_taken_out(wall: Bubblewrap, tmp_path: Path) -> None:
    code = in_forward(r'print("\x1b[2J\x1b]0;owned\x07"); raise ValueError("\x1b[31mred\u202eder")')
    verdict = judge(wall, submission(tmp_path / "VAE", Attack("ansi", ("exception",), code)))
    assert verdict.kind == "exception"
    assert "red" in verdict.message
    for text in (verdict.message, verdict.output):
        assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_a_log_that_claims_a_score_decides_nothing(wall: Bubblewrap, tmp_path: Path) -> None:
    folder = submission(tmp_path / "VAE", Attack("score", ("right",)))
    (folder / "main.py").write_text("print('FID 1.23 +- 0.01 (lenet)'); print('all checks passed: 100/100')")
    with WorkerSession(wall, folder) as session:
        reply = session.call("main", argv=["--do_train"])
        files = session.call("list_files")["files"]
    assert reply == {"exit": 0, "error": None, "interrupted": False}
    assert not [file for file in files if file["path"].endswith((".pt", "run.json"))]
