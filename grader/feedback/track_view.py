"""What a student sees of one track: the points, the checks by region, the comments, the graded run."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from grader.feedback.charts import curve_svg, fid_svg, pair_curves
from grader.feedback.check_view import CheckView, show_points, titles_of, view_check
from grader.feedback.texts import Texts
from grader.results import FIDScore, Late, TrackResult
from grader.totals import ManualMarks, TrackMark, mark_track
from hwlib.assignment import Assignment


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
    with_dev: bool = False
    pictures: tuple[tuple[str, str], ...] = ()


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
        else t("days_late", days=late.days_late)
        if late.days_late
        else t("in_time")
    )
    return t("semicolon").join((handed, due, how))


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
            split={"train": t("training"), "dev": t("dev")}.get(score.split, score.split),
        ),
        "memorised": bool(score.memorised),
        "svg": fid_svg(score, t("yours"), t("threshold")),
        "reference": ""
        if score.reference_fid is None
        else t(
            "reference", fid=f"{score.reference_fid:.1f}", spread=f"{2 * (score.reference_spread or 0.0):.1f}"
        ),
    }


def _reference(score: FIDScore, t: Texts) -> str:
    if score.reference_fid is None:
        return ""
    spread = 2 * (score.reference_spread or 0.0)
    return t("reference", fid=f"{score.reference_fid:.1f}", spread=f"{spread:.1f}")


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

    values = [*mark.regions.values(), *mark.questions.values()]
    if mark.state in ("missing", "refused") and all(value is None for value, _ in values):
        return ()  # the banner says it all
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
        with_dev=any(curve.name.startswith("dev/") for curve in (result.curves if result else ())),
        pictures=tuple(
            (picture.title, base64.b64encode(picture.png).decode())
            for picture in (result.pictures if result else ())
        ),
    )
