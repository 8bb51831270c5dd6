"""`handouts/<TRACK>/report.ipynb`, made from `assignment.yaml`.

    python -m grader.report_notebook            writes the notebooks of all tracks
    python -m grader.report_notebook --check    says which ones differ from their assignment.yaml

Cells, in nbgrader's terms:
- questions: locked Markdown; the answer below is a manually graded Markdown cell with the question's points.
  Optional questions have 0 points there, because nbgrader has no bonus: the TA enters extra credit.
- the student's own runs: locked code cells that show run records, curves and pictures from `runs/`.
- the code's TODO regions: "task" cells. nbgrader counts their points and lets a TA change them, but its
  autograder never writes a score into them. The grader does (grader/gradebook).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from hwlib.assignment import Assignment, Question, Region, all_assignments, load_assignment
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_text

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = "report"
STUB = "YOUR ANSWER HERE"
"""nbgrader's own words for an empty answer: `generate_assignment` then leaves the cell as it is."""

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


def _read_only(kind: str, grade_id: str, source: str) -> dict[str, Any]:
    return _cell(kind, grade_id, source.rstrip("\n"), _nbgrader(grade_id))


def _points(question: Question) -> str:
    if question.optional:
        return f"optional, up to {question.points:g} bonus points / 选做,最多 {question.points:g} 分附加分"
    return f"{question.points:g} points / {question.points:g} 分"


def _question_cells(assignment: Assignment, number: int, question: Question) -> list[dict[str, Any]]:
    head = f"## {number}. {question.title.en} / {question.title.zh}\n\n*{_points(question)}*\n\n"
    cells = [_read_only("markdown", f"text-{question.id}", f"{head}{question.text.en}\n\n{question.text.zh}")]
    curves = {curve.tag for curve in assignment.run.curves}
    images = [tag for tag in question.shows if tag not in curves]
    if any(tag in curves for tag in question.shows):
        cells.append(_read_only("code", f"curves-{question.id}", CURVES))
    if images:
        cells.append(
            _read_only(
                "code", f"pictures-{question.id}", PICTURES.format(names=", ".join(images), tags=images)
            )
        )
    if question.automatic == "fid":
        cells.append(_read_only("code", f"records-{question.id}", RECORDS))
    name = question_cell(question)
    metadata = _nbgrader(name, grade=True, solution=True, locked=False, points=question_max(question))
    del metadata["editable"]
    cells.append(_cell("markdown", name, STUB, metadata))
    return cells


def build_notebook(assignment: Assignment) -> dict[str, Any]:
    """The notebook as JSON data (nbformat 4.5)."""
    report = assignment.report
    intro = (
        f"# {assignment.track}: {assignment.title.en} / {assignment.title.zh}\n\n"
        f"{report.advice.en}\n\n{report.advice.zh}\n\n"
        "Write your answers into the cells that say "
        f"*{STUB}*, run all cells, save, and put the notebook into your zip. "
        f"At most {report.optional_cap} optional questions count.\n\n"
        f"在标有 *{STUB}* 的单元格中作答,运行所有单元格并保存,然后放入压缩包。"
        f"最多 {report.optional_cap} 道选做题计分。"
    )
    cells = [
        _read_only("markdown", "intro", intro),
        _read_only("code", "setup", SETUP.format(track=assignment.track)),
        _read_only("code", "records", RECORDS),
    ]
    for number, question in enumerate([*report.required, *report.optional], start=1):
        cells += _question_cells(assignment, number, question)
    cells.append(
        _read_only(
            "markdown",
            "code-intro",
            "# Your code / 代码\n\nThe grader fills in the points below; leave these cells as they are.\n\n"
            "以下分数由评分程序填写,请不要修改这些单元格。",
        )
    )
    for region in scored_regions(assignment):
        name = region_cell(region)
        source = f"**{region.label}** {region.title.en} / {region.title.zh}"
        cells.append(_cell("markdown", name, source, _nbgrader(name, task=True, points=region.points)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {
            "homework": {"track": assignment.track, "year": assignment.year},
            "kernelspec": kernel,
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def notebook_text(assignment: Assignment) -> str:
    """The notebook's file content."""
    return json.dumps(build_notebook(assignment), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Writes or checks `handouts/<TRACK>/report.ipynb`."""
    parser = argparse.ArgumentParser(prog="python -m grader.report_notebook", description=main.__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a notebook is out of date"
    )
    args = parser.parse_args(argv)
    with cli_errors():
        stale = []
        for track, path in all_assignments(ROOT / "handouts").items():
            target = path.parent / f"{NOTEBOOK}.ipynb"
            text = notebook_text(load_assignment(path))
            if target.exists() and target.read_text(encoding="utf-8") == text:
                continue
            if args.check:
                stale.append(f"handouts/{track}/{target.name}")
            else:
                atomic_write_text(target, text)
                print(f"handouts/{track}/{target.name}")
        if stale:
            raise HomeworkError(
                f"{', '.join(stale)} differ from assignment.yaml. Run `python -m grader.report_notebook` "
                "and commit the result."
            )


if __name__ == "__main__":
    main()
