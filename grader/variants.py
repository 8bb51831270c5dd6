"""Versions of the reference for the proof that the grader is right: mutants (wrong) and equivalents (right).

They are stored as small changes to `solutions/<TRACK>` in `grader/mutants/<TRACK>.yaml` and
`grader/equivalents/<TRACK>.yaml`, so that a change of the reference can't leave them behind unnoticed: a text
that is not found once in its file is an error.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from grader.checks.reference import ROOT, SOLUTIONS
from hwlib.errors import HomeworkError

Kind = Literal["mutants", "equivalents"]
_REGION = re.compile(r"^([ \t]*)# TODO START\n(.*?)^[ \t]*# TODO END\n", re.MULTILINE | re.DOTALL)


class Change(BaseModel):
    """Either `old` becomes `new`, or `code` everything between the markers of region `number`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    old: str | None = None
    new: str | None = None
    number: int | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Change:
        texts = self.old is not None and self.new is not None
        region = self.number is not None and self.code is not None
        if texts == region:
            raise ValueError(
                "found neither `old` with `new` nor `number` with `code`, expected one of the two pairs"
            )
        return self

    def apply(self, source: str) -> str:
        """The changed source. Raises ValueError where the text or region is not there once."""
        if self.old is not None and self.new is not None:
            if source.count(self.old) != 1:
                raise ValueError(f"found {self.old!r} {source.count(self.old)} times, expected it once")
            return source.replace(self.old, self.new)
        regions = list(_REGION.finditer(source))
        if not 1 <= (self.number or 0) <= len(regions):
            raise ValueError(f"found {len(regions)} regions, expected at least {self.number}")
        found = regions[(self.number or 0) - 1]
        code = textwrap.indent(textwrap.dedent(self.code or ""), found[1])
        return source[: found.start(2)] + code + source[found.end(2) :]


class Variant(BaseModel):
    """A version of the reference.

    Attributes:
        fails: checks that must fail, the first of which must name `mistake`; empty for equivalents.
        not_reached: those of them that can't be decided (the rest is wrong).
        rewrite: a change of the whole file: "tabs", "windows" (BOM and CRLF), "without_markers".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    file: str
    region: str = ""
    old: str | None = None
    new: str | None = None
    changes: tuple[Change, ...] = ()
    rewrite: Literal["tabs", "windows", "without_markers"] | None = None
    fails: tuple[str, ...] = ()
    not_reached: tuple[str, ...] = ()
    mistake: str = ""

    def source(self, reference: str) -> bytes:
        """The file's content in this version.

        Raises ValueError where the reference lacks what is to be changed.
        """
        changes = list(self.changes)
        if self.old is not None:
            changes.append(Change(old=self.old, new=self.new))
        # Whole regions last: the texts of the other changes may stand in them.
        for change in sorted(changes, key=lambda change: change.number or 0):
            reference = change.apply(reference)
        if self.rewrite == "tabs":
            reference = re.sub(
                r"^( {4})+", lambda spaces: "\t" * (len(spaces[0]) // 4), reference, flags=re.MULTILINE
            )
        elif self.rewrite == "without_markers":
            reference = re.sub(r"^[ \t]*# TODO (START|END)\n", "", reference, flags=re.MULTILINE)
        elif self.rewrite == "windows":
            return b"\xef\xbb\xbf" + reference.replace("\n", "\r\n").encode("utf-8")
        return reference.encode("utf-8")


def load_variants(kind: Kind, track: str) -> list[Variant]:
    """All mutants or equivalents of a track; none where the track has no file of them.

    Raises:
        HomeworkError: the file is not as it should be, or two entries have the same id.
    """
    path = ROOT / "grader" / kind / f"{track}.yaml"
    if not path.exists():
        return []
    try:
        found = [Variant.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    except (ValidationError, yaml.YAMLError) as error:
        raise HomeworkError(f"{path}: {error}") from None
    names = [variant.id for variant in found]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise HomeworkError(f"{path}: found the id {min(repeated)} twice, expected each once")
    return found


def write_variant(variant: Variant | None, track: str, folder: Path) -> None:
    """Writes a track's files in this version (None: the reference itself) into a folder.

    Raises:
        HomeworkError: the reference has changed so that the variant does not apply any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((SOLUTIONS / track).glob("*.py")):
        data = path.read_bytes()
        if variant is not None and path.name == variant.file:
            try:
                data = variant.source(data.decode("utf-8"))
            except ValueError as error:
                raise HomeworkError(
                    f"{track}, variant {variant.id}: {error} in solutions/{track}/{path.name}. "
                    "The reference has "
                    "changed: bring the variant up to date."
                ) from None
        (folder / path.name).write_bytes(data)
