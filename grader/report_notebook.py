"""`handouts/<TRACK>/report.ipynb`, made from `assignment.yaml`.

    python -m grader.report_notebook            writes the notebooks of all tracks
    python -m grader.report_notebook --check    says which ones differ from their assignment.yaml

Cells, in nbgrader's terms:
- questions: locked Markdown; the answer below is a manually graded Markdown cell with the question's points.
  Optional questions have 0 points there, because nbgrader has no bonus: the TA enters extra credit.
- the student's own runs: locked code cells that show run records, curves and pictures from `runs/`.
- the code's TODO regions: "task" cells. nbgrader counts their points and lets a TA change them, but its
  autograder never writes a score into them. The grader does (grader/gradebook).
- the cap on optional questions: a "task" cell of 0 points, where the grader takes off what is too much.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from grader.report_cells import (
    RECORDS,
    SETUP,
    STUB,
    bonus_cell,
    has_bonus_cell,
    question_cells,
    read_only,
    region_cells,
)
from hwlib.assignment import Assignment, all_assignments, load_assignment
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_text

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = "report"


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
        read_only("markdown", "intro", intro),
        read_only("code", "setup", SETUP.format(track=assignment.track)),
        read_only("code", "records", RECORDS),
    ]
    for number, question in enumerate([*report.required, *report.optional], start=1):
        cells += question_cells(assignment, number, question)
    cells.append(
        read_only(
            "markdown",
            "code-intro",
            "# Your code / 代码\n\nThe grader fills in the points below; leave these cells as they are.\n\n"
            "以下分数由评分程序填写,请不要修改这些单元格。",
        )
    )
    cells += region_cells(assignment)
    if has_bonus_cell(assignment):
        cells.append(bonus_cell(assignment))
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
