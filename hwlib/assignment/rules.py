"""What to hand in, until when, how to cite, and what to do when something does not work."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from .base import Part, Text, misplaced


class Deliverable(Part):
    """A file or folder of the zip."""

    path: str  # within the zip; a folder ends in /
    what: Text
    required: bool = True


class SizeLimits(Part):
    """Sizes that intake reports, in megabytes (10^6 bytes)."""

    archive_mb: float = Field(gt=0)
    file_mb: float = Field(gt=0)
    forbidden_suffixes: list[str] = []  # weights and data do not belong into the zip
    forbidden_folders: list[str] = []


class Submission(Part):
    """The zip that is handed in."""

    archive_name: Text  # e.g. "2026012345.zip"
    student_number: str  # regular expression that the archive's name must match
    deliverables: list[Deliverable] = Field(min_length=1)
    limits: SizeLimits


class LatePolicy(Part):
    """How late work is marked: a share of the points is taken off per day that has begun."""

    grace_minutes: int = Field(ge=0)
    penalty_percent_per_day: float = Field(ge=0, le=100)
    max_penalty_percent: float = Field(ge=0, le=100)
    closes_after_days: int | None = Field(
        default=None, ge=0
    )  # nothing is accepted later; None: always accepted
    extensions: dict[str, AwareDatetime] = {}  # student number -> own deadline; never shown in a handout

    @model_validator(mode="after")
    def _cap_covers_a_day(self) -> LatePolicy:
        if self.max_penalty_percent < self.penalty_percent_per_day:
            raise misplaced(
                ("max_penalty_percent",),
                f"found max_penalty_percent {self.max_penalty_percent:g}, expected at least "
                f"penalty_percent_per_day, {self.penalty_percent_per_day:g}",
            )
        return self


class Citing(Part):
    """How foreign work is declared, just after `# TODO START`."""

    examples: Annotated[list[str], Field(min_length=1)]
    own_share_percent: float = Field(ge=0, le=100)
    rule: Text


class Symptom(Part):
    """A row of the page "when it does not work"; `watched` ones are also printed during training."""

    id: str
    watched: bool = False
    symptom: Text
    cause: Text
    what_to_do: Text
