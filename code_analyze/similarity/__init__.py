"""Similarity of submissions, for a person to read: which pairs share more than the assignment explains.

`python -m code_analyze.similarity submissions/ --out report/` reads the code of a class (and runs none
of it), compares each filled region with the same region of everybody else and writes a report.

How the modules follow each other:

- `intake` reads folders, archives and single files; `regions` cuts them into the student's own parts
  (`places`: which line is whose, `given`: the names that the starter fixes)
- `tokens` (channel near-verbatim), `syntax` and the package `dataflow` over the tables of `spelling` (channel
  canonical) and `supporting` turn a part into fragments and forms; `fingerprints` collects them
- `rarity` weighs a fragment or form by how many others have it, `index` finds what two submissions have in
  common, `pairs` adds it up region by region (`usual`: less what each shares with most others; `mixed`: with
  a look at a second source; `readings`: one misreading of several regions counts once; `public_sources`: what
  stands in a tutorial that everybody can read is no evidence)
- `outliers` puts the reporting line from the class's own distribution, `findings` ranks the pairs, `details`
  adds `passages` and `reasons` to the first of them, `clusters` joins findings into groups
- `own_share` says how much of each student's code is nobody else's (`line_marks`: what a line is recognised
  by, `shares`: a number with its verdict), `declared` what students name
- `report` writes index.html, pairs.csv, own_share.csv and clusters.json
"""
