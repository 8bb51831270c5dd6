"""The reporting line: where a pair stands out of its own class.

The scores of most pairs are those of honest work. Their upper tail is close to exponential, so a line is
fitted to the logarithm of the survival function between two quantiles that copies can't move
(a source forked by five of a class of twenty makes 5 % of its pairs), and carried on: at score s one
expects `pairs x survival(s)` honest pairs as high. A pair is an outlier when that number of expected false
findings is below the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

MIN_CLASS = 12  # submissions; with fewer there are too few pairs to tell what is usual
FALSE_FINDINGS = 0.05  # expected among all pairs of the class
LOW, HIGH = 0.50, 0.95  # the part of the distribution that the tail is fitted to; copies are above it


@dataclass(frozen=True)
class Distribution:
    """The pairs of a class. `line` is None where the class is too small for one."""

    num_pairs: int
    line: float | None
    start: float  # the tail begins here
    scale: float  # of the exponential tail

    def expected_false(self, score: float) -> float | None:
        """How many honest pairs of the class are expected at this score or above."""
        if self.line is None:
            return None
        if score <= self.start:
            return float(self.num_pairs)
        return self.num_pairs * (1 - LOW) * exp(-(score - self.start) / self.scale)


def fit(scores: NDArray[np.floating], num_class: int) -> Distribution:
    """The distribution of the scores of all pairs of the class, [P]."""
    values = np.sort(np.asarray(scores, dtype=float))
    if num_class < MIN_CLASS or len(values) == 0:
        return Distribution(len(values), None, 0.0, 1.0)
    start = float(np.quantile(values, LOW))
    levels = np.linspace(LOW, HIGH, 46)
    heights = np.quantile(values, levels) - start
    depths = -np.log((1 - levels) / (1 - LOW))
    # A line through the start; the high levels, where the tail decides, weigh most.
    scale = float((heights * depths).sum() / (depths**2).sum())
    scale = max(scale, 1e-3, 0.02 * abs(start))
    line = start + scale * np.log(len(values) * (1 - LOW) / FALSE_FINDINGS)
    return Distribution(len(values), float(line), start, scale)
