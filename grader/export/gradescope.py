"""Gradescope's `results.json`: one test per check, with maxima that add up to the assignment's."""

from __future__ import annotations

from typing import Any

from grader.feedback.check_view import check_kind, titles_of, view_check
from grader.feedback.texts import Texts
from grader.results import SubmissionResult
from hwlib.assignment import Assignment
from hwlib.checking.verdict import Language
from hwlib.errors import HomeworkError

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def _output(view: Any, t: Texts) -> str:
    lines = []
    if view.kind == "grader_error":
        lines.append(t("grader_error_text"))
    for label, text in (
        (t("waits_for"), view.needs),
        (t("expected"), view.expected),
        (t("found"), view.found),
        (t("mistake"), f"{view.mistake} {view.mistake_text}".strip()),
        (t("hint"), view.hint),
        (t("look"), view.look),
        (t("handout"), view.handout),
    ):
        if text:
            lines.append(f"{label}: {text}")
    if view.trace:
        lines += [f"{t('trace')}:", view.trace]
    return "\n".join(lines)


def gradescope_results(
    result: SubmissionResult,
    assignment: Assignment,
    language: Language = "en",
    hidden: str = "after_published",
) -> dict[str, Any]:
    """The content of `results.json` for one track.

    Text is sent as plain text, so nothing of a submission is rendered. Checks of a track that was not handed
    in count as failed: Gradescope has a file, and the track is not in it.

    Args:
        hidden: visibility of hidden checks.

    Raises:
        HomeworkError: the visibility is not one of Gradescope's, or grader errors leave the points unknown:
            Gradescope would take any file for a mark.
    """
    if hidden not in VISIBILITIES:
        raise HomeworkError(f"found the visibility {hidden!r}, expected one of {', '.join(VISIBILITIES)}.")
    part = result.tracks.get(assignment.track)
    if part is not None and part.outcome == "ungraded":
        raise HomeworkError(
            f"{result.student}, {assignment.track}: a grader error leaves the points unknown; no "
            "results.json is "
            "written, so that Gradescope shows a failed autograder, not a zero. Run the autograder again."
        )
    t = Texts(language)
    titles = titles_of(assignment, language)
    found = {check.id.rpartition("/")[2]: check for check in (part.checks if part else ())}
    tests = []
    for key, (region, check) in assignment.checks.items():
        test: dict[str, Any] = {
            "name": f"{region.title.get(language)}: {titles[key]}",
            "number": f"{region.label}/{key}",
            "max_score": check.points,
            "tags": [assignment.track, region.id, check.visibility],
            "visibility": "visible" if check.visibility == "public" else hidden,
            "output_format": "text",
        }
        verdict = found.get(key)
        if verdict is None:
            test |= {
                "score": 0.0,
                "status": "failed",
                "output": t("missing_text") if part is None else t("not_reached"),
            }
        else:
            passed = check_kind(verdict) == "passed"
            test |= {
                "score": verdict.points or 0.0,
                "status": "passed" if passed else "failed",
                "output": _output(view_check(verdict, titles, t), t),
            }
        tests.append(test)
    late = part.late if part else None
    findings = [t.pick(finding.message, finding.message_zh) for finding in result.findings]
    head = [t.pick(result.refused, result.refused_zh)] if result.refused else []
    return {
        "output": "\n".join([*head, *findings]),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": round(part.seconds) if part else 0,
        "tests": tests,
        "extra_data": {
            "track": assignment.track,
            "sha256": result.archive_sha256,
            "late_penalty": late.penalty if late else 0.0,
        },
    }
