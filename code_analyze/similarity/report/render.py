"""index.html: one file, readable offline, everything from a submission escaped."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity import clusters as clustering
from code_analyze.similarity.findings import OUTLIER, Pair, Result
from code_analyze.similarity.outliers import FALSE_FINDINGS, MIN_CLASS
from code_analyze.similarity.own_share import own_shares
from code_analyze.similarity.report.own_share import own_share_csv, own_share_rows
from code_analyze.similarity.report.tables import clusters_json, pairs_csv
from code_analyze.similarity.shares import StudentShare
from code_analyze.summary.limits import OWN_SHARE_RULE
from hwlib.files import atomic_write_text

HERE = Path(__file__).parent
MAX_RANKED = 200
MAX_HEAT = 100
BINS = 48


def write_report(result: Result, out: Path, titles: dict[str, str]) -> list[clustering.Cluster]:
    """Writes the four files into the folder `out`, each all or nothing."""
    found = clustering.clusters(result)
    shares = own_shares(result.prints)
    atomic_write_text(out / "pairs.csv", pairs_csv(result))
    atomic_write_text(out / "clusters.json", clusters_json(found, result))
    atomic_write_text(out / "own_share.csv", own_share_csv(shares, result))
    atomic_write_text(out / "index.html", page(result, found, titles, shares))
    return found


def page(
    result: Result, found: list[clustering.Cluster], titles: dict[str, str], shares: list[StudentShare]
) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    places = clustering.layout(found, 900.0, 420.0)
    data = _data(result, titles)
    return environment.get_template("page.html.j2").render(
        result=result,
        count=result.num_class,
        archive=sum(p.code.submission.role == "archive" for p in result.prints),
        references=sum(p.code.submission.role == "reference" for p in result.prints),
        outliers=[p for p in result.pairs if p.kind == OUTLIER],
        shown=result.pairs[:MAX_RANKED],
        near_references=[p for p in result.references if p.kind == OUTLIER or p.blocks][:40],
        detail={id(p): n for n, p in enumerate(_detailed(result))},
        ident=id,
        clusters=found,
        places=places,
        shares=own_share_rows(shares, result.num_class),
        rule=OWN_SHARE_RULE,
        edges=[edge for cluster in found for edge in cluster.edges],
        histogram=_histogram(result),
        name=lambda index: result.prints[index].code.submission.name,
        role=lambda index: result.prints[index].code.submission.role,
        notes=[(p.code.submission.name, note) for p in result.prints for note in p.code.notes],
        min_class=MIN_CLASS,
        false_findings=FALSE_FINDINGS,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        script=(HERE / "page.js").read_text(encoding="utf-8"),
        data=_json(data),
    )


def _json(data: Any) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _detailed(result: Result) -> list[Pair]:
    return [p for p in [*result.pairs, *result.references] if p.reasons]


def _data(result: Result, titles: dict[str, str]) -> dict[str, Any]:
    """What the page's script draws: side-by-side views and heat maps."""
    lines: dict[str, int] = {}
    files: dict[str, dict[str, Any]] = {}
    pairs = []
    for pair in _detailed(result):
        wanted = {(pair.a, b.file_a) for b in pair.blocks} | {(pair.b, b.file_b) for b in pair.blocks}
        for part, value in pair.parts.items():
            if value > 0.7:
                sides = [(i, result.prints[i].parts.get(part)) for i in (pair.a, pair.b)]
                wanted |= {(i, found.file) for i, found in sides if found is not None}
        for index, file in sorted(wanted):
            stored = files.setdefault(str(index), {})
            if file not in stored:
                stored[file] = _file(result, index, file, lines)
        pairs.append(
            {
                "a": pair.a,
                "b": pair.b,
                "reasons": pair.reasons,
                "declared": pair.declared,
                "supporting": pair.supporting,
                "parts": [
                    [p, round(v, 2)] for p, v in sorted(pair.parts.items(), key=lambda x: (-x[1], x[0]))
                ],
                "blocks": [
                    [
                        b.part,
                        b.channel,
                        b.file_a,
                        *b.lines_a,
                        b.file_b,
                        *b.lines_b,
                        b.others,
                        round(b.weight, 1),
                    ]
                    for b in pair.blocks
                ],
            }
        )
    return {
        "names": [p.code.submission.name for p in result.prints],
        "lines": sorted(lines, key=lines.__getitem__),
        "files": files,
        "pairs": pairs,
        "titles": {k: v for k, v in titles.items() if v},
        "heat": _heat(result),
        "others": max(result.scores.population - 2, 0),
    }


def _file(result: Result, index: int, path: str, lines: dict[str, int]) -> dict[str, Any]:
    """A file's lines as numbers into the table of lines, and which of them are the student's."""
    for file in result.prints[index].code.files:
        if file.path == path:
            own = file.part_of_line()
            return {
                "lines": [lines.setdefault(text, len(lines)) for text in file.lines],
                "own": [n for n in range(1, len(file.lines) + 1) if own[n]],
            }
    return {"lines": [], "own": []}


def _heat(result: Result) -> dict[str, Any]:
    """Scores by region as bytes, for the submissions that are in the highest pairs."""
    order: list[int] = []
    for pair in result.pairs:
        for index in (pair.a, pair.b):
            if index < result.num_class and index not in order and len(order) < MAX_HEAT:
                order.append(index)
    order.sort()
    if not order:
        return {"order": [], "maps": {}}
    chosen = np.ix_(order, order)
    above = np.maximum(np.triu(result.scores.total["canonical"][chosen], 1), 0.0)
    maps = {"all regions": above + above.T}
    evidence = result.scores.by_part(np.array(order))[:, :, order]
    maps |= dict(zip(result.scores.parts, evidence, strict=True))
    packed = {}
    for name, values in maps.items():
        values = values.copy()
        np.fill_diagonal(values, 0.0)
        top = max(float(values.max()), 1e-6)
        if top > 0.5:
            data = np.round(values / top * 255).astype(np.uint8).tobytes()
            packed[name] = [base64.b64encode(data).decode("ascii"), round(top, 2)]
    return {"order": order, "maps": packed, "all": len(order) == result.num_class}


def _histogram(result: Result) -> dict[str, Any]:
    values: NDArray[Any] = result.class_scores if len(result.class_scores) else np.zeros(1)
    line = result.canonical.line
    top = max(float(values.max()), line or 0.0, 0.0) * 1.05 + 1e-6
    bottom = min(float(values.min()), 0.0)
    width = 820 / (top - bottom)
    counts, edges = np.histogram(values, bins=BINS, range=(bottom, top))
    tallest = max(int(np.max(counts)), 1)
    bars = []
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        # The root keeps single outliers visible beside thousands of usual pairs.
        height = 150.0 * float(np.sqrt(count / tallest))
        bars.append(
            {
                "x": round(60 + width * (float(low) - bottom), 1),
                "width": round(820 / BINS - 1.5, 1),
                "height": round(max(height, 2.0 if count else 0.0), 1),
                "count": int(count),
                "low": round(float(low), 1),
                "high": round(float(high), 1),
                "outlier": line is not None and float(high) > line,
            }
        )
    return {
        "bars": bars,
        "line": None if line is None else round(60 + width * (line - bottom), 1),
        "bottom": round(bottom, 1),
        "top": round(top, 1),
    }
