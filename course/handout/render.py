"""Handouts as HTML and PDF."""

from __future__ import annotations

import logging
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from hwlib.assignment import Assignment, Language, load_assignment
from hwlib.errors import HomeworkError

from .html_table import number
from .markdown import block_html, headings
from .source import HandoutFile, deadline, handout_files, render_markdown
from .words import word

TEMPLATES = Path(__file__).parents[1] / "templates"


def render_html(file: HandoutFile, assignment: Assignment) -> str:
    """The handout as one HTML page that needs no other file."""
    text = render_markdown(file, assignment)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    bonus = assignment.report.max_bonus
    return environment.get_template("handout.html.j2").render(
        a=assignment,
        lang=file.language,
        title=assignment.title.get(file.language),
        course=assignment.course.get(file.language),
        deadline=deadline(assignment, file.language),
        points=number,
        bonus=bonus,
        w=lambda key: word(key, file.language),
        headings=[heading for heading in headings(text) if heading[0] == 2],
        body=block_html(text),
        css=(TEMPLATES / "handout.css").read_text(encoding="utf-8"),
        other=f"{HandoutFile(file.track, 'zh' if file.language == 'en' else 'en', file.folder).stem}.html",
        pdf=f"{file.stem}.pdf",
    )


def render_pdf(page: str) -> bytes:
    """A rendered page as PDF, the same bytes for the same page and fonts.

    Raises HomeworkError if the page needs another file.
    """
    outside = re.search(r'\bsrc="(?!data:)([^"]*)"', page)
    if outside:
        raise HomeworkError(
            f"found the address {outside.group(1)} in a handout, expected everything inside it. "
            "Put the picture into the folder images/."
        )
    import weasyprint

    # It reports every rule that is for screens alone.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    document: bytes = weasyprint.HTML(string=page).write_pdf(
        pdf_identifier=b"handout", optimize_images=True, font_config=_fonts()
    )
    return document


@cache
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def render_files(
    handouts: Path,
    tracks: list[str] | None = None,
    languages: list[Language] | None = None,
    formats: tuple[str, ...] = ("html", "pdf"),
) -> dict[str, bytes]:
    """Name relative to the output folder (`VAE/handout.html`) -> content."""
    rendered: dict[str, bytes] = {}
    for file in handout_files(handouts, tracks, languages):
        page = render_html(file, load_assignment(file.folder))
        if "html" in formats:
            rendered[f"{file.track}/{file.stem}.html"] = page.encode()
        if "pdf" in formats:
            rendered[f"{file.track}/{file.stem}.pdf"] = render_pdf(page)
    return rendered
