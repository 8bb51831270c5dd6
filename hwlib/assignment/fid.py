"""FID: with which network and images it is measured, which value is asked for, and where that comes from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .base import Part, Text, misplaced

FeatureNetwork = Literal["lenet", "inception"]


class Calibration(Part):
    """Where a threshold comes from: values of the reference over seeds, or past years' results."""

    text: Text
    settings: dict[str, int | str] = {}  # of the runs that were measured
    values: dict[int, float] = {}  # seed -> FID
    past_years: list[float] = []  # lowest and highest FID seen in other years, same protocol

    @property
    def mean(self) -> float | None:
        """Mean FID over the seeds, None without measurements."""
        return sum(self.values.values()) / len(self.values) if self.values else None

    @property
    def spread(self) -> float | None:
        """Sample standard deviation over the seeds, None with fewer than two."""
        if len(self.values) < 2 or self.mean is None:
            return None
        squares = sum((value - self.mean) ** 2 for value in self.values.values())
        return float((squares / (len(self.values) - 1)) ** 0.5)


class Threshold(Part):
    """The FID that the best model of the report must reach, for one feature network."""

    network: FeatureNetwork
    threshold: float | None = Field(gt=0)  # None: not calibrated yet, nothing is asked for
    calibration: Calibration


class FIDRules(Part):
    """The protocol. Results of different networks or splits are never compared."""

    network: FeatureNetwork  # the one used by default
    num_images: int = Field(ge=2)  # real images, and as many samples
    split: Literal["train", "dev"]
    applies_to: Text  # which of the models the thresholds are for
    thresholds: list[Threshold] = Field(min_length=1)

    @model_validator(mode="after")
    def _default_network_has_threshold(self) -> FIDRules:
        networks = [threshold.network for threshold in self.thresholds]
        if len(set(networks)) != len(networks):
            raise misplaced(
                ("thresholds",), f"found thresholds for {', '.join(networks)}, expected each network once"
            )
        if self.network not in networks:
            raise misplaced(
                ("network",),
                f"found no threshold entry for {self.network}, expected one (threshold: null is allowed)",
            )
        return self

    def threshold_for(self, network: FeatureNetwork) -> Threshold | None:
        """The entry of that network, None if the assignment has none."""
        return next((entry for entry in self.thresholds if entry.network == network), None)
