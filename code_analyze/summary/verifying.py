"""Whether a summary fits the code: stale, edited, or made against another starter."""

from __future__ import annotations

from code_analyze.summary.differences import BY_HAND, Finding, line_findings
from code_analyze.summary.limits import MAX_FINDINGS, MAX_SHOWN
from code_analyze.summary.lines import shown
from code_analyze.summary.share import ReferenceLines
from code_analyze.summary.tree import TreeAnalysis
from code_analyze.summary.writing import HEAD, digest_of, header_length, summarize


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
        Finding("stale", f"{shown(path)} {what} after the summary was made", shown(path))
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
    reason = next((words for kind, words in reasons.items() if kind in kinds), BY_HAND)
    changed = sorted(stale)[:MAX_FINDINGS]
    lines = line_findings(found, expected.split("\n"), changed, reason, "edited" in kinds)
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
