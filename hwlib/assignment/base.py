"""The parts that every section of an assignment's description is made of."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Part(BaseModel):
    """A section of `assignment.yaml`: unknown keys are errors, values keep the types YAML gives them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Text(Part):
    """A text that people read, in the handout's two languages.

    In YAML either `{en: ..., zh: ...}` or, for what is the same in both (a name, a formula), one string.
    """

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _one_string_for_both(cls, value: Any) -> Any:
        return {"en": value, "zh": value} if isinstance(value, str) else value

    def get(self, language: Language) -> str:
        """The text in `language`."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        return self.en


def misplaced(at: tuple[str | int, ...], message: str) -> PydanticCustomError:
    """An error of a section that is to be reported at the line of one of its keys.

    `message` says "found ..., expected ..."; `at` is the path of the key from the section that is validated.
    """
    return PydanticCustomError("misplaced", "{message}", {"message": message, "at": list(at)})


def duplicates(names: list[str]) -> list[str]:
    """The names that occur more than once, each once, in order of appearance."""
    return [name for name, count in Counter(names).items() if count > 1]
