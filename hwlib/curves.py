"""The event files of a run, read as TensorBoard reads them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read_events(folder: Path, kept: Mapping[str, int] | None = None) -> EventAccumulator:
    """The curves and pictures in a folder, without the points that a later start has drawn anew.

    Args:
        folder: a run's log folder.
        kept: how many points of each kind ("scalars", "images") are kept, 0 for all; TensorBoard's choice
            by default.
    """
    # Dropping such points is no news to a student, and "TensorFlow restart" names what nobody has used.
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    events = EventAccumulator(str(folder), size_guidance=kept)
    events.Reload()
    return events
