"""Runs in an environment with compare50: folders of submissions, the starter as distribution; prints JSON.

The scores are those by which compare50 ranks pairs (its first pass, `structure`).

python compare50_pairs.py FOLDER STARTER_FOLDER
"""

import contextlib
import json
import sys
from pathlib import Path

from compare50 import _api, _data, passes
from compare50.__main__ import SubmissionFactory

folder, starter = Path(sys.argv[1]), Path(sys.argv[2])
with contextlib.redirect_stdout(sys.stderr):
    chosen = passes.structure
    preprocessor = _data.Preprocessor(chosen.preprocessors)
    factory = SubmissionFactory()
    submissions = factory.get_all([str(p) for p in sorted(folder.iterdir())], preprocessor)
    distribution = factory.get_all([str(starter)], preprocessor, is_archive=False)
    ignored = {file for submission in distribution for file in submission.files}
    scores = _api.rank(submissions, [], ignored, chosen, n=10**7)
pairs = [[Path(s.sub_a.path).name, Path(s.sub_b.path).name, float(s.score)] for s in scores]
print(json.dumps(pairs))
