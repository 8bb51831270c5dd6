"""The text of a handout, and what its template may name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from hwlib.assignment import LANGUAGES, Assignment, Check, Language, all_assignments
from hwlib.errors import HomeworkError

from .html_table import number
from .markdown import close_up
from .network_tables import volume
from .pictures import diagram, gallery
from .tables import Tables


@dataclass(frozen=True)
class HandoutFile:
    """A handout in one language."""

    track: str
    language: Language
    folder: Path  # handouts/<TRACK>

    @property
    def source(self) -> Path:
        """The template: handout.md or handout.zh.md."""
        return self.folder / f"{self.stem}.md"

    @property
    def stem(self) -> str:
        """Name of the rendered files without suffix."""
        return "handout" if self.language == "en" else f"handout.{self.language}"


def handout_files(
    handouts: Path, tracks: list[str] | None = None, languages: list[Language] | None = None
) -> list[HandoutFile]:
    """The handouts of a `handouts` folder.

    Raises HomeworkError for a track that has no folder there.
    """
    known = all_assignments(handouts)
    for track in tracks or []:
        if track not in known:
            raise HomeworkError(
                f"found no track {track!r} in {handouts}, expected one of {', '.join(known) or 'none'}. "
                f"Write {handouts / track / 'assignment.yaml'}, or choose another --track."
            )
    return [
        HandoutFile(track, language, known[track].parent)
        for track in tracks or list(known)
        for language in languages or list(LANGUAGES)
    ]


def render_markdown(file: HandoutFile, assignment: Assignment) -> str:
    """The handout's Markdown with every table, number and date put in.

    Raises HomeworkError if the file is missing or its template names something that does not exist.
    """
    if not file.source.is_file():
        raise HomeworkError(f"{file.source} does not exist; expected the handout's text. Write it there.")
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        comment_start_string="{##",
        comment_end_string="##}",
        keep_trailing_newline=True,
        autoescape=False,
    )
    try:
        template = environment.from_string(file.source.read_text(encoding="utf-8"))
        text = template.render(**_names(file, assignment))
    except jinja2.TemplateSyntaxError as error:
        raise HomeworkError(
            f"{file.source}, line {error.lineno}: found a template that can't be read ({error.message}). "
            "Mend the {{ ... }} or {% ... %} of that line."
        ) from None
    except (jinja2.UndefinedError, KeyError) as error:
        raise HomeworkError(
            f"{file.source}: found a name that assignment.yaml does not have ({error}). Correct it there."
        ) from None
    return close_up(text)


def _names(file: HandoutFile, assignment: Assignment) -> dict[str, Any]:
    tables = Tables(assignment, file.language)
    functions = {
        name: getattr(tables, name) for name in dir(tables) if name.endswith(("_table", "_list", "_notes"))
    }

    def figure(name: str, text: str, **labels: str) -> str:
        return diagram(file.folder, name, labels, text)

    return {
        **functions,
        "a": assignment,
        "figure": figure,
        "gallery": gallery(file.folder, assignment, file.language),
        "lang": file.language,
        "points": number,
        "public_checks": public_checks(assignment),
        "volume": volume,
        "deadline": deadline(assignment, file.language),
    }


def public_checks(assignment: Assignment) -> list[Check]:
    """The public checks in the order in which they are run: the quick run of the whole program at the end."""
    checks = [check for _, check in assignment.checks.values() if check.visibility == "public"]
    return sorted(checks, key=lambda check: check.id == "quick_run")


def deadline(assignment: Assignment, language: Language) -> str:
    """The deadline as people read it, with its time zone."""
    when = assignment.deadline
    offset = when.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:]}"
    if language == "zh":
        return f"{when.year} 年 {when.month} 月 {when.day} 日 {when:%H:%M}（{zone}）"
    return f"{when.day} {when:%B %Y, %H:%M} ({zone})"
