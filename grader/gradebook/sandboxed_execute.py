"""nbgrader's step "execute", done in the sandbox: what a course's configuration puts in Execute's place.

A report shows runs that stay on the student's computer, so its outputs remain as they were handed in. What
a student's own cells put out in the sandbox is added below them where it differs.
"""

from __future__ import annotations

import atexit
import json
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer

from grader.gradebook.neutral import clean_output, neutral
from grader.gradebook.report_run import Budget, ReportRun, run_report
from grader.sandbox.walls import Wall, open_wall
from hwlib.checking.errors import GraderError
from hwlib.errors import HomeworkError

MARKER = "---- run again in the sandbox ----\n"
SUMMARY = "sandbox-run"
"""Id of the cell that says what happened; it has no points and belongs to no question."""

_walls: list[Wall | HomeworkError] = []


def shared_wall() -> Wall:
    """The sandbox of this process, started (or found missing) once, for however many notebooks.

    Raises:
        HomeworkError: there is none.
    """
    if not _walls:
        try:
            wall = open_wall("bubblewrap")
        except HomeworkError as error:
            _walls.append(error)
        else:
            _walls.append(wall)
            atexit.register(wall.close)
    if isinstance(_walls[0], HomeworkError):
        raise _walls[0]
    return _walls[0]


class SandboxedExecute(NbGraderPreprocessor):
    """Executes a notebook's cells behind bubblewrap; without it, nothing is executed."""

    seconds = Float(Budget.seconds, help="for one notebook").tag(config=True)
    cell_seconds = Float(Budget.cell_seconds, help="for one cell").tag(config=True)
    cell_bytes = Integer(Budget.cell_bytes, help="of output that are kept of one cell").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Adds the outputs of the run, and a cell at the top that says what happened."""
        own = [index for index, cell in enumerate(nb.cells) if _is_own(cell)]
        if not own:
            return nb, resources
        budget = Budget(self.seconds, self.cell_seconds, self.cell_bytes)
        try:
            run = run_report(shared_wall(), nbformat.writes(nb), budget)
        except (HomeworkError, GraderError) as error:
            self.log.warning("Not executed, taken as handed in: %s", error)
            words = f"Not run again: {error} The outputs are those that were handed in."
        else:
            words = self._add(nb, own, run)
        nb.cells.insert(0, nbformat.v4.new_markdown_cell(f"*{neutral(words)}*", id=SUMMARY))
        return nb, resources

    def _add(self, nb: Any, own: list[int], run: ReportRun) -> str:
        others = 0
        for index in own:
            cell, outputs = nb.cells[index], run.outputs.get(index)
            if outputs and _content(outputs) != _content(cell.outputs):
                others += 1
                marker = {"output_type": "stream", "name": "stdout", "text": MARKER}
                cell.outputs += [nbformat.from_dict(output) for output in (marker, *outputs)]
        ran = sum(index in run.outputs for index in own)
        words = f"{ran} of {len(own)} code cells of the student's own ran again in the sandbox"
        if others:
            words += f", {others} with other outputs than handed in (shown below a line of dashes)"
        if run.trouble:
            words += f"; {run.trouble}"
            self.log.warning("The report's execution stopped: %s", run.trouble)
        return words + "."


def _is_own(cell: Any) -> bool:
    """Whether the student wrote this code cell: ours are locked, and show runs that are not here."""
    return cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked")


def _content(outputs: list[Any]) -> tuple[str, tuple[str, ...]]:
    """Text and pictures, however they are divided into outputs."""
    text, pictures = "", []
    for output in outputs:
        clean = clean_output(json.loads(json.dumps(output))) or {}
        text += clean.get("text", "")
        data = clean.get("data", {})
        text += "".join(value for kind, value in data.items() if kind.startswith("text/"))
        pictures += [value for kind, value in data.items() if kind.startswith("image/")]
    return text.strip(), tuple(pictures)
