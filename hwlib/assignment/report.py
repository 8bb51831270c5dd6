"""The report's questions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .base import Part, Text, duplicates, misplaced


class Question(Part):
    """One question of the report; a manually graded cell in the report notebook."""

    id: str
    title: Text
    text: Text
    points: float = Field(ge=0)  # of an optional question: bonus points
    optional: bool = False
    automatic: Literal["fid"] | None = None  # what the grader can fill in; the TA's mark wins
    shows: list[str] = []  # tags of curves and image groups that belong to it
    regions: list[str] = []  # optional regions of the code that it needs


class Report(Part):
    """All questions. Optional ones give bonus points, at most `optional_cap` of them count."""

    questions: list[Question] = Field(min_length=1)
    optional_cap: int = Field(ge=0)
    formats: list[str] = Field(min_length=1)
    advice: Text

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Report:
        repeated = duplicates([question.id for question in self.questions])
        if repeated:
            raise misplaced(("questions",), f"found the question id {repeated[0]} twice, expected each once")
        return self

    @property
    def required(self) -> list[Question]:
        """Questions that everybody answers."""
        return [question for question in self.questions if not question.optional]

    @property
    def optional(self) -> list[Question]:
        """Questions for bonus points."""
        return [question for question in self.questions if question.optional]

    @property
    def points(self) -> float:
        """Points of the required questions."""
        return sum(question.points for question in self.required)

    @property
    def max_bonus(self) -> float:
        """The most bonus points that can count."""
        best = sorted((question.points for question in self.optional), reverse=True)
        return sum(best[: self.optional_cap])
