"""The report: index.html, pairs.csv, own_share.csv and clusters.json."""

from code_analyze.similarity.report.render import write_report

__all__ = ["write_report"]
