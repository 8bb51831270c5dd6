"""Warnings during training: one line each, with the likely cause and where the handout speaks of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from torch import Tensor
from tqdm import tqdm

# Symptoms as the handouts title them in "When it does not work".
SYMPTOMS = {
    "nan": "The loss is NaN",
    "negative": "A loss is negative",
    "kl": "The KL divergence stays near zero",
    "pixel_mean": "The reconstruction loss is below 1 from the start",
    "batch_sum": "The reconstruction loss starts far above 710",
    "saturated": "The discriminator wins everything",
    "constant": "All samples look the same",
    "range": "Pixel values out of range",
}
_ROUNDING = 1e-3  # a KL divergence of 0 may come out a little below
_PATIENCE = 20  # logged values in a row before a state counts as lasting
# The decoder learns the mean image first, for which it needs no latent vector: the reference's KL divergence,
# too, was near zero until step 1,500 with one seed and 4,700 with another (docs/results.md).
_KL_GRACE = 5000  # steps


class Monitor:
    """Watches logged numbers and pictures; every symptom is reported once, at its first sight."""

    def __init__(self, image_pixels: int = 32 * 32) -> None:
        self.image_pixels = image_pixels
        self.warned: set[str] = set()
        self._lasting: dict[str, int] = {}

    def check(
        self,
        step: int,
        finite: Sequence[float] = (),
        image_sum: float | None = None,
        vanishing: float | None = None,
        saturated: tuple[float, float] | None = None,
    ) -> None:
        """Checks the numbers of one logged step.

        Args:
            step: the training step, for the message.
            finite: losses; cross-entropies and KL divergences are never negative, either.
            image_sum: a loss summed over the pixels of an image; a few hundred at the start.
            vanishing: a KL divergence, in nats, that must not stay at zero.
            saturated: a discriminator's average probabilities (real images, generated images).
        """
        listed = ", ".join(f"{value:.4g}" for value in finite)
        if not all(math.isfinite(value) for value in finite):
            self._warn(
                step, "nan", f"losses are not finite ({listed}): log of 0, or too high a learning rate"
            )
        if any(value < -_ROUNDING for value in finite):
            self._warn(step, "negative", f"a loss is below 0 ({listed}): look for a wrong sign")
        if image_sum is not None and 0 <= image_sum < self.image_pixels / 1000 and step <= 1000:
            self._warn(
                step,
                "pixel_mean",
                f"the reconstruction loss is {image_sum:.3g}, the size of a mean over pixels: "
                f"sum over the {self.image_pixels} pixels, average over the batch only",
            )
        fresh = self.image_pixels * math.log(2)  # of a network that answers 1/2 for every pixel
        if image_sum is not None and image_sum > 2 * fresh and step == 0:
            self._warn(
                step,
                "batch_sum",
                f"the reconstruction loss is {image_sum:.4g}, expected about {fresh:.0f}, "
                f"{self.image_pixels} log 2, at the start: divide the sum over the batch by its size",
            )
        if vanishing is not None and self._lasts("kl", step > _KL_GRACE and abs(vanishing) < 0.05):
            self._warn(
                step,
                "kl",
                f"the KL divergence stays at {vanishing:.2g}: the encoder says nothing of the image",
            )
        if saturated is not None and self._lasts("saturated", saturated[0] > 0.99 and saturated[1] < 0.01):
            self._warn(
                step,
                "saturated",
                f"D(x) is {saturated[0]:.3f} and D(G(z)) {saturated[1]:.3f}: "
                "the generator gets no gradient to learn from",
            )

    def check_images(self, step: int, images: Tensor, low: float, high: float) -> None:
        """Checks generated images `[N, C, H, W]` that should differ and lie in [low, high]."""
        smallest, largest = float(images.min()), float(images.max())
        if not (smallest >= low - 1e-3 and largest <= high + 1e-3):
            self._warn(
                step,
                "range",
                f"samples lie in [{smallest:.3g}, {largest:.3g}], expected [{low:g}, {high:g}]: "
                "check the last activation",
            )
        # At step 0 an untrained network may well draw the same grey image for every latent.
        if step > 0 and len(images) > 1 and float(images.float().std(dim=0).max()) < 1e-3 * (high - low):
            self._warn(
                step, "constant", "all samples are the same image: the decoder does not use its latent vector"
            )

    def _lasts(self, symptom: str, present: bool) -> bool:
        self._lasting[symptom] = self._lasting.get(symptom, 0) + 1 if present else 0
        return self._lasting[symptom] >= _PATIENCE

    def _warn(self, step: int, symptom: str, sentence: str) -> None:
        if symptom not in self.warned:
            self.warned.add(symptom)
            where = f"handout, 'When it does not work': {SYMPTOMS[symptom]}"
            tqdm.write(f"warning (step {step}): {sentence} ({where})", file=sys.stderr)
