"""What the grader writes into the cells of one submission, and how it leaves a TA's entries alone."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Grade

from grader.feedback.check_view import check_kind, titles_of, view_check
from grader.feedback.texts import Texts
from grader.report_cells import question_cell, region_cell, scored_regions
from grader.results import TrackResult
from grader.totals import mark_track
from hwlib.assignment import Assignment


@dataclass(frozen=True)
class Scored:
    """What the grader says about one cell."""

    points: float | None
    needs_human: bool
    comment: str


def score_of(grade: Grade) -> float:
    """The score as nbgrader adds it up: a manual one wins, zero is a score, extra credit comes on top."""
    base = grade.manual_score if grade.manual_score is not None else grade.auto_score
    return float(0.0 if base is None else base + (grade.extra_credit or 0.0))


def set_score(grade: Grade, score: Scored) -> None:
    changed = grade.auto_score != score.points
    if changed:
        grade.auto_score = score.points
    if grade.manual_score is not None:
        # The TA's mark stands; after a change in what it replaced, a human should look again.
        if changed and not grade.needs_manual_grade:
            grade.needs_manual_grade = True
    elif grade.needs_manual_grade != score.needs_human:
        grade.needs_manual_grade = score.needs_human


def cap_bonus(assignment: Assignment, scores: dict[str, float]) -> Scored:
    """The entry that takes off what optional questions have beyond the best ones that count.

    nbgrader adds up every cell, so a cap can only be a cell of its own, with points below zero.

    Args:
        scores: cell -> score as it stands in the book, a TA's marks included.
    """
    optional = sorted((scores[question_cell(q)] for q in assignment.report.optional), reverse=True)
    over = round(sum(optional[assignment.report.optional_cap :]), 6)
    if not over:
        return Scored(0.0, False, "")
    answered = sum(score != 0 for score in optional)
    comment = f"{answered} optional questions have points, the best {assignment.report.optional_cap} count."
    return Scored(-over, False, comment)


def score_cells(part: TrackResult, assignment: Assignment, report: str | None = None) -> dict[str, Scored]:
    """Cell -> what the grader writes there. Questions that only a human marks get at most a note."""
    mark = mark_track(assignment, part)
    texts = Texts("en")
    titles = titles_of(assignment, "en")
    not_run = set(mark.not_run)
    groups = part.by_region()
    scores = {}
    for region in scored_regions(assignment):
        points, _ = mark.regions[region.id]
        checks = groups.get(region.id, [])
        left_out = [titles[check.id] for check in region.checks if check.id in not_run]
        passed = sum(check_kind(check) == "passed" for check in checks)
        lines = [f"{passed} of {len(region.checks)} checks passed."]
        for check in checks:
            kind = check_kind(check)
            if kind == "grader_error":
                lines.append(texts("grader_error_text"))
            elif kind != "passed":
                view = view_check(check, titles, texts)
                reason = view.mistake or view.hint or view.look
                lines.append(f"{view.title}: {texts(kind)}" + (f" ({reason})" if reason else ""))
        lines += [f"{title}: not run" for title in left_out]
        if points is None and part.trouble:
            lines = [texts("grader_error_text")]
        scores[region_cell(region)] = Scored(points, points is None or bool(left_out), "\n".join(lines))
    for question in assignment.report.questions:
        value, _ = mark.questions[question.id]
        note = f"The report was handed in as a document: {report}" if report else ""
        if question.automatic is not None and value is not None and part.fid is not None:
            verdict = "at or below" if part.fid.passed else "above"
            value_text = f"FID {part.fid.fid:.2f} ({part.fid.network})"
            text = f"{value_text}, {verdict} the threshold {part.fid.threshold:g}."
            scores[question_cell(question)] = Scored(value, False, " ".join([text, note]).strip())
        elif note:
            scores[question_cell(question)] = Scored(None, True, note)
    return scores
