"""A verdict as the lines that a student reads in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from hwlib.checking.verdict import CheckResult, LayerTable, Outcome

WORDS = {
    Outcome.PASSED: "passed",
    Outcome.WRONG: "wrong",
    Outcome.NOT_REACHED: "not reached",
    Outcome.GRADER_ERROR: "not graded",
}


def lines_of(result: CheckResult) -> list[str]:
    """What is wrong, in full sentences: expected, found, the likely mistake, where to look."""
    lines: list[str] = []
    if result.outcome is Outcome.PASSED:
        return lines
    if result.blank:
        lines.append(result.found)
    else:
        if result.expected:
            lines.append(f"expected: {result.expected}")
        lines.append(f"found:    {result.found}")
    if result.misconception is not None:
        lines.append(f"likely:   {result.misconception.title}")
        if result.misconception.explanation:
            lines.append(f"          {result.misconception.explanation}")
    if result.table is not None:
        lines += table_lines(result.table)
    for line in result.traceback[-4:]:
        lines.append(f"  {line.file}, line {line.line}: {line.code}")
    if result.hint:
        lines.append(f"hint:     {result.hint}")
    if result.location is not None and result.location.line:
        lines.append(f"look at:  {result.location.file}, line {result.location.line}")
    elif result.location is not None:
        lines.append(f"look at:  {result.location.file}")
    return lines


def table_lines(table: LayerTable) -> list[str]:
    """The rows of a layer table that differ, a line each."""
    lines = []
    for row in table.rows:
        if row.state == "same":
            continue
        if row.state == "missing":
            lines.append(f"  {row.layer}: missing")
            continue
        if row.state == "extra":
            shown = ", ".join(cell.found for cell in row.cells[:2] if cell.found)
            lines.append(f"  not in the table: {shown}")
            continue
        differing = [
            f"{column} {cell.found or 'none'} (table: {cell.expected or 'none'})"
            for column, cell in zip(table.columns, row.cells, strict=True)
            if cell.differs
        ]
        lines.append(f"  {row.layer}: {', '.join(differing)}")
    return lines


def summary(results: Sequence[CheckResult]) -> str:
    """One line on all checks."""
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    points = sum(result.points or 0.0 for result in results)
    most = sum(result.max_points for result in results)
    return f"{passed} of {len(results)} public checks passed ({points:g} of {most:g} points)"
