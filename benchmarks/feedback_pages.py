"""Seconds for all feedback pages and the cohort's report, from made-up results with curves and pictures.

    python benchmarks/feedback_pages.py --students 500

Aim: the pages of 500 students in under 20 seconds on 2 cores. Prints the size of the cohort's page as well.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.cohort import Cohort
from grader.options import GradeOptions
from grader.pages import gather, write_cohort_pages, write_feedback
from grader.results import RESULT, write_result
from grader.sample import sample_assignments, sample_result


class Clock:
    """Wall-clock and processor time since it was made: the latter also counts on a busy machine."""

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def read(self) -> str:
        wall, processor = time.perf_counter() - self.wall, time.process_time() - self.processor
        return f"{wall:.1f} s ({processor:.1f} s of processor time)"


def main() -> None:
    """Makes the results (not timed), then the pages (timed)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=500)
    args = parser.parse_args()
    assignments = sample_assignments()
    with TemporaryDirectory() as folder:
        cohort = Cohort(Path(folder), assignments, GradeOptions())
        pictures = sample_result(assignments, 0, with_run=True).tracks
        for number in range(args.students):
            result = sample_result(assignments, number)
            tracks = {
                track: part.model_copy(
                    update={
                        "curves": pictures[track].curves,
                        "pictures": pictures[track].pictures,
                        "fid": pictures[track].fid,
                    }
                )
                for track, part in result.tracks.items()
            }
            write_result(cohort.folder(result.student) / RESULT, result.model_copy(update={"tracks": tracks}))
        start = Clock()
        size = 0
        for student in cohort.students():
            stored = cohort.stored(student)
            assert stored is not None
            write_feedback(cohort, stored, "en")
            size += (cohort.folder(student) / "feedback.html").stat().st_size
        pages = start.read()
        start = Clock()
        report = write_cohort_pages(cohort, gather(cohort))
        whole = start.read()
        per_page = size / args.students / 1000
        print(f"feedback pages of {args.students} students: {pages}, {per_page:.0f} kB each")
        print(f"report.html and grades.csv: {whole}, {report.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
