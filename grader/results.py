"""What grading one submission yields: the schema of `result.json`.

`SubmissionResult.marks()` is the reproducible part: the same submission, graded twice, gives the same
bytes. Times, versions and the date stand outside it. Strings from submissions are cleaned as they come in
(`hwlib.checking.verdict.clean_text`) and escaped by whatever page shows them.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError, field_validator

from hwlib.checking.verdict import CheckResult, Model, Outcome, Text
from hwlib.errors import HomeworkError
from hwlib.files import atomic_write_text

SCHEMA_VERSION = 1
RESULT = "result.json"
"""In a student's folder of the results."""

Severity = Literal["info", "warning", "error"]


class Finding(Model):
    """Something about the hand-in itself: a repaired layout, a missing file, weights in the zip."""

    code: str = Field(description="stable name, e.g. 'layout_repaired'; counted in the cohort's report")
    severity: Severity = "warning"
    message: Text
    rule: Text = Field(default="", description="the handout's rule that it is about")
    message_zh: Text = ""
    rule_zh: Text = ""


class Curve(Model):
    """One scalar of the graded run, e.g. 'dev/loss'."""

    name: Text
    steps: tuple[int, ...]
    values: tuple[float, ...]


class Picture(Model):
    """One image grid of the graded run as PNG, checked by `grader.pictures.clean_png`."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    title: Text
    png: bytes

    @field_validator("png")
    @classmethod
    def _is_png(cls, value: bytes) -> bytes:
        if not value.startswith(b"\x89PNG\r\n\x1a\n"):
            raise ValueError("a picture is not a PNG file: it does not begin with the PNG signature")
        return value


class FIDScore(Model):
    """FID of the graded run beside its threshold."""

    fid: float
    threshold: float
    network: str
    num_real: int = 0
    num_generated: int = 0
    split: str = "train"
    spread: float = Field(default=0.0, ge=0, description="bootstrap standard deviation of this FID")
    reference_fid: float | None = Field(default=None, description="mean of the reference over seeds")
    reference_spread: float | None = Field(
        default=None, ge=0, description="its standard deviation over seeds"
    )
    memorised: bool | None = Field(default=None, description="nearest-neighbour test; None: not run")

    @property
    def passed(self) -> bool:
        return self.fid <= self.threshold


class Late(Model):
    """How the late policy was applied to one track (see grader/late.py)."""

    due: datetime
    submitted: datetime
    days_late: int = Field(ge=0, description="started days after due date, grace and extension")
    extension_days: float = 0.0
    penalty: float = Field(ge=0, le=1, description="share of the points reached that is taken off")
    refused: bool = Field(default=False, description="later than the policy accepts at all")


class TrackResult(Model):
    """One track (one assignment) of one submission."""

    track: str
    checks: tuple[CheckResult, ...] = ()
    max_points: float = Field(default=0.0, ge=0, description="of the automatic part, without bonus")
    missing: bool = Field(default=False, description="the submission has no folder of this track")
    trouble: Text = Field(default="", description="a grader error that stopped the whole track; for the TA")
    wall: str = Field(default="", description="the sandbox in force: bubblewrap, docker, podman, none")
    fid: FIDScore | None = None
    curves: tuple[Curve, ...] = ()
    pictures: tuple[Picture, ...] = ()
    late: Late | None = None
    fingerprint: str = Field(default="", description="of checks, reference, assignment and options")
    flags: tuple[Text, ...] = Field(default=(), description="for the TA: things that want a human look")
    seconds: float = Field(default=0.0, ge=0)

    @property
    def outcome(self) -> Literal["graded", "ungraded", "missing"]:
        """`ungraded` when any verdict is a grader error: the sum is then not known and not a mark."""
        if self.missing:
            return "missing"
        if self.trouble or any(check.outcome is Outcome.GRADER_ERROR for check in self.checks):
            return "ungraded"
        return "graded"

    @property
    def points(self) -> float | None:
        """Raw automatic points, bonus included, before the late policy; None when ungraded or missing."""
        if self.outcome != "graded":
            return None
        return round(sum(check.points or 0.0 for check in self.checks), 6)

    def by_region(self) -> dict[str, list[CheckResult]]:
        """The checks grouped by TODO region, in the order in which they came."""
        groups: dict[str, list[CheckResult]] = {}
        for check in self.checks:
            groups.setdefault(check.region, []).append(check)
        return groups


class SubmissionResult(Model):
    """Everything known about one submission: the content of `result.json`."""

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    student: Text = Field(description="student number, the key everywhere")
    display_name: Text = ""
    archive: Text = Field(default="", description="file name of what was handed in")
    archive_sha256: str = ""
    submitted_at: datetime | None = None
    refused: Text = Field(default="", description="why intake refused the file; '' when it was taken in")
    refused_zh: Text = ""
    tracks: dict[str, TrackResult] = {}
    findings: tuple[Finding, ...] = ()
    report_files: tuple[Text, ...] = Field(default=(), description="reports found, for the TA to open")
    versions: dict[str, str] = {}
    graded_at: datetime | None = None

    @property
    def outcome(self) -> Literal["graded", "ungraded", "refused"]:
        if self.refused:
            return "refused"
        if any(track.outcome == "ungraded" for track in self.tracks.values()):
            return "ungraded"
        return "graded"

    def marks(self) -> dict[str, Any]:
        """The reproducible part as JSON data: what was decided, nothing of when and how fast."""
        data = self.model_dump(
            mode="json",
            include={"student", "archive_sha256", "refused", "tracks", "findings"},
        )
        for track in data["tracks"].values():
            for volatile in ("seconds", "curves", "pictures", "fingerprint", "late", "wall"):
                del track[volatile]
            for check in track["checks"]:
                del check["seconds"], check["private"]
        return data

    def marks_bytes(self) -> bytes:
        """`marks()` as canonical JSON: sorted keys, no spaces, UTF-8."""
        text = json.dumps(self.marks(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8")


def write_result(path: Path, result: SubmissionResult) -> None:
    """Writes `result.json`, all or nothing."""
    data = {"schema_version": result.schema_version, **result.model_dump(mode="json", exclude_defaults=True)}
    atomic_write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def read_result(path: Path) -> SubmissionResult:
    """Reads `result.json`.

    Raises:
        HomeworkError: the file is not a result of this version of the grader.
    """
    try:
        return SubmissionResult.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HomeworkError(
            f"{path} is not a result of this grader ({place or 'whole file'}: {first['msg']}). "
            "Delete it and run `grader grade` again: that student alone is graded anew."
        ) from None
