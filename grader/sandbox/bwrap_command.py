"""The command line of bubblewrap: what a submission sees of this computer, and what it may do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from grader.sandbox import paths
from grader.sandbox.limits import Limits
from hwlib.checking.subprocess_transport import package_folders

_INSIDE = "/opt/homework"
_BOOT = (
    "import os, sys; sys.path += [p for p in sys.argv[4].split(os.pathsep) if p and p not in sys.path]; "
    f"sys.path.insert(0, {_INSIDE!r}); from inside.server import main; "
    "sys.path[0] = sys.argv[1]; import hwlib; del sys.path[0]; main(sys.argv[2], int(sys.argv[3]))"
)
_ENVIRONMENT = {
    "HOME": "/tmp", "TMPDIR": "/tmp", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "nobody",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/matplotlib", "XDG_CACHE_HOME": "/tmp/cache", "TORCH_HOME": "/tmp/torch",
    "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "TQDM_DISABLE": "1",
}  # fmt: skip

# The folders that every session gets, in memory and of limited size.
_SCRATCH = ("/dev/shm", "/tmp", "/submission")


def bwrap_command(
    program: str,
    mode: str,
    limits: Limits,
    passwd: int,
    control: int,
    *,
    data: Path | None = None,
    data_sets: bool = True,
) -> list[str]:
    """The command that starts the server (inside/server.py) in `mode` "warm" or "cold" behind the outer wall.

    Args:
        passwd: a descriptor that bwrap inherits, with the content of /etc/passwd.
        control: a descriptor that the server inherits, the socket on which it is asked for sessions.
        data: a folder to show as /data, if any.
        data_sets: False hides the data sets that scikit-learn installs.
    """
    shown = paths.libraries()
    command = [program, *_NAMESPACES, *_privileges(), "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        command += ["--setenv", name, value]
    command += _system(passwd)
    for place in _SCRATCH:
        size = limits.shared_memory if place == "/dev/shm" else limits.disk
        # Before bubblewrap 0.7 only the warm server's own mounts limit the size.
        sized = ["--size", str(size)] if _version(program) >= (0, 7) else []
        command += [*sized, "--perms", "1777", "--tmpfs", place]
    for path in shown:
        command += _show(path, str(path))
    for path in paths.hidden([*shown, Path("/usr")]):
        command += ["--tmpfs", str(path)]
    command += _show(paths.own_library(), str(paths.own_library()))
    command += _show(Path(__file__).parent / "inside", f"{_INSIDE}/inside")
    if data is not None:
        command += _show(data.resolve(), "/data")
    if not data_sets:
        for path in paths.installed_data_sets():
            command += ["--tmpfs", str(path)]
    command += ["--remount-ro", "/", "--chdir", "/"]
    parent = str(paths.own_library().parent)
    words = [parent, mode, str(control), os.pathsep.join(package_folders())]
    return [*command, "--", sys.executable, "-I", "-B", "-X", "utf8", "-c", _BOOT, *words]


_NAMESPACES = [
    "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--hostname", "sandbox", "--die-with-parent", "--new-session",
]  # fmt: skip


def _privileges() -> list[str]:
    if os.getuid() != 0:
        return ["--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
    # Root needs these to become nobody inside (inside/namespaces.py), before anything else happens there.
    needed = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID")
    return ["--cap-drop", "ALL", *(word for name in needed for word in ("--cap-add", name))]


def _system(passwd: int) -> list[str]:
    command = ["--ro-bind", "/usr", "/usr"]
    for name, target in paths.system_links():
        command += ["--symlink", target, name] if target else ["--ro-bind", name, name]
    command += ["--perms", "0755", "--dir", "/etc", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    command += ["--perms", "0644", "--ro-bind-data", str(passwd), "/etc/passwd"]
    return [*command, "--proc", "/proc", "--dev", "/dev"]


def _show(path: Path, place: str) -> list[str]:
    # The folders above it, too: bwrap would make them for root alone where root starts it.
    above = [["--perms", "0755", "--dir", str(parent)] for parent in reversed(Path(place).parents[:-1])]
    return [*(word for words in above for word in words), "--ro-bind", str(path), place]


def _version(program: str) -> tuple[int, ...]:
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:  # starting it will say so
        text = ""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])
