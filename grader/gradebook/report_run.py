"""Executes a report notebook inside the sandbox that grades code, and reads back what its cells put out."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.gradebook.neutral import clean_output
from hwlib.checking.errors import StudentError
from hwlib.checking.session import Transport, WorkerSession

PROGRAM = Path(__file__).parent / "inside" / "run_report.py"
MAX_REPLY = 32 << 20
SPARE_SECONDS = 60.0
"""The kernel's start and end; after that the session is ended from outside."""

STOPS = {
    "timeout": "code cell {cell} took longer than {cell_seconds:g} seconds; it and those after it were ended",
    "flood": "code cell {cell} put out too much; the kernel was ended and the cells after it did not run",
    "died": "code cell {cell} ended the kernel; those after it did not run",
    "time_up": "code cell {cell} and those after it did not run: {seconds:g} seconds were over",
}


@dataclass(frozen=True)
class Budget:
    """What one notebook may use beside the sandbox's own limits."""

    seconds: float = 300.0
    cell_seconds: float = 60.0
    cell_bytes: int = 1_000_000


@dataclass(frozen=True)
class ReportRun:
    """What an execution left: text and pictures alone, as `clean_output` leaves them.

    Attributes:
        outputs: index of the cell in the notebook -> its outputs; cells that did not run are not in it.
        trouble: why not everything ran, in words; '' where it did.
    """

    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    trouble: str = ""


def run_report(transport: Transport, notebook: str, budget: Budget | None = None) -> ReportRun:
    """Executes the code cells of a notebook (JSON text) in a session of its own.

    Raises:
        GraderError: the sandbox could not be put up, or broke down.
    """
    budget = budget or Budget()
    allowed = {
        "seconds": budget.seconds,
        "cell_seconds": budget.cell_seconds,
        "cell_bytes": budget.cell_bytes,
    }
    with tempfile.TemporaryDirectory(prefix="grader-report-") as name:
        folder = Path(name)
        (folder / "main.py").write_bytes(PROGRAM.read_bytes())
        (folder / "report.ipynb").write_text(notebook, encoding="utf-8")
        (folder / "budget.json").write_text(json.dumps(allowed))
        try:
            with WorkerSession(transport, folder) as session:
                last = budget.seconds + budget.cell_seconds + SPARE_SECONDS
                reply = session.call("main", argv=[], timeout=last)
                found = session.call("read_file", path="executed.json", limit=MAX_REPLY)
        except StudentError as error:
            return ReportRun(trouble=f"the run ended without results ({error})")
    if not isinstance(found.get("data"), bytes):
        return ReportRun(trouble=f"the run ended without results ({_reason(reply)})")
    return read_run(found["data"], allowed)


def _reason(reply: dict[str, Any]) -> str:
    error = reply.get("error")
    if not isinstance(error, dict):
        return "it wrote none"
    return f"{error.get('type')}: {error.get('message')}"[:300]


def read_run(data: bytes, allowed: dict[str, float]) -> ReportRun:
    """What `executed.json` says; a notebook may have written it, so nothing in it is believed."""
    try:
        said = json.loads(data)
        found = said["outputs"].items()
        stopped, cell = said["stopped"], said["cell"]
        outputs = {
            int(index): [clean for output in list(cell_outputs) if (clean := clean_output(output))]
            for index, cell_outputs in found
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ReportRun(trouble="the run ended without results (what it wrote is none of ours)")
    trouble = ""
    if isinstance(stopped, str) and stopped in STOPS:
        number = cell if type(cell) is int else "?"
        trouble = STOPS[stopped].format(cell=number, **allowed)
    return ReportRun(outputs, trouble)
