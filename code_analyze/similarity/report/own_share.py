"""The own share in the report: own_share.csv and the rows of the page's table."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from code_analyze.similarity.findings import Result
from code_analyze.similarity.report.tables import cell
from code_analyze.similarity.shares import BELOW, BELOW_DECLARED, Share, StudentShare

COLUMNS = (
    "submission", "region", "own_percent", "counted_lines", "shared_lines", "closest", "declared_lines",
    "declared_with", "verdict",
)  # fmt: skip
ALL = "all"
MAX_SHOWN = 200  # students in the page
MAX_REGIONS = 4  # regions named for each


@dataclass(frozen=True)
class Row:
    """A student in the page's table: over all, and the regions with the smallest own share."""

    index: int
    total: Share
    verdict: str
    below: bool
    regions: list[tuple[str, Share]]


def own_share_rows(shares: list[StudentShare], num_class: int) -> list[Row]:
    """The students with the smallest own share first."""
    rows = []
    for each in sorted(shares, key=lambda share: (share.total.percent, share.index))[:MAX_SHOWN]:
        low = [
            (part, share)
            for part, share in each.parts.items()
            if share.verdict(num_class) in (BELOW, BELOW_DECLARED)
        ]
        low.sort(key=lambda part: (part[1].percent, part[0]))
        verdict = each.total.verdict(num_class)
        rows.append(Row(each.index, each.total, verdict, verdict == BELOW, low[:MAX_REGIONS]))
    return rows


def own_share_csv(shares: list[StudentShare], result: Result) -> str:
    """For each submission of the class a line over all its regions, then one for each region."""
    names = [each.code.submission.name for each in result.prints]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in shares:
        for region, share in [(ALL, each.total), *each.parts.items()]:
            writer.writerow(
                [
                    cell(names[each.index]),
                    cell(region),
                    share.percent,
                    share.counted,
                    f"{share.shared:.1f}",
                    "" if share.closest is None else cell(names[share.closest]),
                    f"{share.declared:.1f}",
                    "" if share.partner is None else cell(names[share.partner]),
                    share.verdict(result.num_class),
                ]
            )
    return out.getvalue()
