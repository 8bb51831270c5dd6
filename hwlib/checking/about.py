"""What a check is about."""

from __future__ import annotations

from dataclasses import dataclass

from hwlib.assignment import Assignment, Check, Region
from hwlib.checking.words import NO_WORDS, Words


@dataclass(frozen=True)
class About:
    """What a check is about: where it stands in `assignment.yaml` and where the student should look.

    Attributes:
        id: without the track.
        needs: checks whose failure may be the reason for this one's.
        hint: what to look at or type next.
        handout: anchor of the handout's section that settles it.
    """

    track: str
    id: str
    title: Words
    region: str
    points: float
    visibility: str
    needs: tuple[str, ...] = ()
    hint: Words = NO_WORDS
    handout: str = ""
    bonus: bool = False

    @classmethod
    def of(
        cls,
        assignment: Assignment,
        check: Check,
        region: Region,
        *,
        needs: tuple[str, ...] = (),
        hint: Words = NO_WORDS,
    ) -> About:
        """The description of a check of the assignment."""
        return cls(
            assignment.track,
            check.id,
            Words(check.title.en, check.title.zh),
            region.id,
            check.points,
            check.visibility,
            needs,
            hint or Words(region.task.en, region.task.zh),
            f"region-{region.id}",
            region.optional,
        )
