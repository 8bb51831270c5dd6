"""Named mistakes: what a wrong value is matched against, so that feedback can say which mistake it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hwlib.checking.verdict import Misconception
from hwlib.checking.words import Words

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
    title: Words
    explanation: Words

    def as_misconception(self) -> Misconception:
        """The form in which it stands in a result."""
        return Misconception(
            id=self.id,
            title=self.title.en,
            explanation=self.explanation.en,
            title_zh=self.title.zh,
            explanation_zh=self.explanation.zh,
        )


@dataclass(frozen=True)
class Problem:
    """Why something is not what the handout asks for."""

    expected: Words
    found: Words
    mistake: Mistake | None = None
    table: LayerTable | None = None
