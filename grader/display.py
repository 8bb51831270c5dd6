"""What a TA sees while submissions are graded: a progress bar, JSON lines for logs, or nothing."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from grader.results import SubmissionResult
from grader.totals import mark_track
from hwlib.assignment import Assignment

Mode = Literal["bar", "lines", "json", "quiet"]


def summary(result: SubmissionResult, assignments: dict[str, Assignment]) -> dict[str, object]:
    """One student's outcome in a few words, for a line of JSON."""
    tracks = {}
    for track, part in result.tracks.items():
        if track in assignments:
            mark = mark_track(assignments[track], part, refused=bool(result.refused))
            tracks[track] = {"state": mark.state, "code": mark.code, "of": mark.code_max}
    return {"student": result.student, "outcome": result.outcome, "tracks": tracks}


class Display:
    """Shows done/total, the student at work and the time left. Use in a `with` statement."""

    def __init__(self, mode: Mode, total: int, assignments: dict[str, Assignment], console: Console) -> None:
        self.mode = mode
        self.total = total
        self.assignments = assignments
        self.console = console
        self.finished = 0
        self._at_work: list[str] = []
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Display:
        if self.mode == "bar":
            self._progress = Progress(
                TextColumn("grading"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[student]}"),
                console=self.console,
            )
            self._progress.start()
            self._task = self._progress.add_task("grading", total=self.total, student="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def started(self, student: str) -> None:
        """`student` was handed to a worker."""
        self._at_work.append(student)
        self._show()

    def done(self, result: SubmissionResult) -> None:
        """The result of one student is on the disk."""
        self.finished += 1
        if result.student in self._at_work:
            self._at_work.remove(result.student)
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)
        facts = summary(result, self.assignments)
        if self.mode == "json":
            line = {**facts, "done": self.finished, "total": self.total}
            print(json.dumps(line, ensure_ascii=False), flush=True)
        elif self.mode == "lines":
            self.console.print(
                f"{self.finished}/{self.total} {escape(result.student)}: {_words(result, facts)}",
                highlight=False,
            )
        elif self.mode == "bar" and result.outcome != "graded":
            self.console.print(f"{escape(result.student)}: {_words(result, facts)}", highlight=False)
        self._show()

    def _show(self) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, student=escape(self._at_work[0]) if self._at_work else "")


def _words(result: SubmissionResult, facts: dict[str, object]) -> str:
    if result.refused:
        return escape(f"not accepted: {result.refused}")
    tracks = facts["tracks"]
    assert isinstance(tracks, dict)
    words = []
    for track, part in tracks.items():
        known = part["code"] is not None
        words.append(f"{track} {part['code']:g} / {part['of']:g}" if known else f"{track} {part['state']}")
    reasons = [check.private for t in result.tracks.values() for check in t.checks if check.points is None]
    reasons += [part.trouble for part in result.tracks.values() if part.trouble]
    return escape(", ".join(words) + (f" ({reasons[0]})" if reasons else ""))
