"""Seconds for writing results into nbgrader's gradebook, beside nbgrader's own autograde per student.

    python benchmarks/gradebook.py --students 500 --autograded 5

Aim: 500 students in under 20 seconds on 2 cores. nbgrader's `autograde` is run as a course would run it, one
command per student, on report notebooks without code to execute; its time for all students is extrapolated
from those that were run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.gradebook.book import Book
from grader.gradebook.course import make_course
from grader.report_notebook import notebook_text
from grader.results import RESULT, read_result, write_result
from grader.sample import sample_assignments, sample_result

TRACK = "VAE"


def ours(results: list[Path], db: Path) -> float:
    """Seconds from `result.json` files to a committed gradebook, as `grader gradebook` does it."""
    start = time.perf_counter()
    with Book(db) as book:
        book.set_up(sample_assignments())
        for path in results:
            book.write(read_result(path))
    return time.perf_counter() - start


def nbgraders(course: Path, students: list[str]) -> float:
    """Seconds of `nbgrader autograde` for these students, one command each."""
    tool = Path(sys.executable).parent / "nbgrader"
    environment = {**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}

    def run(*arguments: str) -> None:
        subprocess.run([str(tool), *arguments], cwd=course, env=environment, check=True, capture_output=True)

    make_course(course, {TRACK: sample_assignments()[TRACK]})
    run("generate_assignment", TRACK, "--force")
    for student in students:
        target = course / "submitted" / student / TRACK / "report.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(
            notebook_text(sample_assignments()[TRACK]).replace("YOUR ANSWER HERE", "An answer.")
        )
    start = time.perf_counter()
    for student in students:
        run("autograde", TRACK, "--student", student)
    return time.perf_counter() - start


def main() -> None:
    """Prints both times and their ratio per student."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--autograded", type=int, default=5, help="students that nbgrader autogrades")
    args = parser.parse_args()
    assignments = sample_assignments()
    with TemporaryDirectory() as folder:
        paths = []
        for number in range(args.students):
            result = sample_result(assignments, number)
            paths.append(Path(folder) / "results" / result.student / RESULT)
            write_result(paths[-1], result)
        names = [path.parent.name for path in paths[: args.autograded]]
        theirs = nbgraders(Path(folder) / "course", names) / args.autograded
        before = time.process_time()
        first = ours(paths, Path(folder) / "gradebook.db")
        cpu = time.process_time() - before
        second = ours(paths, Path(folder) / "gradebook.db")
    each = first / args.students
    tracks = len(assignments)
    print(
        f"grader gradebook, {args.students} students, {tracks} tracks: "
        f"{first:.1f} s ({cpu:.1f} s of processor time)"
    )
    print(f"the same again, nothing changed: {second:.1f} s")
    print(
        f"nbgrader autograde, one command per student, 1 track: {theirs:.1f} s each, "
        f"{theirs * args.students:.0f} s for {args.students} (from {args.autograded})"
    )
    print(f"ratio per student: {theirs / each:.0f}")


if __name__ == "__main__":
    main()
