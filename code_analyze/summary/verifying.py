"""Whether a summary fits the code: stale, edited, or made against another starter."""

from __future__ import annotations

import re
from typing import NamedTuple

from code_analyze.summary.limits import MAX_FINDINGS
from code_analyze.summary.lines import shown
from code_analyze.summary.lining_up import line_up
from code_analyze.summary.share import ReferenceLines
from code_analyze.summary.tree import TreeAnalysis
from code_analyze.summary.writing import HEAD, RULE, digest_of, header_length, summarize


class Finding(NamedTuple):
    """`kind` is "no-header", "other-version", "other-starter", "stale", "edited", "own-share" or "line"."""

    kind: str
    message: str


def read_header(text: str) -> dict[str, list[str]]:
    """The machine-readable lines of a summary: "tool", "origin", "target", "starter", "file",
    "own-share", "digest" -> their values, in order."""
    header: dict[str, list[str]] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    for line in lines[: header_length(lines)]:
        key, _, value = line[len(HEAD) :].partition(" ")
        header.setdefault(key, []).append(value)
    return header


def _file_digests(header: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for value in header.get("file", []):
        _, _, rest = value.partition(" ")
        digest, _, path = rest.partition("  ")
        found[path] = digest
    return found


def verify_summary(text: str, tree: TreeAnalysis, references: ReferenceLines | None = None) -> list[Finding]:
    """Compares a handed-in summary with the analysis of the code it belongs to; [] where it fits.

    The labels of the folders are taken from the summary, so a TA may keep the code anywhere. Lines about
    the own share are compared only where `references` are given.
    """
    header = read_header(text)
    found = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    labels = header.get("origin", ["_codes"])[0], header.get("target", ["../codes"])[0]
    expected = summarize(tree, *labels, references)
    was, now = _file_digests(header), _file_digests(read_header(expected))
    stale = {path for path in set(was) | set(now) if was.get(path) != now.get(path)} if header else set()
    findings = _header_findings(found, expected.split("\n"), stale, references is not None)
    for path in sorted(stale):
        what = "changed" if path in was and path in now else "was deleted" if path in was else "was added"
        findings.append(Finding("stale", f"{shown(path)} {what} after the summary was made"))
    reasons = {
        "no-header": "no header tells why",
        "other-starter": "made against another starter",
        "other-version": "made by another version of the tool",
    }
    kinds = {finding.kind for finding in findings}
    reason = next((words for kind, words in reasons.items() if kind in kinds), "edited by hand")
    lines = _line_findings(found, expected.split("\n"), stale, reason)
    findings.extend(lines[:MAX_FINDINGS])
    if len(lines) > MAX_FINDINGS:
        findings.append(Finding("line", f"... and {len(lines) - MAX_FINDINGS} more lines"))
    return findings


def _comparable_header(lines: list[str]) -> list[str]:
    return [
        line for line in lines[: header_length(lines)] if line.split()[1:2] not in (["digest"], ["own-share"])
    ]


def _header_findings(
    found: list[str], expected: list[str], stale: set[str], with_share: bool
) -> list[Finding]:
    """What the two headers say, but for the digests of the files."""
    header, wanted = read_header("\n".join(found)), read_header("\n".join(expected))
    if not header:
        message = 'no header, expected lines that start with "#:"; made by an older analyze.py?'
        return [Finding("no-header", message)]
    findings = []
    if header.get("tool") != wanted["tool"]:
        tool = header.get("tool", ["an unknown tool"])[0]
        findings.append(Finding("other-version", f"made by {shown(tool)}, this is {wanted['tool'][0]}"))
    if header.get("starter") != wanted["starter"]:
        message = "made against another starter than this one (another year's?)"
        findings.append(Finding("other-starter", message))
    kept = found[:-1] if found[-1] == "" else found
    if header.get("digest") != ["sha256 " + digest_of(kept)]:
        message = "edited by hand: the digest in the header does not fit the text"
        findings.append(Finding("edited", message))
    elif not findings and not stale and _comparable_header(found) != _comparable_header(expected):
        message = "edited by hand: the header has other lines than analyze.py writes"
        findings.append(Finding("edited", message))
    if with_share and header.get("own-share") != wanted["own-share"]:
        share = header.get("own-share", ["none"])[0]
        message = f"the summary has {shown(share)}, the analysis {wanted['own-share'][0]}"
        findings.append(Finding("own-share", message))
    return findings


_ABOUT = re.compile(r"^# .* -> (.+)$|^# (\S.*/.*):\d+$")
TITLES = ["# Missing Files", "# Additional Files", "# Filled Code", "# References", "# Other Modifications"]


def _line_findings(found: list[str], expected: list[str], stale: set[str], reason: str) -> list[Finding]:
    """One for each line that the summary has and the analysis has not, or the other way round; lines about a
    file that changed are explained by that, all others by `reason`."""

    def body(lines: list[str]) -> list[tuple[int, str, str]]:
        """(line number, text, why it may differ)"""
        top, about, rows = header_length(lines), "", []
        for number, line in enumerate(lines[top:], top + 1):
            path = _ABOUT.match(line)
            if line == RULE or line in TITLES:
                about = ""
            elif path:
                about = path.group(1) or path.group(2)
            changed = any(about.endswith("/" + one) or line.startswith("# " + one) for one in stale)
            changed = changed or bool(stale and not about)
            why = "the code changed after the summary was made" if changed else reason
            rows.append((number, line.rstrip(), why))
        return rows

    has, wants = body(found), body(expected)
    pairs = line_up([row[1] for row in wants], [row[1] for row in has])
    findings: list[tuple[str, Finding]] = []
    at = 0

    def surplus(stop: int) -> None:
        for number, line, why in has[at:stop]:
            message = f"line {number}: the analysis has no such line: {shown(line)} ({why})"
            findings.append((line, Finding("line", message)))

    for index, (_, line, why) in enumerate(wants):
        if pairs[index] >= 0:
            surplus(pairs[index])
            at = pairs[index] + 1
        else:
            number = has[min(at, len(has) - 1)][0] if has else 1
            findings.append((line, Finding("line", f"before line {number}: missing: {shown(line)} ({why})")))
    surplus(len(has))
    # Empty lines and the rules around headings say nothing beside other lines.
    telling = [finding for line, finding in findings if line not in ("", RULE)]
    return telling or [finding for line, finding in findings if line]
