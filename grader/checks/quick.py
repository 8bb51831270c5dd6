"""Check 7 on a submission: the program as a whole, in a worker of its own."""

from __future__ import annotations

from grader.checks.submission import Submission
from hwlib.checking.quick_run import run_quickly


def check_quick_run(submission: Submission) -> None:
    """Runs main.py twice in its seconds-long mode and looks at what it leaves behind."""
    session = submission.fresh_session()
    try:
        problem, run = run_quickly(session, submission.assignment)
    finally:
        session.close()
    submission.notes["events"] = run.events
    submission.require(problem)
