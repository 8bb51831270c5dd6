"""What a grading process needs, imported once: the process that imports this is forked for each job.

It only imports; what is drawn, computed or opened belongs to one job.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal

# Ctrl-C is the parent's, also while this imports.
signal.signal(signal.SIGINT, signal.SIG_IGN)
gc.disable()  # next to nothing of an import is garbage; looking for it takes a fifth of the time

# Before numpy is imported: a job computes in one thread (see reference.single_threaded), and a process that
# is to be forked must have no other.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from grader.checks import reference  # noqa: E402
from hwlib.assignment import all_assignments  # noqa: E402

for _track in all_assignments(reference.HANDOUTS):
    importlib.import_module(f"grader.checks.test_{_track}")
    reference.module(_track, "trainer")
gc.freeze()  # jobs would copy every page whose objects the collector touches
gc.enable()
