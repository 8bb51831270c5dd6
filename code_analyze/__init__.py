"""Summary of a submission (analyze.py) and the cohort's similarity report."""
