"""Other tools, each run as it is documented in its own process and environment, the starter excluded.

None of them is installed by this project. How to install them, outside the repository:

    python -m venv tools && tools/bin/pip install copydetect compare50
    mkdir dolos && cd dolos && npm install @dodona/dolos-lib     # compiles tree-sitter
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "tools"
Pairs = dict[frozenset[str], float]


@dataclass(frozen=True)
class Run:
    """Scores of pairs, and the seconds that the tool took; or why there are none."""

    pairs: Pairs
    seconds: float
    absent: str = ""


def flatten(folder: Path, out: Path, starter: Path) -> Path:
    """One file per submission (all its files one after the other), for tools that compare files.

    Returns the starter, flattened alike, outside of `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    for submission in sorted(p for p in folder.iterdir() if p.is_dir()):
        parts = [p.read_text(encoding="utf-8") for p in sorted(submission.rglob("*.py"))]
        (out / f"{submission.name}.py").write_text("\n".join(parts), encoding="utf-8")
    alone = out.parent / "starter_flat"
    alone.mkdir(exist_ok=True)
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(starter.rglob("*.py")))
    (alone / "starter.py").write_text(text, encoding="utf-8")
    return alone


def call(command: list[str], cwd: Path | None = None, timeout: float = 1800) -> Run:
    """Runs a tool that prints [[a, b, score], ...] as its last line."""
    start = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Run({}, 0.0, str(error))
    seconds = time.perf_counter() - start
    if done.returncode != 0 or not done.stdout.strip():
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return Run({}, seconds, f"ended with {done.returncode}: {last}")
    rows = json.loads(done.stdout.strip().splitlines()[-1])
    return Run({frozenset((a, b)): float(score) for a, b, score in rows if a != b}, seconds)


def tools(python: str | None, dolos: str | None) -> dict[str, Callable[[Path, Path, Path], Run]]:
    """The tools as functions of (folder of submissions, flattened folder, flattened starter).

    python: an interpreter whose environment has copydetect and compare50
    dolos: a folder whose node_modules has @dodona/dolos-lib
    """
    no_python = Run({}, 0.0, "not run: give --python, an interpreter with copydetect and compare50")
    no_dolos = Run({}, 0.0, "not run: give --dolos, a folder with node_modules/@dodona/dolos-lib")

    def copydetect(folder: Path, flat: Path, starter: Path) -> Run:
        if python is None:
            return no_python
        return call([python, str(HERE / "copydetect_pairs.py"), str(flat), str(starter)])

    def compare50(folder: Path, flat: Path, starter: Path) -> Run:
        if python is None:
            return no_python
        return call([python, str(HERE / "compare50_pairs.py"), str(folder), str(starter)])

    def dolos_lib(folder: Path, flat: Path, starter: Path, common: str = "") -> Run:
        if dolos is None:
            return no_dolos
        command = ["node", str(HERE / "dolos_pairs.mjs"), str(flat), str(starter / "starter.py")]
        return call([*command, common] if common else command, cwd=Path(dolos))

    return {
        "copydetect": copydetect,
        "compare50": compare50,
        "Dolos (library)": dolos_lib,
        "Dolos, cut-off 0.25": lambda folder, flat, starter: dolos_lib(folder, flat, starter, "0.25"),
    }
