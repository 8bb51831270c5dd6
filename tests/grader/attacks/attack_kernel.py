"""System calls that a submission tries at the kernel around it.

Those that may end as "right" raise where a call was not refused: then the verdict is an exception.
"""

from __future__ import annotations

from attack import Attack, in_forward


def libc(code: str) -> str:
    """Code that runs in a forward pass with the C library at hand."""
    return in_forward("import ctypes, os, socket\nlibc = ctypes.CDLL(None, use_errno=True)\n" + code)


KERNEL = [
    Attack("new_user_namespace", ("exception",), in_forward("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) != 0: raise OSError(ctypes.get_errno(), "unshare")
"""), says="PermissionError"),
    Attack("mounts", ("exception",), in_forward("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"none", b"/usr", b"tmpfs", 0, None) != 0: raise OSError(ctypes.get_errno(), "mount")
"""), says="PermissionError"),
    Attack("core_pattern", ("exception",), in_forward("open('/proc/sys/kernel/core_pattern', 'w')")),
    Attack("becomes_root", ("exception",), in_forward("import os; os.setuid(0)"), says="Error"),
    Attack("namespaces_by_clone", ("right",), libc("""
import struct
arguments = struct.pack("8Q", 0x10000000 | 0x00020000, 0, 0, 0, 17, 0, 0, 0)
for call in (lambda: libc.syscall(435, arguments, 64), lambda: libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)):
    pid = call()
    if pid == 0: os._exit(0)
    if pid > 0: raise RuntimeError("a user namespace")
""")),
    Attack("sockets_that_know_no_namespace", ("right",), libc("""
for family, kind in ((40, socket.SOCK_STREAM), (17, socket.SOCK_RAW), (38, 5), (15, 3), (29, 3)):
    try: socket.socket(family, kind)
    except OSError: continue
    raise RuntimeError(f"a socket of family {family}")
""")),
    Attack("memory_that_nobody_counts", ("right",), libc("""
for make in (lambda: libc.shmget(0, 1 << 30, 0o1600), lambda: libc.semget(0, 250, 0o1600),
             lambda: libc.msgget(0, 0o1600), lambda: libc.syscall(319, b"x", 0)):
    if make() >= 0: raise RuntimeError("System V memory, or a file of no file system")
""")),
    Attack("counted_for_the_user_who_grades", ("right",), libc("""
timer = ctypes.c_void_p()
if libc.inotify_init() >= 0: raise RuntimeError("watches files")
made = [libc.timer_create(0, None, ctypes.byref(timer)) for _ in range(1000)]
if not any(made): raise RuntimeError("timers")
""")),
    Attack("types_into_the_terminal", ("right",), libc("""
import fcntl, termios
for opened in (lambda: 0, lambda: 1, lambda: 2, lambda: os.open("/dev/tty", os.O_RDWR)):
    try: fcntl.ioctl(opened(), termios.TIOCSTI, b"x")
    except OSError: continue
    raise RuntimeError("typed")
""")),
    Attack("descriptors_in_flight", ("right",), libc("""
import array
many = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 250))]
ends = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(40)]
try:
    for mine, _ in ends:
        mine.setblocking(False)
        for _ in range(10): mine.sendmsg([b"x"], many)
except OSError: pass
else: raise RuntimeError("more than a process may have open")
""")),
    Attack("priorities_clocks_and_others_limits", ("right",), libc("""
import time
tries = [lambda: os.nice(-10), lambda: os.setpriority(0, 0, -20), lambda: time.clock_settime(0, 0.0),
         lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
         lambda: os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000")]
for attempt in tries:
    try: attempt()
    except OSError: continue
    raise RuntimeError("done")
if any(libc.prlimit(pid, 7, None, ctypes.create_string_buffer(16)) == 0 for pid in range(2, 2000)):
    raise RuntimeError("another process")
""")),
    Attack("programs_with_rights_of_their_own", ("right",), libc("""
import subprocess
for words in (["su", "-c", "id"], ["unshare", "-r", "id"], ["mount", "-t", "tmpfs", "none", "/tmp"]):
    try: done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=5)
    except OSError: continue
    if done.returncode == 0: raise RuntimeError(words)
""")),
    Attack("core_dump", ("crashed",), libc("""
import resource
try: resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))
except (ValueError, OSError): libc.prctl(4, 1, 0, 0, 0); os.abort()
""")),
    # "right": a process that may not grow has room in its heap from before; only its own limits have changed.
    Attack("limits_of_nothing", ("exception", "crashed", "right"), libc("""
import resource
for name in ("NOFILE", "FSIZE", "NPROC", "DATA"):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (0, 0))
""")),
]  # fmt: skip
