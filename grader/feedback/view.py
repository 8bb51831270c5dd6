"""What a student may see of a result, in one language: the page and the Markdown show exactly this.

The rule stands here and nowhere else: public checks in full, hidden checks by name, points, hint and
place; nothing that is marked private; grader errors without their reason.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.feedback.charts import curve_svg, fid_svg, pair_curves
from grader.feedback.texts import Texts
from grader.results import FIDScore, Late, SubmissionResult, TrackResult
from grader.totals import ManualMarks, TrackMark, mark_track
from hwlib.assignment import Assignment
from hwlib.checking.layer_mistakes import COLUMNS, VALUES
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


@dataclass(frozen=True)
class RowView:
    """One line of the table of points."""

    title: str
    where: str
    points: str | None
    maximum: str
    share: int | None
    anchor: str = ""
    note: str = ""


@dataclass(frozen=True)
class GroupView:
    """The checks of one TODO region."""

    title: str
    where: str
    anchor: str
    checks: tuple[CheckView, ...]


@dataclass(frozen=True)
class TrackView:
    """One track of the page."""

    id: str
    title: str
    state: str
    final: str | None
    raw: str
    maximum: str
    penalty: str
    late_text: str
    so_far: bool
    all_passed: bool
    not_run: str
    first: tuple[str, ...]
    rows: tuple[RowView, ...]
    groups: tuple[GroupView, ...]
    comments: tuple[tuple[str, str], ...]
    fid: dict[str, Any] | None
    plots: tuple[tuple[str, str], ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PageView:
    """Everything on a student's page."""

    student: str
    name: str
    course: str
    refused: str
    archive: str
    sha: str
    tracks: tuple[TrackView, ...]
    findings: tuple[dict[str, str], ...]
    language: Language = field(default="en")


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
        "look": "" if quiet or place is None else _look(place.file, place.line, t),
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
        trace="\n".join(f"{_look(line.file, line.line, t)}: {line.code}" for line in check.traceback),
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


def _look(file: str, line: int, t: Texts) -> str:
    if not line:
        return file
    return f"{file} {t('line')} {line} {t('line_end')}".rstrip()


def _late_text(late: Late | None, t: Texts) -> str:
    if late is None:
        return ""
    zone = late.due.tzinfo
    handed = f"{t('handed_in')} {late.submitted.astimezone(zone):%Y-%m-%d %H:%M}"
    due = f"{t('due')} {late.due:%Y-%m-%d %H:%M}"
    if late.extension_days:
        due += f" ({t('extension')})"
    how = (
        t("late_refused")
        if late.refused
        else f"{late.days_late} {t('days_late')}"
        if late.days_late
        else t("in_time")
    )
    return f"{handed}; {due}; {how}"


def _fid_view(score: FIDScore, t: Texts) -> dict[str, Any]:
    verdict = t("fid_good") if score.passed else t("fid_bad")
    return {
        "value": f"{score.fid:.1f}" + (f" ± {score.spread:.1f}" if score.spread else ""),
        "verdict": f"{verdict} {abs(score.threshold - score.fid):.1f} ({t('threshold')} {score.threshold:g})",
        "note": t(
            "fid_note",
            network=score.network,
            generated=score.num_generated,
            real=score.num_real,
            split=score.split,
        ),
        "memorised": bool(score.memorised),
        "svg": fid_svg(score, t("yours"), t("threshold")),
        "has_reference": score.reference_fid is not None,
    }


def _first_steps(groups: list[GroupView]) -> tuple[str, ...]:
    """The first three failures, in the order of the parts: later parts build on earlier ones."""
    found = []
    for group in groups:
        for check in group.checks:
            if check.kind in ("wrong", "partly", "blank"):
                reason = check.mistake or check.hint
                place = f" ({check.look})" if check.look else ""
                found.append(f"{group.title}: {check.title}{place}" + (f" – {reason}" if reason else ""))
    return tuple(found[:3])


