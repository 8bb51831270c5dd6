"""The text of summary.txt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from code_analyze.summary.limits import MAX_ADDED, VERSION
from code_analyze.summary.lines import shown
from code_analyze.summary.share import ReferenceLines, own_shares, share_text, verdict_text
from code_analyze.summary.tree import TreeAnalysis

HEAD = "#: "
RULE = "#" * 24


def _with_note(path: str, note: str) -> str:
    return "# {}{}".format(shown(path), f" ({note})" if note else "")


def summarize(
    tree: TreeAnalysis,
    origin_label: str = "_codes",
    target_label: str = "../codes",
    references: ReferenceLines | None = None,
) -> str:
    """The text of summary.txt."""
    body: list[str] = []

    def section(title: str, lines: Sequence[str]) -> None:
        body.extend(["", RULE, "# " + title, RULE])
        body.extend(lines)

    if tree.missing:
        section("Missing Files", [_with_note(path, note) for path, note in tree.missing])
    if tree.added:
        lines = [_with_note(file.path, file.note) for file in tree.added[:MAX_ADDED]]
        if len(tree.added) > MAX_ADDED:
            lines.append(f"# ... and {len(tree.added) - MAX_ADDED} more")
        section("Additional Files", lines)
    filled: list[str] = []
    for file in tree.files:
        for region in file.regions:
            filled.append(f"# {target_label}/{shown(file.path)}:{region.number}")
            filled.extend(shown(text) for _, text in region.added_lines)
            filled.append("")
    section("Filled Code", filled[:-1])
    section("References", ["# " + shown(one.text) for one in tree.references])
    changed: list[str] = []
    for file in tree.files:
        if file.notes or file.other_changes:
            path = shown(file.path)
            changed.append(f"# {origin_label}/{path} -> {target_label}/{path}")
            changed.extend("# ! " + shown(note) for note in file.notes)
            changed.extend(
                f"# {change.line} {change.kind} {shown(change.text)}".rstrip()
                for change in file.other_changes
            )
    section("Other Modifications", changed)

    head = ["tool analyze.py " + VERSION, "origin " + origin_label, "target " + target_label]
    head.append("starter sha256 " + tree.starter_sha256)
    for file in tree.files:
        head.append("file sha256 {}  {}".format(file.sha256 or "-" * 64, shown(file.path)))
    for added in tree.added:
        if added.source is not None:
            head.append("file sha256 {}  {}".format(added.source.sha256 or "-" * 64, shown(added.path)))
    if references is not None:
        total, regions = own_shares(tree, references)
        head.append("own-share " + verdict_text(total))
        head.extend(f"own-share {share_text(share)}, {shown(name)}" for name, share in regions)
    lines = [HEAD + line for line in head] + body
    lines.insert(len(head), HEAD + "digest sha256 " + digest_of(lines))
    return "\n".join(lines) + "\n"


def header_length(lines: Sequence[str]) -> int:
    for number, line in enumerate(lines):
        if not line.startswith(HEAD):
            return number
    return len(lines)


def digest_of(lines: Sequence[str]) -> str:
    """Over all lines but the one that holds the digest."""
    top = header_length(lines)
    kept = [line for line in lines[:top] if not line.startswith(HEAD + "digest ")] + list(lines[top:])
    return hashlib.sha256("\n".join(kept).encode("utf-8", "backslashreplace")).hexdigest()
