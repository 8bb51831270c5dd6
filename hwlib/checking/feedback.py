"""A verdict as the lines that a student reads in a terminal, in English or in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from hwlib.assignment import Language
from hwlib.checking.layer_differences import COLUMNS, VALUES
from hwlib.checking.verdict import CheckResult, LayerTable, Location, Outcome
from hwlib.checking.words import Words, joined, say

WORDS = {
    Outcome.PASSED: say("passed", "通过"),
    Outcome.WRONG: say("wrong", "有误"),
    Outcome.NOT_REACHED: say("not reached", "未能检查"),
    Outcome.GRADER_ERROR: say("not graded", "未评分"),
}


def lines_of(result: CheckResult, language: Language = "en") -> list[str]:
    """What is wrong, in full sentences: expected, found, the likely mistake, where to look."""
    lines: list[str] = []
    if result.outcome is Outcome.PASSED:
        return lines
    shown, mistake, place = result.in_language(language), result.misconception, result.location

    def add(label: Words, text: str) -> None:
        if text:
            lines.append(label.get(language) + text)

    if result.blank:  # which region it is says everything
        return [shown.found, *([] if place is None else [_look(place, language)])]
    add(say("expected: ", "期望："), shown.expected)
    add(say("found:    ", "实际："), shown.found)
    if mistake is not None:
        add(say("likely:   ", "可能："), Words(mistake.title, mistake.title_zh).get(language))
        add(say("          ", "　　　"), Words(mistake.explanation, mistake.explanation_zh).get(language))
    if result.table is not None:
        lines += table_lines(result.table, language)
    for line in result.traceback[-4:]:
        lines.append(f"  {_place(line.file, line.line).get(language)}: {line.code}")
    add(say("hint:     ", "提示："), shown.hint)
    return [*lines, *([] if place is None else [_look(place, language)])]


def _look(place: Location, language: Language) -> str:
    return say("look at:  {place}", "位置：{place}", place=_place(place.file, place.line)).get(language)


def _place(file: str, line: int) -> Words:
    if not line:
        return Words(file, file)
    return say("{file}, line {line}", "{file} 第 {line} 行", file=file, line=line)


def table_lines(table: LayerTable, language: Language = "en") -> list[str]:
    """The rows of a layer table that differ, a line each."""
    lines = []
    for row in table.rows:
        if row.state == "same":
            continue
        if row.state == "missing":
            lines.append(say("  {layer}: missing", "  {layer}：缺少", layer=row.layer))
            continue
        if row.state == "extra":
            shown = ", ".join(cell.found for cell in row.cells[:2] if cell.found)
            lines.append(say("  not in the table: {layer}", "  结构表中没有：{layer}", layer=shown))
            continue
        differing = [
            say(
                "{column} {found} (table: {expected})",
                "{column} {found}（表中为 {expected}）",
                column=COLUMNS.get(column, column),
                found=VALUES.get(cell.found or "none", cell.found),
                expected=VALUES.get(cell.expected or "none", cell.expected),
            )
            for column, cell in zip(table.columns, row.cells, strict=True)
            if cell.differs
        ]
        lines.append(
            say(
                "  {layer}: {differing}",
                "  {layer}：{differing}",
                layer=row.layer,
                differing=joined(differing, ", ", "，"),
            )
        )
    return [line.get(language) for line in lines]


def summary(results: Sequence[CheckResult], language: Language = "en") -> str:
    """One line on all checks."""
    return say(
        "{passed} of {count} public checks passed ({points:g} of {most:g} points)",
        "通过 {passed} 项公开测试，共 {count} 项（{points:g} 分，满分 {most:g} 分）",
        passed=sum(result.outcome is Outcome.PASSED for result in results),
        count=len(results),
        points=sum(result.points or 0.0 for result in results),
        most=sum(result.max_points for result in results),
    ).get(language)
