"""Seconds for grading submissions of both tracks, beside a fresh interpreter per submission.

    python benchmarks/grading.py --submissions 100 --jobs 2 --fresh 3

All checks but the run and FID. Aim: 100 submissions in 15 seconds on 2 cores, 10 times faster than a fresh
interpreter for each. Prints the median seconds per check and the parent's peak memory after the first tenth
and at the end. The submissions are copies of the reference, a tenth of them blank starters.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from grader.cohort import Cohort, default_jobs, load_assignments
from grader.options import GradeOptions
from grader.results import SubmissionResult
from grader.submissions import find_submissions

ROOT = Path(__file__).resolve().parent.parent


def make_submissions(folder: Path, count: int) -> None:
    """`count` zips named after student numbers; each differs from the next by a comment."""
    folder.mkdir()
    for number in range(count):
        source = ROOT / ("codes" if number % 10 == 9 else "solutions")
        with zipfile.ZipFile(folder / f"2026{number:06d}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(source.glob("*/*.py")):
                text = file.read_text(encoding="utf-8") + f"\n# handed in by 2026{number:06d}\n"
                archive.writestr(f"codes/{file.relative_to(source).as_posix()}", text)
            archive.writestr("summary.txt", "")
            archive.writestr("report.pdf", b"%PDF-1.4")


def peak_megabytes() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Grades the cohort, then some submissions with a new interpreter each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=default_jobs())
    parser.add_argument("--fresh", type=int, default=3, help="submissions with an interpreter each")
    args = parser.parse_args()
    assignments = load_assignments()
    options = GradeOptions(secret=b"a secret of the benchmark")
    seconds: dict[str, list[float]] = {}
    points: list[str] = []
    memory: list[float] = []

    def done(result: SubmissionResult) -> None:
        points.append(", ".join(f"{track} {part.points}" for track, part in result.tracks.items()))
        for part in result.tracks.values():
            for check in part.checks:
                seconds.setdefault(check.id, []).append(check.seconds)
        if len(points) == max(1, args.submissions // 10):
            memory.append(peak_megabytes())

    with TemporaryDirectory() as folder:
        submissions = Path(folder) / "submissions"
        make_submissions(submissions, args.submissions)
        cohort = Cohort(Path(folder) / "results", assignments, options)
        start = time.perf_counter()
        plan = cohort.plan(find_submissions(submissions, assignments))
        cohort.run(plan.tasks, args.jobs, done)
        warm = time.perf_counter() - start
        start = time.perf_counter()
        again = cohort.plan(find_submissions(submissions, assignments))
        resumed = time.perf_counter() - start
        assert not again.tasks, "a second run found something to grade"
        start = time.perf_counter()
        for path in sorted(submissions.iterdir())[: args.fresh]:
            command = [sys.executable, "-m", "grader", "grade", str(path), "--no-run", "--json"]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        fresh = (time.perf_counter() - start) / max(args.fresh, 1)
    print(f"{args.submissions} submissions, {len(assignments)} tracks, {args.jobs} jobs: {warm:.1f} s")
    print(f"the same command again, nothing to do: {resumed:.2f} s")
    if args.fresh:
        each = warm / args.submissions
        print(
            f"a fresh interpreter per submission: {fresh:.1f} s each (from {args.fresh}), "
            f"{fresh * args.submissions / args.jobs:.0f} s for all on {args.jobs} cores"
        )
        print(f"ratio: {fresh / args.jobs / each:.1f}")
    print(
        f"peak memory of the parent: {memory[0]:.0f} MB after {max(1, args.submissions // 10)}, "
        f"{peak_megabytes():.0f} MB after all"
    )
    print("most frequent result:", max(set(points), key=points.count))
    from hwlib.speed import processor  # torch is not to count for the parent's memory

    print(processor())
    print("median seconds per check:")
    for name, values in sorted(seconds.items(), key=lambda item: -median(item[1])):
        print(f"  {median(values):8.4f}  {name}")


if __name__ == "__main__":
    main()
