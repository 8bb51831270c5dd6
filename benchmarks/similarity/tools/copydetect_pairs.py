"""Runs in an environment with copydetect: one file per submission, the starter as boilerplate; prints JSON.

python copydetect_pairs.py FLAT_FOLDER STARTER_FOLDER
"""

import contextlib
import json
import sys
from pathlib import Path

from copydetect import CopyDetector

flat, starter = sys.argv[1], sys.argv[2]
with contextlib.redirect_stdout(sys.stderr):
    detector = CopyDetector(
        test_dirs=[flat],
        boilerplate_dirs=[starter],
        extensions=["py"],
        display_t=0.0,
        autoopen=False,
        silent=True,
    )
    detector.run()
pairs = []
for i, one in enumerate(detector.test_files):
    for j, other in enumerate(detector.ref_files):
        if one < other:
            pairs.append([Path(one).stem, Path(other).stem, float(max(detector.similarity_matrix[i, j]))])
print(json.dumps(pairs))
