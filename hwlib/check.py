"""The public checks on your own work: `python -m hwlib.check` in the folder of a track.

    python -m hwlib.check              all public checks, with a run of main.py of a few seconds at the end
    python -m hwlib.check loss_values  only these
    python -m hwlib.check --no-run     without the run
    python -m hwlib.check --language zh  the same in Chinese

Your code runs in a child process, without the grader's sandbox; the checks and their messages are the
grader's. Hidden checks ask the same questions with other numbers.
"""

from __future__ import annotations

import argparse
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from hwlib.assignment import LANGUAGES, Language, find_assignment, load_assignment
from hwlib.checking.feedback import WORDS, lines_of, summary
from hwlib.checking.started import QUICK_RUN, Started
from hwlib.checking.verdict import CheckResult, Outcome
from hwlib.checking.words import say
from hwlib.errors import HomeworkError, cli_errors


def check_folder(folder: Path, names: Sequence[str] = (), with_run: bool = True) -> Iterator[CheckResult]:
    """Runs the public checks on a track's folder; yields each verdict as it is there.

    Args:
        names: ids of checks; empty for all.
        with_run: also the run of main.py in its seconds-long mode.

    Raises:
        HomeworkError: no track's folder, no public checks, no check of such a name, or no process could be
            started.
    """
    file = find_assignment(folder)
    assignment = load_assignment(file)
    missing = [name for name in assignment.files if not (folder / name).is_file()]
    if missing:
        raise HomeworkError(
            f"{folder} has no {', '.join(missing)}; expected {', '.join(assignment.files)}. "
            f"Go to codes/{assignment.track} and try again, or name it: python -m hwlib.check "
            f"codes/{assignment.track}."
        )
    public = [check.id for _, check in assignment.checks.values() if check.visibility == "public"]
    public.sort(key=lambda name: name == QUICK_RUN)  # the slowest last
    unknown = [name for name in names if name not in public]
    if unknown:
        raise HomeworkError(f"there is no public check {unknown[0]!r}. Choose of: {', '.join(public)}.")
    chosen = [name for name in public if (name in names if names else with_run or name != QUICK_RUN)]
    with Started(folder, chosen) as processes:
        # torch takes seconds to import: here while it is imported there, too.
        from hwlib.checking.public import run_checks

        yield from run_checks(assignment, file.parent, folder, chosen, processes)


def show(result: CheckResult, language: Language = "en") -> None:
    """Prints one verdict."""
    points = (
        f"{result.points:g}/{result.max_points:g}"
        if result.points is not None
        else f"?/{result.max_points:g}"
    )
    outcome, title = WORDS[result.outcome].get(language), result.in_language(language).title
    outcome += " " * (12 - _width(outcome))
    print(f"{outcome} {result.id.partition('/')[2]:<28} {points:>6}  {title}", flush=True)
    for line in lines_of(result, language):
        print(f"             {line}")
    if result.outcome is not Outcome.PASSED:
        if result.outcome is Outcome.GRADER_ERROR:
            print(f"             {result.private}")
        print(flush=True)


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@cli_errors()
def main(argv: Sequence[str] | None = None) -> int:
    """Returns 0 if all checks passed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m hwlib.check",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="CHECK", help="checks to run, or the folder of a track [all, here]"
    )
    parser.add_argument("--no-run", action="store_true", help="leave out the run of main.py")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the messages [en]")
    args = parser.parse_args(argv)
    folders = [name for name in args.names if Path(name).is_dir()]
    if len(folders) > 1:
        raise HomeworkError(f"found the folders {', '.join(folders)}; check one at a time.")
    folder = Path(folders[0] if folders else ".").resolve()
    names = [name for name in args.names if name not in folders]
    started = time.monotonic()
    results = []
    for result in check_folder(folder, names, not args.no_run):
        show(result, args.language)
        results.append(result)
    seconds = time.monotonic() - started
    print(say("{summary}, {seconds:.1f} s", "{summary}，用时 {seconds:.1f} 秒",
              summary=summary(results, args.language), seconds=seconds).get(args.language))  # fmt: skip
    return 0 if all(result.outcome is Outcome.PASSED for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
