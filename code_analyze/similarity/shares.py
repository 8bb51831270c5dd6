"""What a share of lines is, and whether it keeps to the rule."""

from __future__ import annotations

from dataclasses import dataclass

from code_analyze.similarity.outliers import MIN_CLASS
from code_analyze.summary.limits import OWN_SHARE_RULE

MIN_LINES = 5  # counted lines below which a share is a matter of chance, and no verdict is given

OWN, BELOW, BELOW_DECLARED, FEW_LINES, SMALL_CLASS = (
    f"at least {OWN_SHARE_RULE} %",
    f"below {OWN_SHARE_RULE} %",
    f"below {OWN_SHARE_RULE} % with what is declared",
    "too few lines",
    "class too small",
)


@dataclass(frozen=True)
class Share:
    """Some lines of a student. `shared` and `declared` are weighted numbers of lines, in [0, counted].

    `shared` are lines that stand in the code of `closest`, `declared` those in the code of `partner`, where
    one of the two names the other; a line of both is declared. `closest` and `partner` are indices of
    submissions.
    """

    counted: int
    shared: float = 0.0
    declared: float = 0.0
    closest: int | None = None
    partner: int | None = None

    @property
    def percent(self) -> int:
        """The student's own, rounded down; 100 where nothing counts. Declared lines are not own."""
        return _percent(self.counted - self.shared - self.declared, self.counted)

    @property
    def percent_undeclared(self) -> int:
        """What remains when declared lines are left out of the blame."""
        return _percent(self.counted - self.shared, self.counted)

    def verdict(self, num_class: int) -> str:
        if num_class < MIN_CLASS:
            return SMALL_CLASS
        if self.counted < MIN_LINES:
            return FEW_LINES
        if self.percent >= OWN_SHARE_RULE:
            return OWN
        return BELOW if self.percent_undeclared < OWN_SHARE_RULE else BELOW_DECLARED


def _percent(own: float, counted: int) -> int:
    return int(100 * own / counted + 1e-9) if counted else 100


@dataclass(frozen=True)
class StudentShare:
    """One submission of the class: over all parts, and part by part."""

    index: int
    total: Share
    parts: dict[str, Share]
