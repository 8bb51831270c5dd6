"""Renders the handouts to HTML and PDF.

    handouts/<TRACK>/handout.md, handout.zh.md     the text, a jinja2 template
    handouts/<TRACK>/assignment.yaml               every table, number, question and date in it
    handouts/<TRACK>/images/                       diagram.svg, and the gallery's pictures as PNG

`python -m course.handout` writes dist/handouts/<TRACK>/handout[.zh].{html,pdf}.
"""

from .check import check_handout, commands_in
from .render import render_files
from .source import HandoutFile, render_markdown

__all__ = ["HandoutFile", "check_handout", "commands_in", "render_files", "render_markdown"]
