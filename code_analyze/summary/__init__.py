"""The summary of a submission, for analyze.py, the grader's intake and the similarity report.

Standard library only, Python 3.8 or newer: students start it with whatever Python they have. It reads
files as text and runs none of them. How the modules follow each other:

- `source` reads a file, `lines`, `markers` and `parsing` know what a line and a text is
- `lining_up` pairs the lines of two texts, `pairing` those of a starter file and a student's file, `spans`
  finds the student's regions in them, `changes` what differs elsewhere
- `references` reads what a student declares; `files` puts one file together, `tree` a folder over `walking`
- `share` measures the own share, `writing` writes the summary, `verifying` compares one with the code,
  `differences` line by line
- `command` is the command line
"""

from code_analyze.summary.changes import Change
from code_analyze.summary.differences import Finding
from code_analyze.summary.files import FileAnalysis, analyze_file, analyze_text
from code_analyze.summary.limits import MAX_BYTES, SKIPPED
from code_analyze.summary.lines import shown
from code_analyze.summary.references import Reference
from code_analyze.summary.regions import Region
from code_analyze.summary.source import Source, read_bytes, read_source
from code_analyze.summary.tree import AddedFile, TreeAnalysis, analyze_tree
from code_analyze.summary.verifying import read_header, verify_summary
from code_analyze.summary.writing import summarize

__all__ = [
    "MAX_BYTES",
    "SKIPPED",
    "AddedFile",
    "Change",
    "FileAnalysis",
    "Finding",
    "Reference",
    "Region",
    "Source",
    "TreeAnalysis",
    "analyze_file",
    "analyze_text",
    "analyze_tree",
    "read_bytes",
    "read_header",
    "read_source",
    "shown",
    "summarize",
    "verify_summary",
]
