"""How much a submission has in common with the others anyway."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.index import Matrix

USUAL = 0.9  # share of the others: so many of a class of 20 may have one source before it counts as usual


def usual_evidence(evidence: Matrix, present: NDArray[np.bool_], counted: NDArray[np.bool_]) -> Matrix:
    """The evidence that each submission of N reaches with the USUAL share of the others; [N].

    evidence: of the class, who come first, with everybody, [C, N]
    present: who has the part, [N]; the others have no usual evidence, and are nobody's
    counted: who belongs to the class or the archive, [N]
    """
    num_class = len(evidence)
    usual = np.zeros(evidence.shape[1], np.float32)
    own = np.flatnonzero(present[:num_class])
    columns = np.flatnonzero(present & counted)
    if len(own) and len(columns) > 1:
        values = evidence[np.ix_(own, columns)]
        values[np.arange(len(own)), np.searchsorted(columns, own)] = -np.inf  # with itself
        usual[own] = _quantile(values, 1)
    others = num_class + np.flatnonzero(present[num_class:])
    if len(own) and len(others):
        usual[others] = _quantile(evidence[np.ix_(own, others)].T, 0)
    return usual


def _quantile(values: Matrix, skipped: int) -> Matrix:
    """The USUAL quantile of each row without its `skipped` smallest values."""
    place = USUAL * (values.shape[1] - skipped - 1)
    low = int(place)
    high = min(low + 1, values.shape[1] - skipped - 1)
    ranked = np.partition(values, sorted({low + skipped, high + skipped}), axis=1)
    below, above = ranked[:, low + skipped], ranked[:, high + skipped]
    return (below + np.float32(place - low) * (above - below)).astype(np.float32)
