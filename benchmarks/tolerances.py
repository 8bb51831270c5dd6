"""How far right answers lie from the reference, and wrong ones: where the tolerances of the checks come from.

    python benchmarks/tolerances.py [--students 3]

Grades the reference and all equivalents on the hidden inputs of several students, and all mutants on those of
one, and prints for each tolerance of grader/checks/tolerances.py the largest relative difference among right
answers and the smallest among wrong ones.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from grader import grade
from grader.checks import tolerances
from grader.matrix import SECRET, grade_task, tasks_of
from grader.options import GradeOptions
from hwlib.checking import expect_numbers

NAMES = {value: name for name, value in vars(tolerances).items() if name.isupper()}


class Recorder:
    """Stands in for `close` and keeps the relative differences by tolerance."""

    def __init__(self) -> None:
        self.right: dict[float, list[float]] = defaultdict(list)
        self.wrong: dict[float, list[float]] = defaultdict(list)
        self.original = expect_numbers.close

    def __call__(self, found: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
        fits = self.original(found, wanted, tolerance)
        if tolerance in NAMES and found.size == wanted.size:
            scale = float(np.abs(wanted).max(initial=0.0))
            off = float(np.abs(found.reshape(wanted.shape) - wanted).max(initial=0.0))
            if scale > 1e-3 and math.isfinite(off):
                (self.right if fits else self.wrong)[tolerance].append(off / scale)
        return fits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=3, help="whose hidden inputs to use [3]")
    args = parser.parse_args()
    right, wrong = Recorder(), Recorder()
    with grade.walls():
        for student in range(args.students):
            measure(right, ("reference", "equivalent"), SECRET + bytes([student]))
        measure(wrong, ("mutant",), SECRET)
    print(
        f"{'tolerance':<16}{'value':>10}{'right answers':>18}{'wrong answers':>18}   (relative differences)"
    )
    for value, name in sorted(NAMES.items()):
        most = max(right.right[value], default=0.0)
        least = min(wrong.wrong[value], default=math.nan)
        print(f"{name:<16}{value:>10.0e}{f'up to {most:.1e}':>18}{f'from {least:.1e}':>18}")
    print(
        f"{Path(tolerances.__file__).name}: every value is to be at least ten times the right "
        "answers' differences"
    )


def measure(recorder: Recorder, kinds: tuple[str, ...], secret: bytes) -> None:
    """Grades all versions of these kinds with the recorder in place."""
    options = GradeOptions(secret=secret)
    replaced: Any = recorder
    expect_numbers.close = replaced
    try:
        for task in tasks_of(kinds=kinds):
            line = grade_task(dataclasses.replace(task), options)
            for fault in line.faults:
                print(f"not as it should be: {line.track} {line.id}: {fault}")
    finally:
        expect_numbers.close = recorder.original


if __name__ == "__main__":
    main()
