"""What the program is called, and how far it goes."""

from __future__ import annotations

VERSION = "1.0"

# Bounds that keep a hostile or careless submission from costing time. They count things and never
# seconds, so the same input gives the same summary on a slow machine too.
MAX_BYTES = 1 << 20  # larger files are named, not compared
MAX_LINES = 10_000
MAX_HASHED_BYTES = 1 << 26
MAX_SHOWN = 1_000  # characters of one line
MAX_ADDED = 200  # added files named one by one
MAX_WALKED = 20_000  # files found, from which on no further folder is walked
MAX_DEPTH = 16  # folders in folders
MAX_CELLS = 60_000  # cells of one table of line pairs
MAX_COMPARISONS = 6_000  # pairs of lines in one file whose likeness is measured
MAX_FINDINGS = 200  # lines of a summary that do not fit, named one by one
MAX_STATEMENT = 5_000  # characters of one statement that Python's parser gets to see
MAX_NESTING = 50  # brackets in brackets that it gets to see
FAR = 8  # lines of the starter: a region without TODO lines is sought no farther from a known line

# Written by programs, not by the student: named once, never walked.
SKIPPED = frozenset(
    "results runs data logs ckpt ckpts checkpoints wandb __pycache__ __MACOSX venv env node_modules "
    ".DS_Store .idea .vscode .git .svn .venv .ipynb_checkpoints .pytest_cache .mypy_cache .ruff_cache "
    "Thumbs.db desktop.ini".lower().split()
)

OWN_SHARE_RULE = 70  # percent of the code that must be the student's own
