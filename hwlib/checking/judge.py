"""From what happened in a check to its verdict: whose fault, how many points, where to look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hwlib.assignment import Assignment, Region
from hwlib.checking.about import About
from hwlib.checking.errors import NotImportedError, StudentError
from hwlib.checking.failures import GPU_BY_NAME, HINTS, KINDS, NO_GPU
from hwlib.checking.mistakes import Problem
from hwlib.checking.regions import Span, find_spans, numbered, region_at
from hwlib.checking.symptoms import hint_of
from hwlib.checking.verdict import CheckResult, Location, Outcome, TracebackLine, Translation
from hwlib.checking.words import NO_WORDS, Words, say


@dataclass
class Bench:
    """One track of one submission on the bench: its files, its regions, what has been found so far."""

    assignment: Assignment
    folder: Path
    results: dict[str, CheckResult] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spans = find_spans(self.folder, self.assignment)

    def passed(self, about: About, seconds: float = 0.0) -> CheckResult:
        return self._result(about, Outcome.PASSED, about.points, seconds=seconds)

    def wrong(self, about: About, problem: Problem, seconds: float = 0.0) -> CheckResult:
        """A verdict on a value: wrong, or not reached where a failed dependency explains it."""
        failed = self.failed(about.needs)
        if failed and problem.mistake is None:
            return self._not_reached(about, self._builds_on(failed), failed, seconds)
        return self._result(
            about, Outcome.WRONG, 0.0, seconds=seconds, expected=problem.expected, found=problem.found,
            misconception=None if problem.mistake is None else problem.mistake.as_misconception(),
            hint=about.hint, table=problem.table,
        )  # fmt: skip

    def failed_with(self, about: About, error: StudentError, seconds: float = 0.0) -> CheckResult:
        """A verdict on an exception, a crash, a timeout: whose region it happened in decides."""
        lines = tuple(
            TracebackLine(file=item.file, line=item.line, code=item.code) for item in error.traceback
        )
        if error.kind == "not_filled_in" and error.todo is not None:
            return self._blank(about, error, lines, seconds)
        if error.kind == "exception" and lines:
            culprit = self._culprit(about, lines)
            if culprit is not None:
                needs = tuple(f"{about.track}/{c.id}" for c in culprit.checks)
                why = say(
                    "{type} in {file}, line {line} ({region}): {message}",
                    "{file} 第 {line} 行（{region}）出现 {type}：{message}",
                    type=error.type,
                    file=lines[-1].file,
                    line=lines[-1].line,
                    region=culprit.title,
                    message=error.words,
                )
                return self._not_reached(about, why, needs, seconds, lines)
        if isinstance(error, NotImportedError):
            return self._not_reached(about, error.words, (f"{about.track}/{error.check}",), seconds)
        failed = self._not_because_of(about, self.failed(about.needs))
        found = error.described
        if failed and error.kind == "exception":
            why = say(
                "{found} ({builds_on})",
                "{found}（{builds_on}）",
                found=found,
                builds_on=self._builds_on(failed),
            )
            return self._not_reached(about, why, failed, seconds, lines)
        mistake = KINDS.get(error.kind) or getattr(error, "mistake", None)
        if NO_GPU.search(error.message):
            mistake = GPU_BY_NAME
        return self._result(
            about,
            Outcome.WRONG,
            0.0,
            seconds=seconds,
            expected=say("the code runs", "代码能够运行"),
            found=found,
            traceback=lines,
            hint=hint_of(self.assignment, error.message)
            or HINTS.get(error.kind)
            or HINTS.get(error.type)
            or about.hint,
            misconception=None if mistake is None else mistake.as_misconception(),
        )

    def grader_error(self, about: About, reason: str, seconds: float = 0.0) -> CheckResult:
        """A verdict on ourselves."""
        return self._result(
            about, Outcome.GRADER_ERROR, None, seconds=seconds, private=reason,
            found=say(
                "the grader failed here; the course's staff will look at it",
                "评分程序在此出错，课程组会处理",
            ),
        )  # fmt: skip

    def failed(self, checks: Collection[str]) -> tuple[str, ...]:
        """Those of the checks (ids without the track) that were judged and did not pass."""
        return tuple(
            self.results[name].id
            for name in checks
            if name in self.results and self.results[name].outcome is not Outcome.PASSED
        )

    def _not_because_of(self, about: About, failed: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the failed checks that don't wait for this one: two can't excuse each other."""
        own = f"{about.track}/{about.id}"
        waiting = {result.id for result in self.results.values() if own in result.needs}
        return tuple(name for name in failed if name not in waiting)

    def _builds_on(self, failed: Collection[str]) -> Words:
        """Why a check can't be decided: the checks (ids with the track) that it needs have failed."""
        return say("it builds on {checks}", "它依赖于未通过的 {checks}", checks=", ".join(failed))

    def _blank(
        self, about: About, error: StudentError, lines: tuple[TracebackLine, ...], seconds: float
    ) -> CheckResult:
        assert error.todo is not None
        region = numbered(self.assignment, error.todo.file, error.todo.number)
        todo = error.todo
        text = say(
            "{file}, TODO {number} ({title}): not filled in yet",
            "{file} 中的 TODO {number}（{title}）尚未填写",
            file=todo.file,
            number=todo.number,
            title=todo.title if region is None else Words(todo.title, region.title.zh),
        )
        if region is None or region.id == about.region:
            return self._result(
                about,
                Outcome.WRONG,
                0.0,
                seconds=seconds,
                blank=True,
                found=text,
                traceback=lines,
                expected=say(
                    "your code between # TODO START and # TODO END, without the line "
                    "`raise NotImplementedError(...)`",
                    "# TODO START 与 # TODO END 之间是你的代码，不再有 `raise NotImplementedError(...)` 一行",
                ),
                hint=say(
                    "Replace the line `raise NotImplementedError(...)` of this region in {file} "
                    "by your code.",
                    "把 {file} 中该区域的 `raise NotImplementedError(...)` 一行换成你的代码。",
                    file=todo.file,
                ),
            )
        needs = tuple(f"{about.track}/{check.id}" for check in region.checks)
        return self._not_reached(about, text, needs, seconds, lines, blank=True, place=region.id)

    def _culprit(self, about: About, lines: tuple[TracebackLine, ...]) -> Region | None:
        """The other region that an exception came out of; None where it is this check's own affair.

        A region whose own checks have all passed is not it: what it was given is wrong, so the one that
        called it is looked at.
        """
        for line in reversed(lines):
            region = region_at(dict(self.spans), self.assignment, line.file, line.line)
            if region is None and line is lines[-1]:
                region = self._owner(about, line.file)
            if region is None:
                continue  # given code, or a function of the student's own
            if region.id == about.region or not region.checks:
                return None
            if not self._cleared(region):
                return region
        return None

    def _owner(self, about: About, file: str) -> Region | None:
        """The first region of another file than the check's own."""
        own = self.assignment.region(about.region) if about.region in self._regions() else None
        if own is None or file == own.file:
            return None
        return next((r for r in self.assignment.regions if r.file == file and r.checks), None)

    def _cleared(self, region: Region) -> bool:
        """Whether a region's own checks have passed, as far as they were judged."""
        judged = {check.id for check in region.checks} & set(self.results)
        return bool(judged) and not self.failed(judged)

    def _regions(self) -> set[str]:
        return {region.id for region in self.assignment.regions}

    def _not_reached(
        self, about: About, why: Words, needs: tuple[str, ...], seconds: float,
        lines: tuple[TracebackLine, ...] = (), blank: bool = False, place: str = "",
    ) -> CheckResult:  # fmt: skip
        return self._result(
            about,
            Outcome.NOT_REACHED,
            0.0,
            place=place,
            seconds=seconds,
            found=why,
            needs=needs,
            traceback=lines,
            blank=blank,
            hint=say(
                "This check could not be decided. Mend what it builds on first, then run the checks again.",
                "这一项无法判定。请先改正它所依赖的部分，再重新运行测试。",
            ),
        )

    def _result(
        self, about: About, outcome: Outcome, points: float | None, *, expected: Words = NO_WORDS,
        found: Words = NO_WORDS, hint: Words = NO_WORDS, place: str = "", **more: object,
    ) -> CheckResult:  # fmt: skip
        location = None
        if outcome in (Outcome.WRONG, Outcome.NOT_REACHED):
            lines = more.get("traceback")
            if outcome is Outcome.WRONG and isinstance(lines, tuple):
                lines = self._own(about, lines)
            location = self._location(place or about.region, lines)
        return CheckResult(
            id=f"{about.track}/{about.id}", title=about.title.en, track=about.track, region=about.region,
            points=points, max_points=about.points, visibility=about.visibility, outcome=outcome,  # type: ignore[arg-type]
            bonus=about.bonus, handout=about.handout, location=location,
            expected=expected.en, found=found.en, hint=hint.en,
            zh=Translation(title=about.title.zh, expected=expected.zh, found=found.zh, hint=hint.zh),
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    def _own(self, about: About, lines: tuple[TracebackLine, ...]) -> tuple[TracebackLine, ...]:
        """The lines up to the last that stands in no other region; all where there is none."""
        for last in range(len(lines), 0, -1):
            region = region_at(dict(self.spans), self.assignment, lines[last - 1].file, lines[last - 1].line)
            if region is None or region.id == about.region:
                return lines[:last]
        return lines

    def _location(self, region_id: str, lines: object) -> Location | None:
        """The innermost of the student's lines, else the region."""
        span = self.spans.get(region_id)
        if isinstance(lines, tuple) and lines:
            return Location(file=lines[-1].file, line=lines[-1].line)
        if span is not None:
            return Location(file=span.file, line=span.first)
        region = next((r for r in self.assignment.regions if r.id == region_id), None)
        return Location(file=region.file, line=0) if region is not None else None
