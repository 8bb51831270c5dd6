"""One line of text: its indentation, how it is compared, how it is printed."""

from __future__ import annotations

import re
from functools import lru_cache

from code_analyze.summary.limits import MAX_SHOWN

SEEN = 8192  # lines that are remembered


@lru_cache(maxsize=SEEN)  # the starter's lines come back in every submission of a class
def width_of(line: str) -> int:
    """Columns of the indentation, a tab reaching to the next multiple of four."""
    body = line.lstrip(" \t\f")
    return len(line[: len(line) - len(body)].expandtabs(4))


@lru_cache(maxsize=SEEN)
def plain(line: str) -> str:
    """The line as it is compared and printed: tabs of the indentation as spaces, no space at its end."""
    body = line.lstrip(" \t\f")
    return (line[: len(line) - len(body)].expandtabs(4) + body).rstrip()


_UNSEEN = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


def shown(text: str) -> str:
    """Text as the summary prints it: characters that can't be seen are written out, long lines are cut."""
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
    if len(text) > MAX_SHOWN:
        text = text[:MAX_SHOWN] + f" ... ({len(text) - MAX_SHOWN} more characters)"
    return text
