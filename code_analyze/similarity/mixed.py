"""Copies mixed of two sources: what one source leaves unexplained, another may explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from code_analyze.similarity.index import Matrix

HALF = np.float32(np.log(0.5))


def mirrored(upper: Matrix) -> Matrix:
    """Evidence of the class with everybody, [C, N], of which one triangle is filled, with both of them."""
    found = upper.copy()
    square = np.triu(upper[:, : len(upper)], 1)
    found[:, : len(upper)] = square + square.T
    return found


def with_second_source(evidence: Sequence[NDArray[np.float16]], counted: NDArray[np.bool_]) -> Matrix:
    """How much likelier a submission becomes by a first source, given its best second one; [C, N].

    evidence: by function, the log likelihood ratio of a copied function, [C, N], both triangles filled
    counted: who belongs to the class or the archive, [N]; nobody else is a second source

    If a submission is mixed, each function is from the one source or from the other, so its likelihood ratio
    is the mean of the two. That is compared with the second source alone, which explains half of the
    functions, or with none, whichever is likelier. Of two of the class either may be the copy.
    """
    num_class, size = evidence[0].shape
    rows, columns = np.arange(num_class), np.arange(size)
    second_alone = np.zeros((num_class, size), np.float32)
    for each in evidence:
        second_alone += np.logaddexp(np.float32(0.0), each.astype(np.float32)) + HALF
    candidates = np.where(counted, second_alone, -np.inf)
    candidates[rows, rows] = -np.inf
    best = candidates.argmax(axis=1)
    candidates[rows, best] = -np.inf
    next_best = candidates.argmax(axis=1)
    if size < 3 or not np.isfinite(candidates[rows, next_best]).all():
        return np.full((num_class, size), -np.inf, np.float32)  # nobody is left to be the second source
    is_best = columns == best[:, None]
    both = np.zeros((num_class, size), np.float32)
    for each in evidence:
        first = each.astype(np.float32)
        second = np.where(is_best, first[rows, next_best][:, None], first[rows, best][:, None])
        both += np.logaddexp(first, second) + HALF
    alone = np.where(is_best, second_alone[rows, next_best][:, None], second_alone[rows, best][:, None])
    found = both - np.maximum(alone, 0.0)
    found[:, :num_class] = np.maximum(found[:, :num_class], found[:, :num_class].T)
    return found.astype(np.float32)
