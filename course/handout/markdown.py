"""Markdown to HTML: formulas, highlighted code, notes, and headings with anchors."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from .formulas import display_math, inline_math

NOTES = ("note", "warning")
_CHINESE = r"[\u2014\u2018-\u201d\u2026\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e]"
_GAP = re.compile(rf"(?<={_CHINESE})[ \n](?={_CHINESE})")
_PUNCTUATED = re.compile(
    r"(<svg(?:(?!</svg>).)*</svg>)([,.:;?!)\uff0c\u3002\uff1a\uff1b\u3001\uff09\uff1f]+)"
)
_FORMATTER = HtmlFormatter(nowrap=True)


def _highlighted(code: str, language: str, attributes: str) -> str:
    if language == "console":
        return f'<pre class="console"><code>{_console(code)}</code></pre>\n'
    inner = highlight(code, get_lexer_by_name(language), _FORMATTER) if language else html.escape(code)
    return f'<pre class="{html.escape(language or "text")}"><code>{inner}</code></pre>\n'


def _console(code: str) -> str:
    """Commands and their output; what is copied from the page is the commands' text without `$ `."""
    lines = []
    for line in code.rstrip("\n").split("\n"):
        text = html.escape(line, quote=False)
        if line.startswith("$ "):
            command, _, comment = text[2:].partition("    # ")
            note = f'<span class="c">    # {comment}</span>' if comment else ""
            lines.append(f'<span class="prompt">$ </span><span class="command">{command}</span>{note}')
        else:
            lines.append(f'<span class="output">{text}</span>')
    return "\n".join(lines) + "\n"


def _math(content: str, options: dict[str, Any]) -> str:
    number = None
    if options["display_mode"]:
        tag = re.search(r"\\tag\{([^}]*)\}", content)
        if tag:
            number, content = tag.group(1), content.replace(tag.group(0), "")
        return display_math(content, number)
    return inline_math(content)


def _render_note(kind: str) -> Any:
    def render(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
        return f'<aside class="{kind}">\n' if tokens[index].nesting == 1 else "</aside>\n"

    return render


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The parser of the handouts."""
    markdown = MarkdownIt("commonmark", {"html": True, "typographer": False, "highlight": None})
    markdown.enable(["table", "strikethrough"])
    markdown.use(attrs_plugin, spans=True)
    markdown.use(attrs_block_plugin)
    markdown.use(dollarmath_plugin, renderer=_math, allow_space=False, allow_digits=True, double_inline=False)
    for kind in NOTES:
        markdown.use(container_plugin, kind, render=_render_note(kind))
    markdown.add_render_rule("fence", _fence)
    markdown.add_render_rule("math_block", _math_block)
    markdown.add_render_rule("math_inline", _math_inline)
    return markdown


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    return _highlighted(tokens[index].content, tokens[index].info.strip().split(" ")[0], "")


def _math_block(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    return _math(tokens[index].content, {"display_mode": True})


def _math_inline(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    return _math(tokens[index].content, {"display_mode": False})


def block_html(text: str) -> str:
    """A text with paragraphs as HTML."""
    return _glued(str(parser().render(text)))


def inline_html(text: str) -> str:
    """A text within a paragraph or table cell as HTML."""
    return _glued(str(parser().renderInline(close_up(" ".join(text.split())))))


def _glued(html: str) -> str:
    """Keeps a punctuation mark on the line of the formula before it: a line may break after a picture."""
    return _PUNCTUATED.sub(r'<span class="glued">\1\2</span>', html)


def close_up(text: str) -> str:
    """Takes out the spaces and line ends between Chinese characters, which only sources may have."""
    return _GAP.sub("", text)


def headings(text: str) -> list[tuple[int, str, str]]:
    """(level, anchor, HTML) of the headings that have an anchor, in order."""
    tokens = parser().parse(text)
    found = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and "id" in token.attrs:
            inline = tokens[index + 1]
            inner = parser().renderer.render(inline.children or [], parser().options, {})
            found.append((int(token.tag[1]), str(token.attrs["id"]), str(inner)))
    return found


def console_blocks(text: str) -> list[tuple[int, str]]:
    """(line, content) of the ```console blocks of a Markdown text."""
    return [
        (token.map[0] + 1 if token.map else 0, token.content)
        for token in parser().parse(text)
        if token.type == "fence" and token.info.strip().split(" ")[0] == "console"
    ]
