"""Tables as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str, ids: Sequence[str] = ()) -> str:
    """An HTML table without empty lines, so that Markdown leaves it as it is. Cells are HTML."""
    anchors = [f' id="{html.escape(name)}"' for name in ids] or [""] * len(rows)
    lines = [
        f'<table class="{kind}">',
        "<thead><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr></thead>",
    ]
    lines.append("<tbody>")
    for anchor, row in zip(anchors, rows, strict=True):
        lines.append(f"<tr{anchor}>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>")
    return "\n".join([*lines, "</tbody>", "</table>"])


def number(value: float) -> str:
    """A number of points without a needless `.0`."""
    return f"{value:g}"
