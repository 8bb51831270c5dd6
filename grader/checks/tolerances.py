"""How far right answers may be from the reference, relative to the largest expected magnitude.

Every value is at least ten times the spread that `python benchmarks/tolerances.py` prints: the largest
difference, over inputs, between the reference and correct work in float32 written otherwise (sums in another
order, one image at a time, float64 in between, other memory layouts), and far below what the smallest named
mistake does.
"""

SCALE = 1e-6
"""uint8 to float: one multiplication and one addition; measured 1.2e-7."""

LOSS = 2e-5
"""Sums over 1,024 pixels and up to 64 images; measured 5e-7."""

LOSS_GRADIENT = 2e-4
"""Gradients of the losses; measured 1e-6 (a clamp of x' at 1e-7 included)."""

GRADIENT = 5e-5
"""Gradients through z; measured 2e-7."""

NETWORK = 1e-4
"""Outputs of whole networks; measured 3e-6 (other layouts, sums in other order, train mode)."""

STEP = 5e-4
"""Weights after one SGD step, relative to the step; measured 1e-5."""

PROBABILITY = 1e-5
"""Averages of probabilities and BCE of them; measured 4e-7."""
