"""LaTeX formulas as SVG that stands on the text's baseline, in browsers and in WeasyPrint alike.

MathML is not an option: WeasyPrint does not draw it.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from functools import cache

import ziamath

from hwlib.errors import HomeworkError

_SIZE = 20.0  # font size that formulas are set at; everything is scaled to em afterwards
_OPERATORS = ("\\log", "\\exp")
_OPERATOR_SPACE = 0.16 * _SIZE  # set before an operator's name, out of place at the beginning of a formula
# Relations and operators that are set without the space around them.
_SPACED = {r"\sim": r"\;\sim\;", r"\odot": r"\,\odot\,"}
_SIGN = re.compile(r"(^|[=(\[,]\s*)-")  # a minus that is a sign, not a difference
_RELATION = re.compile("(?:" + "|".join(map(re.escape, _SPACED)) + ")(?![a-zA-Z])")
_SVG = "http://www.w3.org/2000/svg"

ziamath.config.svg2 = False  # symbols and <use> are not drawn by every viewer
ziamath.config.precision = 1
ET.register_namespace("", _SVG)


@cache
def formula_svg(latex: str, display: bool = False) -> str:
    """An `<svg>` element of the formula, sized in em, its text in `aria-label`.

    Raises HomeworkError if the LaTeX can't be read.
    """
    source = " ".join(latex.split())
    try:
        svg = ziamath.Latex(_spaced(source), size=_SIZE, inline=not display).svgxml()
    except Exception as error:  # ziamath and latex2mathml raise many kinds
        raise HomeworkError(
            f"found the formula ${source}$, expected readable LaTeX ({type(error).__name__}: {error}). "
            "Look for an unbalanced brace or a command that is spelled wrong."
        ) from None
    left, top, width, height = (float(number) for number in svg.attrib["viewBox"].split())
    if not display and source.startswith(_OPERATORS):
        left, width = left + _OPERATOR_SPACE, width - _OPERATOR_SPACE
    depth = top + height  # how far the formula reaches below the baseline
    svg.attrib.update(
        {
            "width": f"{width / _SIZE:.3f}em",
            "height": f"{height / _SIZE:.3f}em",
            "style": f"vertical-align:{-depth / _SIZE:.3f}em",
            "role": "img",
            "class": "math",
            "aria-label": source,
            "viewBox": f"{left:g} {top:g} {width:g} {height:g}",
        }
    )
    for element in svg.iter():
        if element.get("fill") == "black":
            element.set("fill", "currentColor")
    return ET.tostring(svg, encoding="unicode").replace("\n", "")


def _spaced(source: str) -> str:
    source = _SIGN.sub(r"\1{-}", source)
    return _RELATION.sub(lambda match: _SPACED[match.group()], source)


def inline_math(latex: str) -> str:
    """A formula within a line."""
    return formula_svg(latex)


def display_math(latex: str, number: str | None = None) -> str:
    """A formula on a line of its own, with its number at the right if it has one."""
    tag = f'<span class="number">({html.escape(number)})</span>' if number else ""
    return (
        f'<div class="display"><span class="formula">{formula_svg(latex, display=True)}</span>{tag}</div>\n'
    )
