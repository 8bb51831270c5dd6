"""Docker and Podman as walls: a container per session, from the image of the Dockerfile beside this file."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
from pathlib import Path

from grader.sandbox.connection import submission_files
from grader.sandbox.limits import Limits
from hwlib.checking.errors import GraderError
from hwlib.checking.subprocess_transport import SubprocessConnection
from hwlib.checking.transport import ended
from hwlib.checking.words import Words
from hwlib.errors import HomeworkError

IMAGE = "image-generation-homework-grader"
DOCKERFILE = Path(__file__).parent / "Dockerfile"


class Container:
    """A transport that starts a container for each session.

    Args:
        program: "docker" or "podman".
        limits: of each session; the container's memory and process limits hold for all of its processes.
        data: a folder shown read-only as /data.
    """

    def __init__(self, program: str, limits: Limits | None = None, data: Path | None = None) -> None:
        found = shutil.which(program)
        if found is None:
            raise HomeworkError(
                f"{program} is not installed. Install it, or grade with `--sandbox bubblewrap`."
            )
        self.program = found
        self.limits = limits or Limits()
        self.data = data
        self.wall = program
        if self._run("image", "inspect", IMAGE).returncode != 0:
            raise HomeworkError(
                f"{program} has no image {IMAGE} yet. Build it from the top folder of the repository: "
                f"`{program} build -t {IMAGE} -f grader/sandbox/Dockerfile .`"
            )

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing outlives its session."""

    def connect(self, folder: Path) -> ContainerConnection:
        """A worker in a container of its own. Raises GraderError where the container can't be started."""
        files = submission_files(folder)
        name = f"homework-grader-{secrets.token_hex(8)}"
        try:
            process = subprocess.Popen(
                self.command(name),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                bufsize=0, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise GraderError(f"{self.program} could not be started: {error.strerror}") from None
        return ContainerConnection(process, self.program, name, files)

    def command(self, name: str) -> list[str]:
        """The command line of one container."""
        limits = self.limits
        command = [
            self.program, "run", "--rm", "--interactive", "--name", name, "--network", "none", "--read-only",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534",
            "--memory", str(limits.memory), "--memory-swap", str(limits.memory),
            "--pids-limit", str(limits.processes), "--shm-size", str(limits.shared_memory),
            "--ulimit", f"cpu={limits.cpu_seconds}", "--ulimit", f"fsize={limits.file_size}",
            "--ulimit", f"nofile={limits.open_files}", "--ulimit", "core=0",
            # Counted by user over all containers, so no limit of a session (that is pids-limit); but podman's
            # own default is more than it may set where the grader itself runs under a limit.
            "--ulimit", "nproc=4096",
            "--tmpfs", f"/tmp:size={limits.disk},mode=1777",
            "--tmpfs", f"/submission:size={limits.disk},mode=1777",
        ]  # fmt: skip
        if self.data is not None:
            command += ["--volume", f"{self.data.resolve()}:/data:ro"]
        return [*command, IMAGE]

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([self.program, *arguments], capture_output=True, check=False)


class ContainerConnection(SubprocessConnection):
    """A container's standard streams; killing it is the container program's business."""

    def __init__(
        self, process: subprocess.Popen[bytes], program: str, name: str, files: dict[str, bytes]
    ) -> None:
        super().__init__(process)
        self.files = files
        self._command = [program, "kill", "--signal", "KILL", name]

    def describe_end(self) -> Words:
        """How the worker ended, in words: 128 + n is how container programs report signal n."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(timeout=5)
            return ended(128 - code if 128 < code < 160 else code)
        return ended(None)

    def kill(self) -> None:
        """Kills the container (the client that we hold is not its parent), then the client."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(self._command, capture_output=True, check=False, timeout=30)
        super().kill()
