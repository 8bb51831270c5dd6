"""Small classes for the tests of the similarity report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # for `benchmarks`, which isn't installed

from benchmarks.similarity.cohort import STARTER, Solution, files_of, read_cohort  # noqa: E402
from code_analyze import summary  # noqa: E402
from code_analyze.similarity.details import explain  # noqa: E402
from code_analyze.similarity.findings import Pair, Result, find  # noqa: E402
from code_analyze.similarity.fingerprints import Print, fingerprint_all  # noqa: E402
from code_analyze.similarity.intake import Submission  # noqa: E402
from code_analyze.similarity.pairs import score  # noqa: E402
from code_analyze.similarity.regions import Starter  # noqa: E402


def submission(solution: Solution, name: str = "", role: str = "class") -> Submission:
    files = {path: summary.read_bytes(text.encode()) for path, text in files_of(solution).items()}
    return Submission(name or solution.name, files, (), role)


def with_bodies(honest: Sequence[Solution], region: str, *bodies: str) -> list[Submission]:
    """A class of honest solutions, of which the first ones have these bodies of a region."""
    changed = [
        replace(s, regions={**s.regions, region: body}) for s, body in zip(honest, bodies, strict=False)
    ]
    return [submission(s) for s in [*changed, *honest[len(bodies) :]]]


_made: dict[object, Print] = {}


def _print(one: Submission, folder: Path | None, starter: Starter) -> Print:
    """The print of a submission. Most classes of these tests have the same honest ones in them."""
    text = tuple((path, source.status, tuple(source.lines)) for path, source in sorted(one.files.items()))
    key = one.name, one.student, one.role, one.notes, folder, text
    if key not in _made:
        [_made[key]] = fingerprint_all([one], starter, 1)
    return _made[key]


def compare(submissions: list[Submission], folder: Path | None = STARTER) -> Result:
    starter = Starter.read(folder)
    prints = [_print(one, folder, starter) for one in submissions]
    result = find(prints, score(prints))
    explain(result)
    return result


def names(result: Result, pair: Pair) -> set[str]:
    return {result.prints[pair.a].code.submission.name, result.prints[pair.b].code.submission.name}


def clicked(report: Path, folder: Path, *selectors: str) -> Path:
    """A copy of a report's page that clicks on elements as soon as it is loaded."""
    text = (report / "index.html").read_text(encoding="utf-8")
    clicks = "".join(f"document.querySelector({selector!r}).click();" for selector in selectors)
    page = folder / "page.html"
    page.write_text(text.replace("</body>", f"<script>{clicks}</script></body>"), encoding="utf-8")
    return page


def browser_dump(page: Path, size: str = "1200,900") -> str:
    """The page's DOM after its scripts ran."""
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if browser is None:
        pytest.fail("no Chromium found: install it (Debian: apt install chromium) to test the report's page")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={size}", "--dump-dom",
               "--virtual-time-budget=3000", page.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


__all__ = [
    "ROOT",
    "STARTER",
    "browser_dump",
    "clicked",
    "compare",
    "files_of",
    "names",
    "read_cohort",
    "submission",
    "with_bodies",
]
