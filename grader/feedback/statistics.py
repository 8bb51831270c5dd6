"""Numbers about a cohort, gathered one result at a time so that memory stays small."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from grader.course_total import CoursePolicy, course_total
from grader.feedback.check_view import check_kind
from grader.results import Finding, SubmissionResult
from grader.totals import ManualMarks, TrackMark, mark_track
from hwlib.assignment import Assignment
from hwlib.checking.verdict import Outcome


@dataclass(frozen=True)
class TrackRow:
    """One track of one student."""

    mark: TrackMark
    days_late: int
    fid: float | None
    fid_passed: bool | None


@dataclass(frozen=True)
class StudentRow:
    """One student in the cohort's table: a few numbers, nothing large.

    Attributes:
        failed: ids of the checks that did not pass.
        mistakes: ids of the misconceptions that were recognised.
        pairs: `<check>:<misconception>`, which check showed which.
        total: of the tracks that count; `before_drops` of all.
        dropped: tracks that the course's policy drops.
    """

    student: str
    name: str
    outcome: str
    tracks: dict[str, TrackRow]
    total: float | None
    failed: tuple[str, ...]
    mistakes: tuple[str, ...]
    pairs: tuple[str, ...]
    flags: tuple[str, ...]
    seconds: float
    section: str = ""
    before_drops: float | None = None
    dropped: tuple[str, ...] = ()

    @property
    def days_late(self) -> int:
        return max((track.days_late for track in self.tracks.values()), default=0)


@dataclass
class CheckCount:
    """How one check went over the cohort."""

    title: str
    region: str
    visibility: str
    counts: Counter[str] = field(default_factory=Counter)
    points: float = 0.0
    possible: float = 0.0
    mistakes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def reached(self) -> int:
        """Students on whom the check gave a verdict."""
        return sum(count for kind, count in self.counts.items() if kind != Outcome.GRADER_ERROR.value)

    @property
    def pass_rate(self) -> float | None:
        return self.counts["passed"] / self.reached if self.reached else None


class Cohort:
    """Everything that `report.html` and `grades.csv` show."""

    def __init__(self, assignments: dict[str, Assignment], policy: CoursePolicy | None = None) -> None:
        self.assignments = assignments
        self.policy = policy or CoursePolicy()
        self.rows: list[StudentRow] = []
        self.checks: dict[str, CheckCount] = {}
        self.mistake_titles: dict[str, str] = {}
        self.wanted: list[tuple[str, str]] = []
        self.fids: dict[str, list[float]] = {track: [] for track in assignments}
        self.thresholds: dict[str, float] = {}

    def _wants_a_human(self, finding: Finding, result: SubmissionResult) -> bool:
        if finding.code == "no_student_number":  # in the file's name; that of a folder around it may hold one
            patterns = {assignment.submission.student_number for assignment in self.assignments.values()}
            return not any(re.fullmatch(pattern, result.student) for pattern in patterns)
        return finding.severity == "error"

    def add(
        self, result: SubmissionResult, manual: dict[str, ManualMarks] | None = None, section: str = ""
    ) -> StudentRow:
        """Takes in one result; keeps a row of numbers, not the result."""
        manual = manual or {}
        tracks: dict[str, TrackRow] = {}
        failed: list[str] = []
        mistakes: list[str] = []
        pairs: list[str] = []
        flags: list[str] = []
        if result.refused:
            flags.append(f"not accepted: {result.refused}")
        flags += [finding.message for finding in result.findings if self._wants_a_human(finding, result)]
        for track, assignment in self.assignments.items():
            outcome = result.tracks.get(track)
            mark = mark_track(assignment, outcome, manual.get(track), bool(result.refused))
            late = outcome.late if outcome else None
            fid = outcome.fid if outcome else None
            tracks[track] = TrackRow(
                mark, late.days_late if late else 0, fid.fid if fid else None, fid.passed if fid else None
            )
            if outcome is None:
                continue
            if fid is not None:
                self.fids[track].append(fid.fid)
                self.thresholds[track] = fid.threshold
            flags += [f"{track}: {flag}" for flag in outcome.flags]
            if outcome.trouble:
                flags.append(f"{track}: grader error: {outcome.trouble}")
            for check in outcome.checks:
                kind = check_kind(check)
                count = self.checks.setdefault(
                    check.id, CheckCount(check.title, check.region, check.visibility)
                )
                count.counts[kind] += 1
                count.seconds.append(check.seconds)
                if check.points is not None:
                    count.points += check.points
                    count.possible += check.max_points
                if kind == "grader_error":
                    flags.append(f"{check.id}: grader error: {check.private}")
                elif kind != "passed":
                    failed.append(check.id)
                if check.misconception is not None and kind != "passed":
                    count.mistakes[check.misconception.id] += 1
                    self.mistake_titles[check.misconception.id] = check.misconception.title
                    mistakes.append(check.misconception.id)
                    pairs.append(f"{check.id}:{check.misconception.id}")
        total = course_total({track: row.mark for track, row in tracks.items()}, self.policy)
        row = StudentRow(
            student=result.student,
            name=result.display_name,
            outcome=self._state(result, tracks),
            tracks=tracks,
            total=total.total,
            failed=tuple(failed),
            mistakes=tuple(dict.fromkeys(mistakes)),
            pairs=tuple(pairs),
            flags=tuple(flags),
            section=section,
            before_drops=total.before,
            dropped=tuple(total.dropped),
            seconds=sum(track.seconds for track in result.tracks.values()),
        )
        self.rows.append(row)
        self.wanted += [(result.student, flag) for flag in flags]
        return row

    @staticmethod
    def _state(result: SubmissionResult, tracks: dict[str, TrackRow]) -> str:
        states = [row.mark.state for row in tracks.values()]
        if result.refused and "graded" not in states:
            return "refused"
        return "ungraded" if "ungraded" in states else "missing" if set(states) == {"missing"} else "graded"

    def count(self, outcome: str) -> int:
        """Students in that state."""
        return sum(row.outcome == outcome for row in self.rows)

    def marks(self, track: str) -> list[float]:
        """The known marks of one track."""
        finals = (row.tracks[track].mark.final for row in self.rows)
        return [final for final in finals if final is not None]
