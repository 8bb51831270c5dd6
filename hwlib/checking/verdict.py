"""What a check says about a submission: data only, the same for public and hidden checks.

Everything here may carry text that came from a submission. `clean_text` runs on every string, so that
terminal escapes, NUL bytes, lone surrogates and direction overrides never reach a terminal, a page or a
file; markup is escaped later, by whoever writes the page.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hwlib.assignment import Language

MAX_TEXT = 4_000
"""Longer texts keep their head and their tail."""


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """`text` without characters that act on a terminal or reorder a line, at most about `limit` characters.

    Control characters (category Cc but newline and tab), format characters (Cf: direction overrides,
    zero-width marks), lone surrogates (Cs) and private ones (Co) become `\\xNN` or `\\uNNNN`, so that the
    reader sees they were there.
    """
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(character if _is_harmless(character) else _spelled(character) for character in text)


def _is_harmless(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _spelled(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


# Older versions of pydantic pass a second argument to a function that takes two.
Text = Annotated[str, AfterValidator(lambda text: clean_text(text))]
"""A string that went through `clean_text`."""


class Model(BaseModel):
    """Base of the result models: immutable, no unknown fields, no NaN in numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Outcome(str, Enum):
    """How a check ended. The three ways of not passing are never mixed."""

    PASSED = "passed"
    WRONG = "wrong"  # the student's: what was found is not what the handout asks for
    NOT_REACHED = "not_reached"  # something that the check depends on failed
    GRADER_ERROR = "grader_error"  # ours: never costs points, a human has to look


class Misconception(Model):
    """A known mistake whose outcome is exactly what was found."""

    id: str = Field(description="e.g. 'summed_over_batch'; counted in the cohort's report")
    title: Text
    explanation: Text = ""
    title_zh: Text = ""
    explanation_zh: Text = ""


class Location(Model):
    """Where in the student's files to look."""

    file: Text
    line: int = Field(ge=0)


class TracebackLine(Model):
    """One line of the student's own files in a traceback; lines of ours never appear."""

    file: Text
    line: int = Field(ge=0)
    code: Text = ""


class TableCell(Model):
    """One property of one layer."""

    found: Text
    expected: Text = ""
    differs: bool = False


class TableRow(Model):
    """One layer: the handout's id and its cells in the order of the table's columns."""

    layer: Text = Field(description="e.g. 'Enc-3'; '' for a layer that the handout does not have")
    state: Literal["same", "differs", "missing", "extra"] = "same"
    cells: tuple[TableCell, ...]


class LayerTable(Model):
    """The layer table of the handout beside what the trace of the submission shows."""

    title: Text = ""
    columns: tuple[Text, ...]
    rows: tuple[TableRow, ...]

    @model_validator(mode="after")
    def _cells_match_columns(self) -> LayerTable:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(
                    f"layer table: row {row.layer!r} has {len(row.cells)} cells, "
                    f"expected {len(self.columns)}, one per column"
                )
        return self


class Translation(Model):
    """The texts of a check in Chinese. An empty one has an empty English one beside it."""

    title: Text = ""
    expected: Text = ""
    found: Text = ""
    hint: Text = ""


class CheckResult(Model):
    """The verdict of one check on one submission."""

    id: str = Field(description="stable name, '<TRACK>/<check>', e.g. 'VAE/loss_values'")
    title: Text
    track: str
    region: str = Field(description="id of the TODO region in assignment.yaml; '' for the run and FID")
    points: float | None = Field(ge=0, description="None exactly for grader errors: unknown, not zero")
    max_points: float = Field(ge=0)
    visibility: Literal["public", "hidden"]
    outcome: Outcome
    bonus: bool = Field(default=False, description="points beyond the assignment's maximum")
    blank: bool = Field(default=False, description="the region still raises 'not filled in yet'")
    expected: Text = ""
    found: Text = ""
    misconception: Misconception | None = None
    hint: Text = ""
    handout: Text = Field(default="", description="anchor of the handout's section that settles it")
    location: Location | None = None
    traceback: tuple[TracebackLine, ...] = ()
    table: LayerTable | None = None
    zh: Translation | None = None
    needs: tuple[str, ...] = Field(default=(), description="ids of the checks it depends on that failed")
    private: Text = Field(default="", description="for the TA alone: the reason of a grader error")
    seconds: float = Field(default=0.0, ge=0, description="not part of the reproducible marks")

    @model_validator(mode="after")
    def _points_fit_outcome(self) -> CheckResult:
        if (self.points is None) != (self.outcome is Outcome.GRADER_ERROR):
            raise ValueError(
                f"{self.id}: points are None exactly for grader errors, not {self.points!r} "
                f"for {self.outcome.value}"
            )
        if self.points is not None and self.points > self.max_points + 1e-9:
            raise ValueError(f"{self.id}: {self.points} points of {self.max_points}")
        if self.outcome is Outcome.PASSED and self.points != self.max_points:
            raise ValueError(f"{self.id}: passed with {self.points} of {self.max_points} points")
        return self

    def in_language(self, language: Language) -> CheckResult:
        """The same verdict with its texts in `language` where a translation exists."""
        if language == "en" or self.zh is None:
            return self
        texts = {name: value for name, value in self.zh if value}
        return self.model_copy(update=texts)
