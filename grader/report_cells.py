"""The cells of a report notebook, as nbgrader wants them; `report_notebook` puts them together."""

from __future__ import annotations

from typing import Any

from hwlib.assignment import Assignment, Question, Region

STUB = "YOUR ANSWER HERE"
"""nbgrader's own words for an empty answer: `generate_assignment` then leaves the cell as it is."""

BONUS_CELL = "bonus-cap"
"""nbgrader's id of the cell that takes off what optional questions have beyond the cap."""

SETUP = '''\
# Shows your own runs; run this cell first. Nothing to change here.
import io
import json
from pathlib import Path

from IPython.display import Image, Markdown, display

from hwlib.figures import curves_figure, picture_figure, read_run

PLACES = ["codes/{track}/runs", "runs", "../codes/{track}/runs", "../../codes/{track}/runs"]
RUNS = next((Path(place) for place in PLACES if Path(place).is_dir()), Path(PLACES[0]))


def my_runs():
    """Your runs of {track}, in the order of their names."""
    return [read_run(record.parent) for record in sorted(RUNS.glob("*/run.json"))]


def show(figure):
    """A figure as a picture in this notebook."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    display(Image(buffer.getvalue()))


if not my_runs():
    print(f"No runs in {{RUNS}}. Train first: python main.py --do_train")
'''

RECORDS = """\
# Your runs: settings and results as main.py wrote them.
rows = ["| run | steps | FID | seconds |", "|---|---|---|---|"]
for run in my_runs():
    results = run.record.get("results") or {}
    fid = (results.get("fid") or {}).get("fid")
    number = "-" if fid is None else f"{fid:.2f}"
    steps, seconds = results.get("steps", "-"), results.get("seconds", "-")
    rows.append(f"| {run.folder.name} | {steps} | {number} | {seconds} |")
display(Markdown("\\n".join(rows)))
"""

CURVES = """\
# Your curves.
runs = my_runs()
if runs:
    show(curves_figure(runs))
"""

PICTURES = """\
# Your pictures: {names}.
for run in my_runs():
    for name in {tags!r}:
        if name in run.pictures:
            show(picture_figure(run, name))
"""


def region_cell(region: Region) -> str:
    """nbgrader's id of the cell that holds a TODO region's points."""
    return f"code-{region.id}"


def question_cell(question: Question) -> str:
    """nbgrader's id of the cell that holds a report question's points."""
    return f"question-{question.id}"


def scored_regions(assignment: Assignment) -> list[Region]:
    """The regions that have a cell: those with points."""
    return [region for region in assignment.regions if region.points]


def question_max(question: Question) -> float:
    """Points of a question's cell: none for optional ones, whose points are extra credit."""
    return 0.0 if question.optional else question.points


def has_bonus_cell(assignment: Assignment) -> bool:
    """Whether there are more optional questions than count."""
    return len(assignment.report.optional) > assignment.report.optional_cap


def _nbgrader(grade_id: str, **values: Any) -> dict[str, Any]:
    base = {
        "grade": False,
        "grade_id": grade_id,
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return {"nbgrader": {**base, **values}, "editable": False, "deletable": False}


def _cell(kind: str, grade_id: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": grade_id[:64], "metadata": metadata, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def read_only(kind: str, grade_id: str, source: str) -> dict[str, Any]:
    return _cell(kind, grade_id, source.rstrip("\n"), _nbgrader(grade_id))


def _points(question: Question) -> str:
    if question.optional:
        return f"optional, up to {question.points:g} bonus points / 选做,最多 {question.points:g} 分附加分"
    return f"{question.points:g} points / {question.points:g} 分"


def question_cells(assignment: Assignment, number: int, question: Question) -> list[dict[str, Any]]:
    head = f"## {number}. {question.title.en} / {question.title.zh}\n\n*{_points(question)}*\n\n"
    cells = [read_only("markdown", f"text-{question.id}", f"{head}{question.text.en}\n\n{question.text.zh}")]
    curves = {curve.tag for curve in assignment.run.curves}
    images = [tag for tag in question.shows if tag not in curves]
    if any(tag in curves for tag in question.shows):
        cells.append(read_only("code", f"curves-{question.id}", CURVES))
    if images:
        cells.append(
            read_only(
                "code", f"pictures-{question.id}", PICTURES.format(names=", ".join(images), tags=images)
            )
        )
    if question.automatic == "fid":
        cells.append(read_only("code", f"records-{question.id}", RECORDS))
    name = question_cell(question)
    metadata = _nbgrader(name, grade=True, solution=True, locked=False, points=question_max(question))
    del metadata["editable"]
    cells.append(_cell("markdown", name, STUB, metadata))
    return cells


def bonus_cell(assignment: Assignment) -> dict[str, Any]:
    """The cell of the cap: 0 points, into which the grader writes a number below zero where it is needed."""
    cap = assignment.report.optional_cap
    source = (
        f"**Bonus cap / 附加分上限**: at most {cap} optional questions count; the grader takes off here what "
        f"is too much. 最多 {cap} 道选做题计分,超出部分由评分程序在此扣除。"
    )
    return _cell("markdown", BONUS_CELL, source, _nbgrader(BONUS_CELL, task=True, points=0.0))


def region_cells(assignment: Assignment) -> list[dict[str, Any]]:
    """A cell for each TODO region with points."""
    cells = []
    for region in scored_regions(assignment):
        name = region_cell(region)
        source = f"**{region.label}** {region.title.en} / {region.title.zh}"
        cells.append(_cell("markdown", name, source, _nbgrader(name, task=True, points=region.points)))
    return cells
