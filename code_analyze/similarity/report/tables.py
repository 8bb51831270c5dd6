"""pairs.csv and clusters.json."""

from __future__ import annotations

import csv
import io
import json

from code_analyze.similarity.clusters import Cluster
from code_analyze.similarity.findings import Pair, Result

COLUMNS = (
    "rank", "a", "b", "b_is", "kind", "score", "near_verbatim", "expected_false_findings",
    "regions", "declared", "supporting",
)  # fmt: skip


def cell(text: object) -> str:
    """A cell that a spreadsheet takes for text: a name that begins like a formula gets a quote in front."""
    value = str(text)
    formula = value.lstrip()[:1] in ("=", "+", "-", "@") or value[:1] in ("\t", "\r", "\n", "|")
    return "'" + value if formula else value


def pairs_csv(result: Result) -> str:
    """All pairs, ranked; references and resubmissions after the others."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    everything = [*result.pairs, *result.references, *result.resubmissions]
    names = [cell(p.code.submission.name) for p in result.prints]
    roles = [p.code.submission.role for p in result.prints]
    for rank, pair in enumerate(everything, 1):
        writer.writerow([str(rank), names[pair.a], names[pair.b], roles[pair.b], *_row(pair)])
    return out.getvalue()


def _row(pair: Pair) -> list[str]:
    strong = [
        f"{part} {value:.1f}"
        for part, value in sorted(pair.parts.items(), key=lambda p: (-p[1], p[0]))
        if value > 1
    ]
    expected = f"{pair.expected_false:.4g}" if pair.expected_false is not None else ""
    scores = [pair.kind, f"{pair.score:.4f}", f"{pair.near_verbatim:.4f}", expected]
    if not pair.reasons:  # most pairs: nothing more is known of them
        return [*scores, "", "", ""]
    return [
        *scores,
        cell("; ".join(strong)),
        cell("; ".join(pair.declared)),
        cell("; ".join(pair.supporting)),
    ]


def clusters_json(found: list[Cluster], result: Result) -> str:
    """The clusters with names, for other programs."""
    names = [p.code.submission.name for p in result.prints]
    content = {
        "line": result.canonical.line,
        "clusters": [
            {
                "members": [names[m] for m in cluster.members],
                "shape": cluster.shape,
                "pairs": [{"a": names[a], "b": names[b], "score": w} for a, b, w in cluster.edges],
            }
            for cluster in found
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=True, sort_keys=True) + "\n"
