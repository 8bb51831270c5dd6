"""Which lines of a summary differ from those that the code gives, and why."""

from __future__ import annotations

from typing import NamedTuple

from code_analyze.summary.limits import SKIPPED
from code_analyze.summary.lines import shown
from code_analyze.summary.lining_up import line_up
from code_analyze.summary.writing import RULE, header_length

BY_HAND = "edited by hand"
CHANGED = "the code changed after the summary was made"
_OTHER_FILES = "other files are there now, or by other names"

_ADDITIONAL, _MODIFICATIONS = "# Additional Files", "# Other Modifications"
_LISTINGS = ("# Missing Files", _ADDITIONAL)
_TITLES = (*_LISTINGS, "# Filled Code", "# References", _MODIFICATIONS)
_RENAMED = "# ! is named "  # as in "is named VAE/Trainer.py, expected VAE/trainer.py"


class Finding(NamedTuple):
    """Something that does not fit.

    `kind` is "no-header", "other-version", "other-starter", "stale", "edited", "own-share", "line", or
    "files": a line about files that are not compared, which come and go without the code changing. `place` is
    the file that is stale, or the number of the line in the summary, "" otherwise.
    """

    kind: str
    message: str
    place: str = ""


class _Row(NamedTuple):
    number: int
    text: str
    why: str  # it may differ


def _file_of(line: str) -> str:
    """The file whose lines follow this one, "" if it is no such line: "# _codes/X -> ../codes/X" or
    "# ../codes/X:1"."""
    if not line.startswith("# "):
        return ""
    _, arrow, file = line[2:].rpartition(" -> ")
    if arrow and file:
        return file
    file, colon, number = line[2:].rpartition(":")
    return file if colon and number.isdecimal() and "/" in file[1:] and not file[0].isspace() else ""


def _rows(lines: list[str], stale: list[str], reason: str, listed: str) -> list[_Row]:
    """The lines below the header. Lines about stale files differ since the code changed, those about files
    that are not compared because of `listed`, all others because of `reason`."""
    top, rows = header_length(lines), []
    of_stale = tuple("# " + path for path in stale)
    behind = tuple("/" + path for path in stale)
    section, in_stale = "", bool(stale)
    for number, line in enumerate(lines[top:], top + 1):
        text = line.rstrip()
        file = _file_of(text)
        if text in _TITLES:
            section = text
        if text == RULE or text in _TITLES:
            in_stale = bool(stale)
        elif file:
            in_stale = file.endswith(behind)
        if section == _ADDITIONAL and text.startswith("# ") and text[2:].split("/")[-1].lower() in SKIPPED:
            continue  # written by programs at any time
        if in_stale or text.startswith(of_stale):
            why = CHANGED
        elif section in _LISTINGS or (section == _MODIFICATIONS and text.startswith(_RENAMED)):
            why = listed
        else:
            why = reason
        rows.append(_Row(number, text, why))
    return _without_empty_listing(_headings_of_renamed(rows, reason, listed))


def _without_empty_listing(rows: list[_Row]) -> list[_Row]:
    """Takes out an "Additional Files" whose lines are all gone, which analyze.py would not write."""
    texts = [row.text for row in rows]
    if _ADDITIONAL in texts:
        at = texts.index(_ADDITIONAL)
        if texts[max(at - 2, 0) : at + 2] == ["", RULE, _ADDITIONAL, RULE] and texts[at + 2 : at + 3] in (
            [""],
            [],
        ):
            return rows[: at - 2] + rows[at + 2 :]
    return rows


def _headings_of_renamed(rows: list[_Row], reason: str, listed: str) -> list[_Row]:
    """A heading is there because of the lines below it: where they say no more than a name, so does it."""
    for at in range(len(rows) - 1):
        below = rows[at + 1].text
        last = at + 2 == len(rows) or rows[at + 2].text == "" or " -> " in rows[at + 2].text
        if below.startswith(_RENAMED) and last and rows[at].why == reason and _file_of(rows[at].text):
            rows[at] = rows[at]._replace(why=listed)
    return rows


def line_findings(
    found: list[str], expected: list[str], stale: list[str], reason: str, edited: bool
) -> list[Finding]:
    """One for each line that the summary has and the analysis has not, or the other way round.

    Args:
        stale: files that changed, which explains lines about them.
        reason: what explains all others.
        edited: whether the digest says that the summary was edited; it then explains lines about files that
            are not compared, too.
    """
    listed = _OTHER_FILES if reason == BY_HAND and not edited else reason
    has, wants = _rows(found, stale, reason, listed), _rows(expected, stale, reason, listed)
    pairs = line_up([row.text for row in wants], [row.text for row in has])
    findings: list[tuple[str, Finding]] = []
    at = 0

    def add(row: _Row, number: int, message: str) -> None:
        kind = "files" if row.why == _OTHER_FILES else "line"
        text = f"{message}: {shown(row.text)} ({row.why})"
        findings.append((row.text, Finding(kind, text, str(number))))

    def surplus(stop: int) -> None:
        for row in has[at:stop]:
            add(row, row.number, f"line {row.number}: the analysis has no such line")

    for index, row in enumerate(wants):
        if pairs[index] >= 0:
            surplus(pairs[index])
            at = pairs[index] + 1
        else:
            number = has[min(at, len(has) - 1)].number if has else 1
            add(row, number, f"before line {number}: missing")
    surplus(len(has))
    # Empty lines and the rules around headings say nothing beside other lines.
    telling = [finding for text, finding in findings if text not in ("", RULE)]
    return telling or [finding for text, finding in findings if text]
