"""The sandbox that the tests of the grader share: started once, as a grading run does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.checks.conftest import MARKERS
from grader.sandbox.bubblewrap import INSTALL, Bubblewrap
from grader.sandbox.limits import Limits


def pytest_configure(config: pytest.Config) -> None:
    """The checks' markers, for tests that grade in this process."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def need_bubblewrap() -> None:
    """Without bubblewrap these tests prove nothing: on a build server that is a failure, elsewhere a skip."""
    if shutil.which("bwrap") is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)


@pytest.fixture(scope="session")
def wall() -> Iterator[Bubblewrap]:
    """A bubblewrap sandbox with its warm server, for as many sessions as the tests like."""
    need_bubblewrap()
    # Less than a grading run allows, so that bombs go off sooner.
    with Bubblewrap(Limits(memory=2 << 30, disk=128 << 20)) as bubblewrap:
        yield bubblewrap


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A track's folder with one file, `probe.py`: the PROBE of the test's module."""
    folder = tmp_path / "VAE"
    folder.mkdir()
    (folder / "probe.py").write_text(request.module.PROBE)
    return folder
