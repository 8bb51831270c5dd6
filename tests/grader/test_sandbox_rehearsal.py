"""What the sandbox's server does before it forks: everything is answered, and nothing but caches stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, torch
from grader.sandbox.inside import rehearsal, server
server._import_libraries()
finders = list(sys.meta_path)
answered = rehearsal.rehearse()
assert answered == len(rehearsal.requests()), f"{answered} of {len(rehearsal.requests())} are answered"
assert sys.meta_path == finders
assert len(os.listdir("/proc/self/task")) == 1, "a process that forks must have one thread"
pid = os.fork()
if pid == 0:
    weight = torch.ones(2, requires_grad=True)
    (2 * weight).sum().backward()  # would wait for ever for threads of a backward pass before the fork
    os._exit(int(weight.grad.sum()))
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the server is a Linux program")
def test_every_request_is_answered_and_the_process_can_be_forked() -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
