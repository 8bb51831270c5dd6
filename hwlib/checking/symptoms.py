"""What the handout's section "When it does not work" says about an error message."""

from __future__ import annotations

import re

from hwlib.assignment import Assignment
from hwlib.checking.words import Words, say

_QUOTED = re.compile("`([^`]+)`")
_SIZES = re.compile(r" \(torch\.Size\(\[[\d, ]*\]\)\)")
"""What PyTorch puts into the middle of a message that the handout quotes."""


def hint_of(assignment: Assignment, message: str) -> Words | None:
    """Cause and cure of the symptom whose quoted text is in the message; None if the handout has none."""
    plain = _SIZES.sub("", message)
    for symptom in assignment.symptoms:
        if any(quoted in plain for quoted in _QUOTED.findall(symptom.symptom.en)):
            return say("{cause} {cure}", "{cause}{cure}", cause=symptom.cause, cure=symptom.what_to_do)
    return None
