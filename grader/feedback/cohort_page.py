"""`report.html`: the cohort on one self-contained page that sorts and filters."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from datetime import datetime
from statistics import median
from typing import Any

from markupsafe import Markup

from grader.feedback.charts import histogram_svg
from grader.feedback.check_view import show_points
from grader.feedback.page import environment, style
from grader.feedback.statistics import Cohort


def _charts(cohort: Cohort) -> list[dict[str, Any]]:
    charts = []
    for track, assignment in cohort.assignments.items():
        marks = cohort.marks(track)
        unmarked = sum(bool(row.tracks[track].mark.pending) for row in cohort.rows)
        note = f"median {median(marks):g} of {assignment.total_points:g}" if marks else "no marks yet"
        if unmarked:
            note += f"; reports of {unmarked} not marked yet"
        svg = histogram_svg(marks, assignment.total_points)
        charts.append({"title": f"{track}: marks", "svg": svg, "note": note})
    for track, fids in cohort.fids.items():
        if not fids:
            continue
        threshold = cohort.thresholds[track]
        end = min(max(max(fids), 1.5 * threshold), 4 * threshold)
        passed = sum(fid <= threshold for fid in fids)
        note = f"{passed} of {len(fids)} at or below the threshold {threshold:g}; median {median(fids):.1f}"
        charts.append(
            {"title": f"{track}: FID", "svg": histogram_svg(fids, end, line=threshold), "note": note}
        )
    return charts


def report_html(
    cohort: Cohort, links: dict[str, str], title: str = "Cohort report", made: datetime | None = None
) -> str:
    """The page as text.

    Args:
        links: student -> address of the feedback page, relative to the report; '' for none.
    """
    loader = environment().loader
    assert loader is not None
    script = loader.get_source(environment(), "cohort.js")[0]
    mistakes: Counter[str] = Counter(mistake for row in cohort.rows for mistake in row.mistakes)
    order = {check: index for index, check in enumerate(_assignment_order(cohort))}
    checks = sorted(cohort.checks.items(), key=lambda item: order.get(item[0], len(order)))
    return (
        environment()
        .get_template("cohort.html.j2")
        .render(
            css=style("cohort"),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            title=title,
            made=f"{made:%Y-%m-%d %H:%M}" if made else "",
            cohort=cohort,
            sections=any(row.section for row in cohort.rows),
            tracks=list(cohort.assignments),
            with_fid=[track for track, fids in cohort.fids.items() if fids],
            charts=_charts(cohort),
            checks=checks,
            mistakes=[
                (key, f"{count} x {cohort.mistake_titles[key]}") for key, count in mistakes.most_common()
            ],
            late=sum(row.days_late > 0 for row in cohort.rows),
            wanted_students=len({student for student, _ in cohort.wanted}),
            seconds=f"{median(row.seconds for row in cohort.rows):.1f}" if cohort.rows else "–",
            links={row.student: links.get(row.student, "") for row in cohort.rows},
            points=show_points,
        )
    )


def _assignment_order(cohort: Cohort) -> list[str]:
    return [
        f"{track}/{check}" for track, assignment in cohort.assignments.items() for check in assignment.checks
    ]
