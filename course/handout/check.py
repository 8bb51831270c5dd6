"""What the two languages of a handout must have in common."""

from __future__ import annotations

from pathlib import Path

from hwlib.assignment import LANGUAGES, load_assignment

from .markdown import console_blocks, headings
from .render import render_html
from .source import HandoutFile, render_markdown


def commands_in(text: str) -> list[str]:
    """The commands of a rendered Markdown text, without prompts and comments, in order."""
    commands = []
    for _, block in console_blocks(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append(line[2:].partition("    # ")[0].strip())
    return commands


def check_handout(folder: Path) -> list[str]:
    """Disagreements between a track's two languages, as sentences; an empty list if there are none.

    Raises HomeworkError if a handout can't be rendered at all.
    """
    assignment = load_assignment(folder)
    texts = {
        language: render_markdown(HandoutFile(assignment.track, language, folder), assignment)
        for language in LANGUAGES
    }
    found = []
    anchors = {
        language: [(level, name) for level, name, _ in headings(text)] for language, text in texts.items()
    }
    for what, per_language in (
        ("headings", anchors),
        ("commands", {language: commands_in(text) for language, text in texts.items()}),
        ("tables", {language: texts[language].count("<table") for language in texts}),
        ("formulas", {language: texts[language].count("$$") for language in texts}),
    ):
        if per_language["en"] != per_language["zh"]:
            found.append(
                f"{folder}: the {what} of handout.md and handout.zh.md differ: "
                f"{per_language['en']} against {per_language['zh']}. Make them the same."
            )
    for language in LANGUAGES:
        render_html(HandoutFile(assignment.track, language, folder), assignment)
    return found
