"""Report notebooks without anything that acts in a TA's browser.

nbgrader's formgrader and feedback pages render Markdown and HTML outputs as they are, in the TA's session. So
a student's notebook is rebuilt before nbgrader sees it: our metadata, text that can't become a tag or an
active link, pictures that are pictures, and no other outputs.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

import nbformat

from grader.report_notebook import build_notebook
from hwlib.assignment import Assignment
from hwlib.checking.verdict import clean_text

MAX_CELLS = 500
MAX_SOURCE = 100_000
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=[#A-Za-z0-9])")
_SCHEME = re.compile(r"(?i)\b(javascript|vbscript|livescript|data)[\s\\]*:")
_MATHJAX = re.compile(r"\\(?=(?:href|style|class|cssId|require|html[A-Za-z]*|unicode)\b)")


def neutral(text: str, limit: int = MAX_SOURCE) -> str:
    """Markdown that reads the same but holds no tag, no character entity and no active link.

    The name of a tag has to follow `<` at once, that of an entity `&`: a space after them is enough,
    whatever parser reads the text.
    """
    text = clean_text(text, limit)
    text = _TAG.sub("< ", _ENTITY.sub("& ", text))
    return _MATHJAX.sub("", _SCHEME.sub(r"\1 :", text))


def _string(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _picture(kind: str, value: Any) -> str | None:
    try:
        data = base64.b64decode("".join(_string(value).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(data).decode() if data.startswith(PICTURES[kind]) else None


def clean_output(output: Any) -> dict[str, Any] | None:
    """A student's output as text or picture, None for what is neither."""
    kind = output.get("output_type") if isinstance(output, dict) else None
    if kind == "stream":
        return {
            "output_type": "stream",
            "name": "stdout",
            "text": clean_text(_string(output.get("text")), 20_000),
        }
    if kind == "error":
        lines = f"{_string(output.get('ename'))}: {_string(output.get('evalue'))}"
        return {"output_type": "stream", "name": "stdout", "text": clean_text(lines)}
    data = output.get("data") if kind in ("display_data", "execute_result") else None
    if not isinstance(data, dict):
        return None
    clean: dict[str, str] = {}
    for name in PICTURES:
        picture = _picture(name, data[name]) if name in data else None
        if picture is not None:
            clean[name] = picture
    if "text/markdown" in data:
        clean["text/markdown"] = neutral(_string(data["text/markdown"]))
    elif not clean:
        left_out = "" if "text/plain" in data else f"[output left out: {', '.join(map(str, data))[:80]}]"
        clean["text/plain"] = clean_text(_string(data.get("text/plain")) or left_out, 20_000)
    return {"output_type": "display_data", "metadata": {}, "data": clean}


def clean_notebook(data: bytes, assignment: Assignment) -> str | None:
    """The report as nbgrader may see it, None if `data` is no notebook.

    Cells keep their order. Cells of ours carry our metadata and, where locked, our text; those that the
    student removed come back at the end; copies of them lose their metadata.
    """
    try:
        found = nbformat.reads(data.decode("utf-8"), as_version=4)
        cells = list(found.cells)[:MAX_CELLS]
    except Exception:  # a hostile or broken file fails in many ways; all mean the same
        return None
    notebook = build_notebook(assignment)
    ours = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"]}
    clean: list[dict[str, Any]] = []
    for number, cell in enumerate(cells):
        metadata = cell.get("metadata")
        marked = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        name = marked.get("grade_id") if isinstance(marked, dict) else None
        original = ours.pop(name, None) if isinstance(name, str) else None
        kind = "code" if cell.get("cell_type") == "code" else "markdown"
        source = _string(cell.get("source"))
        if original is None:
            rebuilt: dict[str, Any] = {"cell_type": kind, "id": f"student-{number}", "metadata": {}}
            rebuilt["source"] = clean_text(source, MAX_SOURCE) if kind == "code" else neutral(source)
        else:
            kind = original["cell_type"]
            rebuilt = dict(original)
            if original["metadata"]["nbgrader"]["solution"]:
                rebuilt["source"] = neutral(source)
        if kind == "code":
            outputs = cell.get("outputs")
            shown = [clean_output(output) for output in outputs] if isinstance(outputs, list) else []
            rebuilt |= {
                "execution_count": None,
                "outputs": [output for output in shown if output is not None],
            }
        clean.append(rebuilt)
    notebook["cells"] = [*clean, *ours.values()]
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError:
        return None
    return json.dumps(notebook, ensure_ascii=False, indent=1)
