"""Runs check functions without pytest's start-up, one by one, the same way as pytest does through conftest.

A check is an ordinary function `test_<id>(submission)` of `test_<TRACK>.py`. Its title, points, region and
visibility stand in `assignment.yaml` under that id; a check that is not there says them by a marker.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import linecache
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from grader.checks.submission import Submission, WrongError
from hwlib.assignment import Assignment
from hwlib.checking.about import About
from hwlib.checking.mistakes import Problem
from hwlib.checking.session import StudentError
from hwlib.checking.verdict import CheckResult
from hwlib.checking.words import Words, as_is, say
from hwlib.errors import HomeworkError


@dataclass(frozen=True)
class CheckFunction:
    """A check function and what it is about; `part` is "" or the option that it waits for: "run", "fid"."""

    about: About
    function: Callable[[Submission], None]
    part: str = ""


def checks_of(assignment: Assignment) -> list[CheckFunction]:
    """The checks of a track, in the order of their file.

    Raises:
        HomeworkError: a check of the assignment has no function, or a function stands nowhere.
    """
    module = importlib.import_module(f"grader.checks.test_{assignment.track}")
    found = [described(assignment, function) for function in _functions(module)]
    missing = set(assignment.checks) - {check.about.id for check in found}
    if missing:
        raise HomeworkError(
            f"handouts/{assignment.track}/assignment.yaml lists the checks {', '.join(sorted(missing))}, but "
            f"{module.__name__} has no function test_{min(missing)}. Write it, or take the entry out."
        )
    return found


def described(assignment: Assignment, function: Callable[..., None]) -> CheckFunction:
    """What a check function is about, by its name and its markers.

    Raises HomeworkError for a function that neither the assignment nor a marker describes.
    """
    name = function.__name__.removeprefix("test_")
    marks = {mark.name: mark for mark in getattr(function, "pytestmark", [])}
    needs = tuple(marks["needs"].args) if "needs" in marks else ()
    part = str(marks["part"].args[0]) if "part" in marks else ""
    if name in assignment.checks:
        region, check = assignment.checks[name]
        return CheckFunction(
            About.of(assignment, check, region, needs=needs, hint=_hint(function)), function, part
        )
    if name == "fid":
        question = next(q for q in assignment.report.questions if q.automatic == "fid")
        about = About(
            assignment.track,
            name,
            Words(question.title.en, question.title.zh),
            "",
            question.points,
            "public",
            needs,
            _hint(function),
            "fid",
        )
        return CheckFunction(about, function, part)
    if "points" not in marks or not marks["points"].args:
        raise HomeworkError(
            f"{function.__module__}.{function.__name__}: there is no check {name!r} in the assignment of "
            f"{assignment.track}. List it there, or mark it: @pytest.mark.points(2, region='loss')."
        )
    mark = marks["points"]
    region_id = str(mark.kwargs.get("region", ""))
    title = str(mark.kwargs.get("title", name.replace("_", " ")))
    words = Words(title, str(mark.kwargs.get("title_zh", title)))
    visibility = str(mark.kwargs.get("visibility", "hidden"))
    about = About(
        assignment.track, name, words, region_id, float(mark.args[0]), visibility, needs, _hint(function),
        f"region-{region_id}" if region_id else "",
    )  # fmt: skip
    return CheckFunction(about, function, part)


def run_checks(
    submission: Submission,
    checks: Iterable[CheckFunction],
    *,
    only: Sequence[str] = (),
    parts: Sequence[str] = (),
) -> list[CheckResult]:
    """Runs checks in order and returns their verdicts.

    Args:
        only: ids with the track; what they need runs too, but is not returned.
        parts: the optional parts to run ("run", "fid").
    """
    chosen = [check for check in checks if not check.part or check.part in parts]
    wanted = {name.partition("/")[2] for name in only if name.startswith(f"{submission.track}/")}
    if only:
        needed = set(wanted)
        for check in reversed(chosen):
            if check.about.id in needed:
                needed |= set(check.about.needs)
        chosen = [check for check in chosen if check.about.id in needed]
    results = []
    for check in chosen:
        result = run_check(submission, check)
        if not only or check.about.id in wanted:
            results.append(result)
    return results


def run_check(submission: Submission, check: CheckFunction) -> CheckResult:
    """Runs one check function; its verdict is kept in `submission.results` too."""
    about, bench, started = check.about, submission.bench, time.monotonic()

    def seconds() -> float:
        return round(time.monotonic() - started, 4)

    submission.workers.check = about.id
    try:
        check.function(submission)
        result = bench.passed(about, seconds())
    except WrongError as error:
        result = bench.wrong(about, error.problem, seconds())
    except StudentError as error:
        result = bench.failed_with(about, error, seconds())
    except AssertionError as error:
        result = bench.wrong(about, Problem(*_asserted(error)), seconds())
    except Exception as error:  # whatever else breaks is ours
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
        result = bench.grader_error(about, f"{type(error).__name__}: {error} ({place})", seconds())
    bench.results[about.id] = result
    return result


def _functions(module: ModuleType) -> list[Callable[..., None]]:
    found = [
        value
        for name, value in vars(module).items()
        if name.startswith("test_") and inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    return sorted(found, key=lambda function: function.__code__.co_firstlineno)


def _hint(function: Callable[..., Any]) -> Words:
    """A check's docstring is the hint that students read: English, an empty line, the same in Chinese."""
    english, _, chinese = (inspect.getdoc(function) or "").partition("\n\n")
    return Words(" ".join(english.split()), "".join(chinese.split("\n")) or " ".join(english.split()))


def _asserted(error: AssertionError) -> tuple[Words, Words]:
    """What a plain assert of a check says: its message, or its own source."""
    if error.args:
        return say("what the check's title says", "如测试标题所述"), as_is(error.args[0])
    last = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    try:
        tree = ast.parse(line)
        condition = ast.unparse(tree.body[0].test) if isinstance(tree.body[0], ast.Assert) else line
    except SyntaxError:
        condition = line
    return as_is(condition), say("this does not hold", "不成立")
