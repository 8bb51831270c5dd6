"""What a TA sees while submissions are graded: a progress bar, JSON lines for logs, or nothing."""

from __future__ import annotations

import json
import threading
from pathlib import Path
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

from grader.options import PROGRESS
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
    """Shows done/total, the student at work and the time left. Use in a `with` statement.

    Args:
        trainings: folder in which the FID's trainings write how far they are; None where nothing is trained.
    """

    def __init__(
        self,
        mode: Mode,
        total: int,
        assignments: dict[str, Assignment],
        console: Console,
        trainings: Path | None = None,
    ) -> None:
        self.mode = mode
        self.total = total
        self.assignments = assignments
        self.console = console
        self.finished = 0
        self._at_work: list[str] = []
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._trainings = trainings
        self._told: dict[str, str] = {}
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

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
        if self._trainings is not None and self.mode in ("bar", "lines"):
            self._told = trainings_under_way(self._trainings)
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._watcher.is_alive():
            self._watcher.join()
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
            first = self._at_work[0] if self._at_work else ""
            trained = [words for name, words in self._told.items() if name.startswith(f"{first} ")]
            words = ", ".join([first, *trained]) if first else ""
            self._progress.update(self._task, student=escape(words))

    def _watch(self) -> None:
        """Shows how far the trainings are, as often as they say so."""
        assert self._trainings is not None
        while not self._over.wait(1.0):
            now = trainings_under_way(self._trainings)
            for name, words in now.items():
                if self.mode == "lines" and self._told.get(name) != words:
                    self.console.print(escape(f"{name}: {words}"), highlight=False)
            self._told = now
            self._show()


def trainings_under_way(folder: Path) -> dict[str, str]:
    """ "student TRACK" -> how far its training for the FID is, in words."""
    found = {}
    for path in sorted(folder.glob(f"*/*/{PROGRESS}")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            words = f"trained {said['step']:,} of {said['total']:,} steps"
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is being written, or taken away
        found[f"{path.parent.parent.name} {path.parent.name}"] = words
    return found


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
