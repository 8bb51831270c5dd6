"""A seccomp filter: system calls that no homework needs.

Attacks on the kernel begin with most of them; memfd_create, shmget, semget and msgget make memory that no
resource limit and no size of a mounted file system counts. Sockets are of the usual families alone: the
others are where kernel faults are looked for, and AF_VSOCK leads out of a virtual machine, past every
network namespace.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct

# Numbers by architecture; both kernels' tables are append-only.
_X86_64 = {
    "shmget": 29, "semget": 64, "msgget": 68, "ptrace": 101, "syslog": 103, "pivot_root": 155, "acct": 163,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "init_module": 175,
    "delete_module": 176, "quotactl": 179,
    "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
    "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "memfd_create": 319, "bpf": 321,
    "userfaultfd": 323,
}  # fmt: skip
_AARCH64 = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "quotactl": 60, "acct": 89, "unshare": 97,
    "kexec_load": 104, "init_module": 105, "delete_module": 106, "syslog": 116, "ptrace": 117,
    "reboot": 142, "msgget": 186, "semget": 190, "shmget": 194, "add_key": 217, "request_key": 218,
    "keyctl": 219, "swapon": 224,
    "swapoff": 225, "perf_event_open": 241, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273,
    "memfd_create": 279, "bpf": 280, "userfaultfd": 282,
}  # fmt: skip
# io_uring_*, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, memfd_secret: the same everywhere.
_SHARED = (*range(425, 434), 447)
# The architecture, the calls that are refused, and the number of socket().
_ARCHITECTURES = {"x86_64": (0xC000003E, _X86_64, 41), "aarch64": (0xC00000B7, _AARCH64, 198)}
# A report's kernel asks for the network's interfaces by AF_NETLINK, and does not start without an answer.
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000
PR_SET_SECCOMP, FILTER = 22, 2


def install() -> bool:
    """Refuses (EPERM) what is named above, for this process and all that it starts; needs no_new_privs.

    Calls of a foreign architecture (32-bit code) end the process. Returns False on an unknown architecture,
    where no filter is put up.
    """
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    program = _program(*known)
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.c_char_p(fprog), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP) failed")
    return True


def _program(architecture: int, calls: dict[str, int], socket_call: int) -> bytes:
    refused = sorted({*calls.values(), *_SHARED})
    code = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_EQUAL, 0, len(_FAMILIES) + 2, socket_call),
        (_LOAD, 0, 0, 16),  # its first argument, of which the kernel takes these 32 bits
        *((_EQUAL, len(_FAMILIES) - place + len(refused) + 1, 0, int(family))
          for place, family in enumerate(_FAMILIES)),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_AT_LEAST, len(refused) + 1, 0, _X32),  # x32 numbers: refused as a whole
    ]  # fmt: skip
    code += [(_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)
