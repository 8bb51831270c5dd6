"""Grading a cohort: what is to be done, doing it in worker processes, keeping every finished result.

The truth is one `result.json` per student, written as soon as that student is done. Everything else (pages,
`grades.csv`, `report.html`) is made from it and can be made again. A run that is killed at any moment is
taken up by the same command.
"""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path

from grader.fingerprint import ROOT, fingerprint
from grader.late import late_for
from grader.options import GradeOptions
from grader.pool import Grade, grade_all
from grader.results import RESULT, SubmissionResult, TrackResult, read_result, write_result
from grader.submissions import Submission
from hwlib import __version__
from hwlib.assignment import Assignment, all_assignments, load_assignment
from hwlib.errors import HomeworkError

TRAININGS = ".trainings"
"""Folder in that of the results: checkpoints of trainings for the FID, so that an interrupted one goes on."""


def load_assignments(tracks: tuple[str, ...] = (), variant: str | None = None) -> dict[str, Assignment]:
    """Track -> assignment, in the order of their deadlines.

    Raises:
        HomeworkError: a track that has no handout.
    """
    paths = all_assignments(ROOT / "handouts")
    for track in tracks:
        if track not in paths:
            raise HomeworkError(f"there is no track {track!r}; expected one of {', '.join(paths)}.")
    loaded = {
        track: load_assignment(path, variant)
        for track, path in paths.items()
        if not tracks or track in tracks
    }
    if not loaded:
        raise HomeworkError("there is no assignment: expected handouts/<TRACK>/assignment.yaml.")
    return loaded


@cache
def versions() -> dict[str, str]:
    """What graded: Python, this package and torch."""
    return {"python": platform.python_version(), "grader": __version__, "torch": metadata.version("torch")}


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keeps a second grader away from the same results; the lock ends with the process, however it ends."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / ".lock", "a") as file:
        try:
            import fcntl
        except ImportError:  # Windows has no flock; there the TA has to take care
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeworkError(
                f"another grader is at work on {out}. Wait until it is done, or give another --out."
            ) from None
        yield


@dataclass
class Task:
    """One submission and what has to be graded of it."""

    submission: Submission
    options: GradeOptions
    old: SubmissionResult | None
    late_changed: bool = False


@dataclass
class Plan:
    """What a run will do.

    Attributes:
        tasks: to be graded.
        kept: students whose results still hold.
    """

    tasks: list[Task] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cohort:
    """Where the results are and what they are measured against.

    Attributes:
        times: student -> time of the hand-in, for the late policy.
    """

    out: Path
    assignments: dict[str, Assignment]
    options: GradeOptions
    times: dict[str, datetime] = field(default_factory=dict)

    def folder(self, student: str) -> Path:
        return self.out / student

    def stored(self, student: str) -> SubmissionResult | None:
        """The student's result, None if there is none yet."""
        path = self.folder(student) / RESULT
        return read_result(path) if path.exists() else None

    def students(self) -> list[str]:
        """Everybody who has a result."""
        if not self.out.is_dir():
            return []
        # Not glob: it passes over a folder that may not be read, and the student would be missing.
        return sorted(path.name for path in self.out.iterdir() if (path / RESULT).exists())

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Track -> what its verdicts depend on, read once per run."""
        tracks = list(all_assignments(ROOT / "handouts"))
        return {track: fingerprint(track, tracks, self.options) for track in self.assignments}

    def plan(self, submissions: list[Submission], changed_only: bool = False, force: bool = False) -> Plan:
        """What of `submissions` has to be graded.

        Without options: what is new, changed, graded by other checks, or ungraded. With `changed_only` just
        new or changed files, whatever happened to the checks. With `force` everything.
        """
        plan = Plan()
        prints = self.fingerprints
        for submission in submissions:
            old = self.stored(submission.student)
            same_file = old is not None and old.archive_sha256 == submission.sha256
            if old is None or not same_file or force or self.options.only:
                stale = list(self.assignments)
            elif changed_only or old.refused:
                stale = []
            else:
                stale = [
                    track for track in self.assignments if _is_stale(old.tracks.get(track), prints[track])
                ]
            if not stale:
                plan.kept.append(submission.student)
                continue
            options = dataclasses.replace(self.options, tracks=tuple(stale), student=submission.student)
            plan.tasks.append(Task(submission, options, old if same_file else None))
        return plan

    def finish(self, task: Task, new: SubmissionResult) -> SubmissionResult:
        """The result to keep: merged with what still holds, with late policy, date and fingerprints."""
        prints = self.fingerprints
        tracks = dict(task.old.tracks) if task.old else {}
        for track, result in new.tracks.items():
            before = tracks.get(track)
            if self.options.only and before is not None:
                result = _merge(before, result)
            elif not self.options.only:
                result = result.model_copy(update={"fingerprint": prints.get(track, "")})
            if task.submission.others:
                text = f"several files; the newest was graded, not {', '.join(task.submission.others)}"
                result = result.model_copy(update={"flags": tuple(dict.fromkeys([*result.flags, text]))})
            tracks[track] = result
        order = [track for track in all_assignments(ROOT / "handouts") if track in tracks]
        merged = new.model_copy(
            update={
                "student": task.submission.student,
                "archive": new.archive or task.submission.path.name,
                "archive_sha256": task.submission.sha256,
                "tracks": {track: tracks[track] for track in order},
                "versions": versions(),
                "graded_at": datetime.now(timezone.utc).replace(microsecond=0),
            }
        )
        return self.with_late(merged)

    def with_late(self, result: SubmissionResult) -> SubmissionResult:
        """The result under today's late policy and hand-in times; without a time it keeps the one it had."""
        submitted = self.times.get(result.student, result.submitted_at)
        tracks = {
            track: part.model_copy(
                update={"late": late_for(self.assignments[track], result.student, submitted)}
                if track in self.assignments
                else {}
            )
            for track, part in result.tracks.items()
        }
        return result.model_copy(update={"submitted_at": submitted, "tracks": tracks})

    def run(
        self,
        tasks: list[Task],
        jobs: int,
        done: Callable[[SubmissionResult], None],
        started: Callable[[str], None] = lambda student: None,
        grade: Grade | None = None,
    ) -> None:
        """Grades `tasks`; each result is on the disk before `done` hears of it."""
        by_student = {task.submission.student: task for task in tasks}
        work = [(student, task.submission.path, task.options) for student, task in by_student.items()]
        for student, new in grade_all(work, jobs, started, grade):
            result = self.finish(by_student[student], new)
            write_result(self.folder(student) / RESULT, result)
            done(result)

    def refresh_late(self, students: list[str]) -> None:
        """Applies today's late policy to kept results; rewrites those that it changes."""
        for student in students:
            old = self.stored(student)
            if old is not None:
                new = self.with_late(old)
                if new != old:
                    write_result(self.folder(student) / RESULT, new)


def _is_stale(result: TrackResult | None, current: str) -> bool:
    return result is None or result.fingerprint != current or result.outcome == "ungraded"


def _merge(old: TrackResult, new: TrackResult) -> TrackResult:
    """`old` with the checks that `new` ran again."""
    fresh = {check.id: check for check in new.checks}
    checks = [fresh.pop(check.id, check) for check in old.checks]
    update: dict[str, object] = {
        "checks": (*checks, *fresh.values()),
        "trouble": new.trouble,
        "wall": new.wall,
    }
    if new.fid is not None:
        update["fid"] = new.fid
    return old.model_copy(update=update)


def default_jobs() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
