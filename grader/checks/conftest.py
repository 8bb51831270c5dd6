"""The checks as pytest: `pytest grader/checks --submission X.zip [--track VAE] [--run] [--fid] [-m hidden]`.

pytest runs here, in the trusted parent, rooted in this repository. A submission is only ever a value of the
`submission` fixture: its folder is no root, holds no configuration and is on no import path.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from grader.checks import reference
from grader.checks.runner import CheckFunction, described, run_check
from grader.checks.submission import Submission
from grader.grade import walls
from grader.options import GradeOptions
from grader.taken import TakenIn, take_in
from hwlib.assignment import all_assignments, load_assignment
from hwlib.checking.feedback import lines_of
from hwlib.checking.verdict import CheckResult, Outcome

MARKERS = (
    "points(number, region, title, visibility): a check that assignment.yaml does not list",
    "region(name): the TODO region that the check judges",
    "visibility(name): public or hidden",
    "needs(*checks): checks whose failure may be the reason for this one's",
    "part(name): runs only with --run or --fid",
    "public: students have this check, too",
    "hidden: students know this check by its title only",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("submission")
    group.addoption("--submission", help="zip or folder to check; its folder of the track is found")
    group.addoption("--track", action="append", default=[], help="check only this track (may be repeated)")
    group.addoption("--sandbox", default="auto", help="wall: bubblewrap, docker, podman, none [auto]")
    group.addoption("--variant", default=None, help="the year's variant of the assignment")
    group.addoption("--run", action="store_true", help="also the quick run of main.py")
    group.addoption("--fid", action="store_true", help="also training and FID")
    group.addoption("--secret", default=None, help="the course's secret [$GRADER_SECRET]")


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks every check with its points, region and visibility; leaves out other tracks and parts."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        track = _track_of(item)
        if track is None or not isinstance(item, pytest.Function):
            kept.append(item)
            continue
        check = _described(track, config.getoption("--variant"), item)
        about = check.about
        item.add_marker(pytest.mark.points(about.points))
        item.add_marker(pytest.mark.region(about.region))
        item.add_marker(pytest.mark.visibility(about.visibility))
        item.add_marker(getattr(pytest.mark, about.visibility))
        for name, value in (("points", about.points), ("region", about.region), ("title", about.title)):
            item.user_properties.append((name, value))
        chosen = config.getoption("--track")
        wanted = (not chosen or track in chosen) and (not check.part or config.getoption(f"--{check.part}"))
        (kept if wanted else left).append(item)
    items[:] = kept
    if left:
        config.hook.pytest_deselected(items=left)


def _track_of(item: pytest.Item) -> str | None:
    name = item.path.stem.removeprefix("test_")
    inside = item.path.parent == Path(__file__).parent
    return name if inside and name in all_assignments(reference.HANDOUTS) else None


def _described(track: str, variant: str | None, item: pytest.Function) -> CheckFunction:
    return described(load_assignment(reference.HANDOUTS / track, variant), item.function)


@pytest.fixture(scope="session")
def taken_in(pytestconfig: pytest.Config) -> Iterator[TakenIn]:
    """The submission of the command line, unpacked."""
    path = pytestconfig.getoption("--submission")
    if path is None:
        pytest.skip("no submission: name one with --submission X.zip")
    with take_in(Path(path), None) as taken:
        if taken.refused:
            pytest.fail(f"not taken in: {taken.refused}", pytrace=False)
        yield taken


@pytest.fixture(scope="session")
def _walls() -> Iterator[None]:
    with walls():
        yield


@pytest.fixture(scope="module")
def submission(
    request: pytest.FixtureRequest, taken_in: TakenIn, _walls: None, pytestconfig: pytest.Config
) -> Iterator[Submission]:
    """One track of the submission; checks of one file share it."""
    from grader.grade import wall_for

    track = request.path.stem.removeprefix("test_")
    folder = taken_in.tracks.get(track)
    if folder is None:
        pytest.skip(f"the submission has no folder {track}")
    secret = pytestconfig.getoption("--secret") or os.environ.get("GRADER_SECRET", "")
    options = GradeOptions(sandbox=pytestconfig.getoption("--sandbox"), secret=secret.encode())
    assignment = load_assignment(reference.HANDOUTS / track, pytestconfig.getoption("--variant"))
    with ExitStack() as stack:
        made = Submission(
            assignment, folder, wall_for(options), secret=options.secret, student=taken_in.student
        )
        made.notes["options"] = options
        yield stack.enter_context(made)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a check as the grader does and turns its verdict into pytest's."""
    track = _track_of(pyfuncitem)
    if track is None:
        return None
    fixtures = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.function).parameters}
    made = fixtures["submission"]
    assert isinstance(made, Submission)
    check = _described(track, pyfuncitem.config.getoption("--variant"), pyfuncitem)
    _report(run_check(made, check), pyfuncitem)
    return True


def _report(result: CheckResult, item: Any) -> None:
    item.user_properties.append(("outcome", result.outcome.value))
    item.user_properties.append(("points_reached", result.points))
    text = "\n".join(lines_of(result))
    if result.outcome is Outcome.GRADER_ERROR:
        raise RuntimeError(f"grader error: {result.private}")
    if result.outcome is Outcome.NOT_REACHED:
        pytest.skip(text)
    if result.outcome is Outcome.WRONG:
        pytest.fail(text, pytrace=False)
