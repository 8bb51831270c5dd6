"""What one submission may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one session. Sizes are bytes, times are seconds.

    The deadline of each request belongs to the session; these hold whatever it asks.
    """

    memory: int = (
        3 << 30
    )  # writable private memory of each process (RLIMIT_DATA), and of all together in a cgroup
    processes: int = 64  # processes and threads together
    cpu_seconds: int = 900
    file_size: int = 512 << 20
    open_files: int = 256
    disk: int = 512 << 20  # the submission's folder and /tmp, each in memory
    shared_memory: int = 64 << 20

    def as_dict(self) -> dict[str, int]:
        """The limits as JSON, for the server inside the sandbox."""
        return asdict(self)
