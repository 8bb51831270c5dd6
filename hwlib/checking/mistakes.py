"""Named mistakes: what a wrong value is matched against, so that feedback can say which mistake it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hwlib.checking.verdict import Misconception

if TYPE_CHECKING:
    from hwlib.checking.verdict import LayerTable


@dataclass(frozen=True)
class Mistake:
    """A known mistake.

    Attributes:
        id: stable name, counted over the cohort ("summed_over_batch").
        title: what was done, as one would say it in a sentence's end.
        explanation: which line of the handout settles it, and what to change.
    """

    id: str
    title: str
    explanation: str = ""
    title_zh: str = ""
    explanation_zh: str = ""

    def as_misconception(self) -> Misconception:
        """The form in which it stands in a result."""
        return Misconception(
            id=self.id,
            title=self.title,
            explanation=self.explanation,
            title_zh=self.title_zh,
            explanation_zh=self.explanation_zh,
        )


@dataclass(frozen=True)
class Problem:
    """Why something is not what the handout asks for."""

    expected: str
    found: str
    mistake: Mistake | None = None
    hint: str = ""
    table: LayerTable | None = None
