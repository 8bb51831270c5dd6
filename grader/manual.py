"""`manual.yaml` in a student's results folder: marks and comments that a TA writes by hand.

The grader reads this file and never writes it.

    VAE:
      regions: {loss: 12}            # in place of the automatic points
      questions: {curves: 7.5}       # report questions
      extra_credit: 1
      comments:
        - Well explained.
        - {for: curves, text: The legend is missing.}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from grader.totals import ManualMarks
from hwlib.assignment import Assignment, all_assignments
from hwlib.checking.verdict import Text
from hwlib.errors import HomeworkError

FILE_NAME = "manual.yaml"
HANDOUTS = Path(__file__).resolve().parent.parent / "handouts"


class _Comment(BaseModel):
    model_config = ConfigDict(extra="forbid")
    place: str = Field(default="", alias="for")
    text: Text


class _Track(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    regions: dict[str, float] = {}
    questions: dict[str, float] = {}
    extra_credit: float = 0.0
    comments: list[Text | _Comment] = []


_FILE: TypeAdapter[dict[str, _Track]] = TypeAdapter(dict[str, _Track])


def read_manual(folder: Path, assignments: dict[str, Assignment]) -> dict[str, ManualMarks]:
    """Track -> the TA's marks for the student whose results are in `folder`; empty without a file.

    Raises:
        HomeworkError: the file is not YAML, or names a track, region or question that does not exist.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        tracks = _FILE.validate_python(data)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise HomeworkError(
            f"{path} is not YAML ({' '.join(str(error).split())}). Correct it and try again."
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HomeworkError(
            f"{path}: {place or 'the file'}: {first['msg']}. Expected a track with regions, questions, "
            "extra_credit or comments; see `grader/manual.py` for an example."
        ) from None
    marks = {}
    for track, part in tracks.items():
        if track not in assignments:
            known_tracks = all_assignments(HANDOUTS)
            if track in known_tracks:
                continue  # of another assignment than this run is about
            raise HomeworkError(
                f"{path}: found the track {track!r}, expected one of {', '.join(known_tracks)}."
            )
        assignment = assignments[track]
        questions = {question.id: question.points for question in assignment.report.questions}
        regions = {region.id: region.points for region in assignment.regions}
        for kind, names, known in (
            ("region", part.regions, regions),
            ("question", part.questions, questions),
        ):
            for name, points in names.items():
                if name not in known:
                    raise HomeworkError(
                        f"{path}: found the {kind} {name!r}, expected one of {', '.join(known)}."
                    )
                if not 0 <= points <= known[name]:
                    raise HomeworkError(
                        f"{path}: found {points:g} points for the {kind} {name} of {track}, expected 0 to "
                        f"{known[name]:g}. Correct it; what goes beyond is entered as extra_credit."
                    )
        comments = tuple(("", c) if isinstance(c, str) else (c.place, c.text) for c in part.comments)
        marks[track] = ManualMarks(part.regions, part.questions, part.extra_credit, comments)
    return marks
