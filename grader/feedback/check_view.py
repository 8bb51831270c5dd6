"""What a student may see of one check, in one language.

The rule stands here and nowhere else: public checks in full, hidden checks by name, points, hint and
place; nothing that is marked private; grader errors without their reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.feedback.texts import Texts
from hwlib.assignment import Assignment
from hwlib.checking.layer_differences import COLUMNS, VALUES
from hwlib.checking.verdict import CheckResult, Language, LayerTable, Outcome, TableCell
from hwlib.checking.words import Words


def show_points(value: float | None) -> str:
    """Points without trailing zeros; a dash for what is not known."""
    return "–" if value is None else f"{round(value, 2):g}"


@dataclass(frozen=True)
class CheckView:
    """One check as its student sees it."""

    title: str
    kind: str
    hidden: bool
    points: str
    max_points: str
    expected: str = ""
    found: str = ""
    mistake: str = ""
    mistake_text: str = ""
    hint: str = ""
    look: str = ""
    handout: str = ""
    trace: str = ""
    table: LayerTable | None = None
    needs: str = ""

    @property
    def has_body(self) -> bool:
        if self.kind == "grader_error":
            return True
        fields = (
            self.expected,
            self.found,
            self.mistake,
            self.hint,
            self.look,
            self.trace,
            self.table,
            self.needs,
        )
        return any(bool(value) for value in fields)


def titles_of(assignment: Assignment, language: Language) -> dict[str, str]:
    """Check id -> title, and anchor of the handout's rows ('region-loss') -> title."""
    titles = {f"region-{region.id}": region.title.get(language) for region in assignment.regions}
    return titles | {key: check.title.get(language) for key, (_, check) in assignment.checks.items()}


def check_kind(check: CheckResult) -> str:
    """The word for a check's state: a key of the texts and a CSS class."""
    if check.outcome is Outcome.WRONG:
        return "blank" if check.blank else "partly" if check.points else "wrong"
    return check.outcome.value


def view_check(check: CheckResult, titles: dict[str, str], t: Texts) -> CheckView:
    """What the student sees of one check."""
    shown = check.in_language(t.language)
    title = (
        shown.title if shown.title != check.title else titles.get(check.id.rpartition("/")[2], shown.title)
    )
    kind = check_kind(check)
    hidden = check.visibility == "hidden"
    quiet = kind in ("passed", "grader_error")
    mistake = check.misconception
    place = check.location
    common: dict[str, Any] = {
        "title": title,
        "kind": kind,
        "hidden": hidden,
        "points": show_points(check.points),
        "max_points": show_points(check.max_points),
        "hint": "" if quiet else shown.hint,
        "look": "" if quiet or place is None else where_to_look(place.file, place.line, t),
        "handout": "" if quiet else titles.get(shown.handout, shown.handout),
        "needs": t("and").join(titles.get(name.rpartition("/")[2], name) for name in check.needs),
    }
    if hidden or kind == "grader_error":
        if mistake is not None and not common["hint"] and not quiet:
            common["hint"] = t.pick(mistake.title, mistake.title_zh)
        return CheckView(**common)
    return CheckView(
        **common,
        expected=shown.expected,
        found=shown.found,
        mistake=t.pick(mistake.title, mistake.title_zh) if mistake else "",
        mistake_text=t.pick(mistake.explanation, mistake.explanation_zh) if mistake else "",
        trace="\n".join(f"{where_to_look(line.file, line.line, t)}: {line.code}" for line in check.traceback),
        table=None if kind == "passed" or check.table is None else view_table(check.table, t.language),
    )


def view_table(table: LayerTable, language: Language) -> LayerTable:
    """A layer table with the words of its columns and cells in `language`."""

    def word(text: str, words: Mapping[str, Words]) -> str:
        return words[text].get(language) if text in words else text

    rows = [
        row.model_copy(
            update={
                "cells": tuple(
                    TableCell(
                        found=word(cell.found, VALUES),
                        expected=word(cell.expected, VALUES),
                        differs=cell.differs,
                    )
                    for cell in row.cells
                )
            }
        )
        for row in table.rows
    ]
    columns = tuple(word(column, COLUMNS) for column in table.columns)
    return LayerTable(title=table.title, columns=columns, rows=tuple(rows))


def where_to_look(file: str, line: int, t: Texts) -> str:
    if not line:
        return file
    return f"{file} {t('line')} {line} {t('line_end')}".rstrip()
