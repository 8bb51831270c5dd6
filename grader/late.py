"""The late policy: the one place where it is applied."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from grader.results import Late
from hwlib.assignment import Assignment

DAY = timedelta(days=1)


def late_for(assignment: Assignment, student: str, submitted: datetime | None) -> Late | None:
    """What the assignment's late policy says about a hand-in, None when the time is not known.

    The student's own deadline is the extension of `late.extensions`, else the assignment's. The grace
    period only decides whether the hand-in is late at all; once it is, every day that has begun since the
    deadline counts. The penalty is a share of the points reached, never more than the policy's cap.

    Args:
        submitted: time of the hand-in; one without a zone is taken in the deadline's zone.
    """
    if submitted is None:
        return None
    policy = assignment.late
    due = policy.extensions.get(student, assignment.deadline)
    if submitted.tzinfo is None:
        submitted = submitted.replace(tzinfo=due.tzinfo)
    overdue = submitted - due
    days = 0
    if overdue > timedelta(minutes=policy.grace_minutes):
        days = math.ceil(overdue / DAY)
    percent = min(days * policy.penalty_percent_per_day, policy.max_penalty_percent)
    closes = policy.closes_after_days
    return Late(
        due=due,
        submitted=submitted,
        days_late=days,
        extension_days=round(max(timedelta(0), due - assignment.deadline) / DAY, 3),
        penalty=round(percent / 100, 6),
        refused=closes is not None and days > closes,
    )
