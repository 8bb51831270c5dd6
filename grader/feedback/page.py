"""`feedback.html`: one self-contained page per student, without script or network."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from grader.feedback.texts import Texts
from grader.feedback.view import PageView


@cache
def environment() -> Environment:
    """The templates; everything that is put into them is escaped unless it says `Markup`."""
    return Environment(
        loader=PackageLoader("grader.feedback"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style(name: str) -> Markup:
    """The common style sheet followed by `name`.css, for a <style> element."""
    loader = environment().loader
    assert loader is not None
    sheets = [loader.get_source(environment(), f"{part}.css")[0] for part in ("base", name)]
    return Markup("\n".join(sheets))


@cache
def _template() -> Template:
    return environment().get_template("student.html.j2")


def feedback_html(page: PageView) -> str:
    """The page as text."""
    return _template().render(page=page, t=Texts(page.language), css=style("student"))