def _rows(assignment: Assignment, mark: TrackMark, groups: list[GroupView], t: Texts) -> tuple[RowView, ...]:
    anchors = {group.anchor for group in groups}

    def row(title: str, where: str, value: float | None, top: float, anchor: str, note: str) -> RowView:
        share = None if value is None or not top else round(100 * min(1.0, value / top))
        points = None if value is None else show_points(value)
        return RowView(
            title, where, points, show_points(top), share, anchor if anchor in anchors else "", note
        )

    rows = []
    for region in assignment.regions:
        value, top = mark.regions[region.id]
        if region.optional and not top:
            continue
        anchor = f"{assignment.track}-{region.id}"
        note = t(mark.state) if mark.state != "graded" else "–"
        rows.append(row(region.title.get(t.language), region.label, value, top, anchor, note))
    for question in assignment.report.questions:
        value, top = mark.questions[question.id]
        if question.optional and value is None:
            continue
        label = t("bonus") if question.optional else t("report")
        rows.append(row(f"{label}: {question.title.get(t.language)}", "", value, top, "", t("pending")))
    return tuple(rows)


def view_track(
    assignment: Assignment, result: TrackResult | None, manual: ManualMarks, refused: bool, t: Texts
) -> TrackView:
    """What the student sees of one track."""
    mark = mark_track(assignment, result, manual, refused)
    titles = titles_of(assignment, t.language)
    groups: list[GroupView] = []
    by_region = result.by_region() if result is not None else {}
    known = {region.id: region for region in assignment.regions}
    for region_id in [*known, *(name for name in by_region if name not in known)]:
        checks = tuple(view_check(check, titles, t) for check in by_region.get(region_id, []))
        if not checks:
            continue
        region = known.get(region_id)
        title = region.title.get(t.language) if region else t("run")
        groups.append(
            GroupView(title, region.label if region else "", f"{assignment.track}-{region_id}", checks)
        )
    kinds = [check.kind for group in groups for check in group.checks]
    names = {r.id: r.title.get(t.language) for r in assignment.regions}
    names |= {q.id: q.title.get(t.language) for q in assignment.report.questions}
    return TrackView(
        id=assignment.track,
        title=f"{assignment.track}: {assignment.title.get(t.language)}",
        state=mark.state,
        final=None if mark.final is None else show_points(mark.final),
        raw=show_points(mark.raw),
        maximum=show_points(mark.maximum),
        penalty=show_points(100 * mark.penalty) if mark.penalty else "",
        late_text=_late_text(result.late if result else None, t),
        so_far=mark.final is not None and bool(mark.pending),
        all_passed=bool(kinds) and set(kinds) == {"passed"},
        not_run="" if mark.state != "graded" else t("and").join(titles[key] for key in mark.not_run),
        first=_first_steps(groups),
        rows=_rows(assignment, mark, groups, t),
        groups=tuple(groups),
        comments=tuple((names.get(place, ""), text) for place, text in manual.comments),
        fid=_fid_view(result.fid, t) if result is not None and result.fid is not None else None,
        plots=tuple(
            (plot.name, curve_svg(plot, t("training"), t("dev")))
            for plot in pair_curves(result.curves if result else ())
        ),
        pictures=tuple(
            (picture.title, base64.b64encode(picture.png).decode())
            for picture in (result.pictures if result else ())
        ),
    )


def view_page(
    result: SubmissionResult,
    assignments: dict[str, Assignment],
    manual: dict[str, ManualMarks] | None = None,
    language: Language = "en",
) -> PageView:
    """What the student sees, in `language`."""
    t = Texts(language)
    manual = manual or {}
    first = next(iter(assignments.values()))
    return PageView(
        student=result.student,
        name=result.display_name,
        course=first.course.get(language),
        refused=t.pick(result.refused, result.refused_zh),
        archive=result.archive,
        sha=result.archive_sha256,
        tracks=tuple(
            view_track(
                assignment,
                result.tracks.get(track),
                manual.get(track, ManualMarks()),
                bool(result.refused),
                t,
            )
            for track, assignment in assignments.items()
        ),
        findings=tuple(
            {
                "severity": finding.severity,
                "message": t.pick(finding.message, finding.message_zh),
                "rule": t.pick(finding.rule, finding.rule_zh),
            }
            for finding in result.findings
        ),
        language=language,
    )
