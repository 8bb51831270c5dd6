"""Makes the public checks of the kit: `python -m grader.checks.public_cases [--check] [TRACK ...]`.

Writes `handouts/<TRACK>/public_cases.safetensors`: inputs that are the same for everybody, what the reference
answers, and what known mistakes would answer. Numbers only, no source.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from grader.checks import reference
from grader.checks.inputs import public
from grader.checks.runner import checks_of
from hwlib.assignment import Assignment, all_assignments, load_assignment
from hwlib.checking.cases import Case, dump_cases, load_cases, parse_cases
from hwlib.errors import HomeworkError, cli_errors
from hwlib.files import atomic_write_bytes

FILE = "public_cases.safetensors"
LATENT_DIMS = (10, 8)
"""The first that is no default is taken: code with the default written into it then fails where its author
sees it. Neither is the size of a batch in any check."""


def cases_for(assignment: Assignment) -> list[Case]:
    """The public checks of a track as cases with public inputs, in the order of the check file.

    Raises:
        HomeworkError: a public check is no case, so that it can't be given to students.
    """
    module = importlib.import_module(f"grader.checks.{assignment.track}_cases")
    default = assignment.run.defaults.get("latent_dim")
    latent_dim = next(value for value in LATENT_DIMS if value != default)
    cases = []
    for check in checks_of(assignment):
        about = check.about
        if about.visibility != "public" or check.part:
            continue
        try:
            case = module.build(about.id, public(assignment.track, about.id), assignment, latent_dim)
        except KeyError:
            raise HomeworkError(
                f"the public check {about.id} is not in "
                f"grader/checks/{assignment.track}_cases.py, so students "
                "can't get it. Write it as a case there, or make it hidden in assignment.yaml."
            ) from None
        cases.append(Case(case.check, case.steps, case.expect, about.hint, about.handout, about.needs))
    return cases


def make(track: str) -> bytes:
    """The content of a track's file."""
    return dump_cases(cases_for(load_assignment(reference.HANDOUTS / track)))


def differs(track: str) -> str:
    """What the stored file of a track has other than it should; "" if it is up to date.

    Numbers count as equal within rounding: the reference may have been computed on another machine.
    """
    path = reference.HANDOUTS / track / FILE
    if not path.exists():
        return f"{path} is missing"
    stored, fresh = load_cases(path), parse_cases(make(track))
    if len(stored) != len(fresh):
        return f"{path} has {len(stored)} checks, expected {len(fresh)}"
    for one, other in zip(stored, fresh, strict=True):
        if not _same(one, other):
            return f"{path} is out of date at the check {other.check}"
    return ""


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (
            one.shape == other.shape
            and one.dtype == other.dtype
            and bool(np.allclose(one, other, rtol=1e-5, atol=1e-7))
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return bool(np.isclose(one, other, rtol=1e-6, atol=1e-9))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if hasattr(one, "__dataclass_fields__"):
        return all(_same(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)
    return bool(one == other)


@cli_errors()
def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m grader.checks.public_cases", description=__doc__.splitlines()[0]
    )
    parser.add_argument("tracks", nargs="*", metavar="TRACK", help="[all]")
    parser.add_argument("--check", action="store_true", help="only say whether the files are up to date")
    args = parser.parse_args(argv)
    stale = 0
    for track in args.tracks or all_assignments(reference.HANDOUTS):
        path = Path(reference.HANDOUTS / track / FILE)
        if args.check:
            fault = differs(track)
            stale += bool(fault)
            print(f"{track}: {fault or 'up to date'}")
        else:
            data = make(track)
            atomic_write_bytes(path, data)
            print(f"{track}: {len(parse_cases(data))} public checks, {len(data) / 1e6:.2f} MB in {path}")
    if stale:
        print("Make them anew: python -m grader.checks.public_cases", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
