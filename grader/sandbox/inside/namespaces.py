"""Linux namespaces, mounts, capabilities and limits for one forked child, by the system calls themselves."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38
NOBODY = 65534
NAMESPACES = ("user", "mnt", "net", "pid", "ipc", "uts", "cgroup")
PROC_COVERS = ("sys", "sysrq-trigger", "irq", "bus")

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def leave_root() -> None:
    """Becomes the user nobody for good, where the sandbox was started by root.

    bwrap covers parts of /proc when root starts it; as long as they are covered, the kernel lets no child
    mount a /proc of its own. Nobody can write to them anyway, so the covers come off first.
    """
    if os.getuid() != 0:
        return
    for name in PROC_COVERS:
        _libc.umount2(f"/proc/{name}".encode(), MNT_DETACH)  # not there: nothing to do
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # Changing the user closes /proc/self to ourselves, and with it the maps of user namespaces.
    _check(_libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def map_user(uid: int, gid: int) -> None:
    """Becomes nobody in this process's new user namespace; `uid` and `gid` are its own outside of it.

    Raises OSError where the kernel refuses.
    """
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def mount_private(limits: dict[str, int], folder: str) -> None:
    """Puts a /proc of this pid namespace, and empty folders of limited size, over what is shared."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    safe = MS_NOSUID | MS_NODEV
    _mount("proc", "/proc", "proc", safe | MS_NOEXEC)
    # An interpreter or a copy of this project below /tmp is shown there; it must stay in sight.
    shown = mount_points_below("/tmp", Path("/proc/self/mountinfo").read_text())
    kept = {place: os.open(place, os.O_PATH | os.O_DIRECTORY) for place in shown}
    _mount("tmpfs", "/tmp", "tmpfs", safe, f"size={limits['disk']},nr_inodes=20000,mode=0700")
    above = {str(Path(*Path(place).parts[:3])) for place in kept}  # /tmp/x of /tmp/x/y/z
    for top in above - set(kept):
        os.mkdir(top)
        _mount("tmpfs", top, "tmpfs", safe, "size=1m")
    for place, descriptor in kept.items():
        os.makedirs(place)
        _mount(f"/proc/self/fd/{descriptor}", place, None, MS_BIND | MS_REC)
        os.close(descriptor)
    for top in above - set(kept):
        _mount("none", top, None, MS_REMOUNT | MS_RDONLY | safe)
    _mount("tmpfs", "/dev/shm", "tmpfs", safe, f"size={limits['shared_memory']},nr_inodes=2000,mode=0700")
    _mount("tmpfs", folder, "tmpfs", safe, f"size={limits['disk']},nr_inodes=20000,mode=0700")


def mount_points_below(folder: str, mountinfo: str) -> list[str]:
    """The topmost mount points below a folder, from the text of /proc/<pid>/mountinfo."""
    found: list[str] = []
    for line in mountinfo.splitlines():
        # Spaces and backslashes of the fifth field are written as octal numbers.
        place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), line.split(" ")[4])
        if place.startswith(folder.rstrip("/") + "/"):
            found.append(place)
    return [
        place for place in sorted(set(found)) if not any(place.startswith(f"{other}/") for other in found)
    ]


def forbid_user_namespaces() -> None:
    """No further namespaces below this one: they are where kernel faults are looked for first.

    No inotify instances either: what a session holds of them, the programs of the user who grades would lack.
    """
    for name in (*(f"{kind}_namespaces" for kind in NAMESPACES), "inotify_instances"):
        # A kernel without this setting: the seccomp filter still refuses unshare and setns.
        with contextlib.suppress(OSError):
            Path(f"/proc/sys/user/max_{name}").write_text("0")


def drop_capabilities() -> None:
    """Gives up every capability, also for programs that this process may start."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def set_limits(limits: dict[str, int]) -> None:
    """Resource limits of this process and all that it starts.

    Memory is RLIMIT_DATA: RLIMIT_AS also counts the code of libraries, of which torch maps gigabytes. It is
    set as well, to what is mapped now and twice the memory, because shared mappings count only there. All of
    this counts process by process: where memory runs out, the kernel is to end these processes first.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    wanted = {
        resource.RLIMIT_DATA: limits["memory"],
        resource.RLIMIT_AS: mapped + 2 * limits["memory"],
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_FSIZE: limits["file_size"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 1 << 20,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: limits["processes"],  # timers, too: counted for the user who grades
    }
    for which, value in wanted.items():
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    arguments = source.encode(), target.encode(), kind.encode() if kind else None
    _check(_libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")
