"""Whether a summary fits the code: stale, edited, or made against another starter."""

from __future__ import annotations

from typing import NamedTuple

from code_analyze.summary.limits import MAX_FINDINGS, MAX_SHOWN
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
    labels = _label(header, "origin", "_codes"), _label(header, "target", "../codes")
    expected = summarize(tree, *labels, references)
    stale = _stale(header, read_header(expected))
    findings = _header_findings(found, expected.split("\n"), bool(stale), references is not None)
    findings.extend(
        Finding("stale", f"{shown(path)} {what} after the summary was made")
        for path, what in sorted(stale.items())[:MAX_FINDINGS]
    )
    if len(stale) > MAX_FINDINGS:
        findings.append(Finding("stale", f"... and {len(stale) - MAX_FINDINGS} more files"))
    reasons = {
        "no-header": "no header tells why",
        "other-starter": "made against another starter",
        "other-version": "made by another version of the tool",
    }
    kinds = {finding.kind for finding in findings}
    reason = next((words for kind, words in reasons.items() if kind in kinds), "edited by hand")
    lines = _line_findings(found, expected.split("\n"), sorted(stale)[:MAX_FINDINGS], reason)
    findings.extend(lines[:MAX_FINDINGS])
    if len(lines) > MAX_FINDINGS:
        findings.append(Finding("line", f"... and {len(lines) - MAX_FINDINGS} more lines"))
    return findings


def _label(header: dict[str, list[str]], key: str, default: str) -> str:
    label = header.get(key, [default])[0]
    return label if len(label) <= 2 * MAX_SHOWN else default  # analyze.py writes no longer one


def _stale(header: dict[str, list[str]], wanted: dict[str, list[str]]) -> dict[str, str]:
    """File -> what happened to it after the summary was made.

    Against another starter other files are listed, so there only those of both tell something.
    """
    was, now = _file_digests(header), _file_digests(wanted)
    changed = {path: "changed" for path in was.keys() & now.keys() if was[path] != now[path]}
    if header and header.get("starter") == wanted["starter"]:
        changed.update(dict.fromkeys(was.keys() - now.keys(), "was deleted"))
        changed.update(dict.fromkeys(now.keys() - was.keys(), "was added"))
    return changed


def _comparable_header(lines: list[str]) -> list[str]:
    return [
        line for line in lines[: header_length(lines)] if line.split()[1:2] not in (["digest"], ["own-share"])
    ]


def _header_findings(found: list[str], expected: list[str], stale: bool, with_share: bool) -> list[Finding]:
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


_TITLES = ["# Missing Files", "# Additional Files", "# Filled Code", "# References", "# Other Modifications"]


def _file_of(line: str) -> str:
    """The file whose lines follow this one, "" if it is no such line: "# _codes/X -> ../codes/X" or
    "# ../codes/X:1"."""
    if not line.startswith("# "):
        return ""
    _, arrow, file = line[2:].rpartition(" -> ")
    if arrow and file:
        return file
    file, colon, number = line[2:].rpartition(":")
    return file if colon and number.isdecimal() and "/" in file[1:] and not file[0].isspace() else ""


def _body(lines: list[str], stale: list[str], reason: str) -> list[tuple[int, str, str]]:
    """The lines below the header: (line number, text, why it may differ)."""
    top, rows = header_length(lines), []
    listed = tuple("# " + path for path in stale)
    behind = tuple("/" + path for path in stale)
    in_stale = bool(stale)
    for number, line in enumerate(lines[top:], top + 1):
        file = _file_of(line)
        if line == RULE or line in _TITLES:
            in_stale = bool(stale)
        elif file:
            in_stale = file.endswith(behind)
        changed = in_stale or line.startswith(listed)
        why = "the code changed after the summary was made" if changed else reason
        rows.append((number, line.rstrip(), why))
    return rows


def _line_findings(found: list[str], expected: list[str], stale: list[str], reason: str) -> list[Finding]:
    """One for each line that the summary has and the analysis has not, or the other way round; lines about a
    file that changed are explained by that, all others by `reason`."""
    has, wants = _body(found, stale, reason), _body(expected, stale, reason)
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
