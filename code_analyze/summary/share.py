"""How much of the code is the student's own, beside the files of declared references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from code_analyze.summary.limits import OWN_SHARE_RULE
from code_analyze.summary.source import read_source
from code_analyze.summary.tree import TreeAnalysis
from code_analyze.summary.walking import walk


class OwnShare(NamedTuple):
    """How much of some code is the student's own; `own` and `counted` are numbers of lines."""

    own: int
    counted: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 70 means at least 70; 100 where there is nothing to count."""
        return 100 if not self.counted else 100 * self.own // self.counted


FEWEST = 4  # tokens; a line with fewer says too little to count
LONG = 16  # tokens from which a line is telling on its own
_TOKEN = re.compile(r"\w+|[^\w\s]")


def counted_line(text: str) -> str:
    """A line as it is compared for the own share, "" where it says too little to count.

    Comments, spacing, kind of quotation marks and a trailing comma do not matter; brackets, `else:`, `pass`
    or `return z` do not count.
    """
    quote, end = "", len(text)
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#":
            end = at
            break
    tokens = _TOKEN.findall(text[:end].replace("'", '"').strip().rstrip(","))
    return "" if len(tokens) < FEWEST else " ".join(tokens)


class ReferenceLines:
    """The lines of reference files, to measure regions against. `notes` say what could not be read."""

    def __init__(self, texts: Iterable[Sequence[str]], notes: Sequence[str] = ()) -> None:
        self.notes = list(notes)
        self.single: set[str] = set()
        self.double: set[tuple[str, str]] = set()
        for lines in texts:
            counted = [line for line in map(counted_line, lines) if line]
            self.single.update(line for line in counted if line.count(" ") + 1 >= LONG)
            self.double.update((counted[i], counted[i + 1]) for i in range(len(counted) - 1))

    def share(self, lines: Iterable[str]) -> OwnShare:
        """A line is taken, not own, where it stands in a reference next to the same neighbour, or is long
        enough (LONG tokens) to be no coincidence on its own."""
        counted = [line for line in map(counted_line, lines) if line]
        taken = [line in self.single for line in counted]
        for i in range(len(counted) - 1):
            if (counted[i], counted[i + 1]) in self.double:
                taken[i] = taken[i + 1] = True
        return OwnShare(len(counted) - sum(taken), len(counted))


def read_references(reference_dir: str) -> ReferenceLines:
    """All text files under a folder."""
    texts, notes = [], []
    for path, entry in sorted(walk(reference_dir).items()):
        notebook = path.endswith(".ipynb")  # with pictures in it, so it may be large
        source = None if entry.note else read_source(entry.full, room=50 if notebook else 1)
        if source is None or source.status == "folder":  # one of those that programs write
            notes.append(f"reference {path}: {entry.note or 'not opened'}")
        elif source.status != "text":
            notes.append(f"reference {path} {source.oddities[0]}")
        else:
            texts.append(_notebook_lines(source.lines) if notebook else source.lines)
    if not texts:
        notes.append("no reference is there: put the files that you took code from into the folder")
    return ReferenceLines(texts, notes)


def _notebook_lines(lines: Sequence[str]) -> list[str]:
    """The code of a Jupyter notebook."""
    import json  # a quarter of the start-up time, and rarely needed

    try:
        cells = json.loads("\n".join(lines))["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return "\n".join("".join(source) for source in sources).split("\n")
    except (ValueError, KeyError, TypeError, RecursionError):
        return list(lines)


def own_shares(tree: TreeAnalysis, references: ReferenceLines) -> tuple[OwnShare, list[tuple[str, OwnShare]]]:
    """Over all, and for each filled region ("VAE/VAE.py:1")."""
    regions = []
    for file in tree.files:
        for region in file.regions:
            share = references.share(text for _, text in region.added_lines)
            if share.counted:
                regions.append((f"{file.path}:{region.number}", share))
    total = OwnShare(sum(share.own for _, share in regions), sum(share.counted for _, share in regions))
    return total, regions


def verdict_text(share: OwnShare) -> str:
    """The share over all, beside the rule."""
    verdict = "at least" if share.percent >= OWN_SHARE_RULE else "below"
    return f"{share_text(share)}, {verdict} the {OWN_SHARE_RULE} % asked for"


def share_text(share: OwnShare) -> str:
    return f"{share.percent} % ({share.own} of {share.counted} lines)"
