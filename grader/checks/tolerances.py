"""How far right answers may be from the reference, relative to the largest expected magnitude.

`python benchmarks/tolerances.py` prints the spreads below: the largest difference between the reference and
right answers (the reference and all of `grader/equivalents`, on the hidden inputs of two students), and the
smallest one that a mutant makes. Every tolerance is at least ten times the first and a tenth of the second.
"""

SCALE = 1e-6
"""uint8 to float: one multiplication and one addition. Right up to 7.7e-08, wrong from 3.9e-03."""

PROBABILITY = 1e-5
"""Averages of probabilities and their BCE. Right up to 1.5e-07, wrong from 1.2e-02."""

LOSS = 2e-5
"""Sums over 1,024 pixels and up to 64 images. Right up to 4.7e-07, wrong from 2.3e-03."""

GRADIENT = 5e-5
"""Gradients through z. Right up to 1.2e-07, wrong from 5.0e-01."""

NETWORK = 1e-4
"""Outputs of whole networks. Right up to 9.9e-07, wrong from 2.2e-02."""

LOSS_GRADIENT = 2e-4
"""Gradients of the losses. Right up to 2.4e-07, wrong from 2.2e-01."""

STEP = 2e-3
"""Change of the weights in a step, the difference of two float32 numbers. Right up to 8.6e-05, wrong from
5.2e-02."""
