"""The steps of a training run: a progress bar, and a Ctrl-C that loses no finished step."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from hwlib.errors import HomeworkError


def to_floats(values: Sequence[Tensor | float]) -> list[float]:
    """Numbers and 0-d tensors as floats; all tensors leave their device in one transfer."""
    tensors = [value.detach().float() for value in values if isinstance(value, Tensor)]
    moved = iter(torch.stack(tensors).tolist() if tensors else [])
    return [next(moved) if isinstance(value, Tensor) else float(value) for value in values]


class TrainingSteps:
    """Counts the training steps `done + 1, ..., total`.

    Ctrl-C lets the step at work finish and be saved: `is_last` is true for the step after which the
    loop ends, whether it is the last one or the run was interrupted. `KeyboardInterrupt` is raised when
    the loop has ended; a second Ctrl-C raises it at once.
    """

    def __init__(self, done: int, total: int) -> None:
        """Raises HomeworkError if more steps are done than were asked for."""
        if done > total:
            raise HomeworkError(
                f"the latest checkpoint is of step {done}, beyond --num_train_steps {total}. "
                "Ask for at least as many steps, or delete the folder of the checkpoints."
            )
        self.first = done + 1
        self.total = total
        self._interrupted = False
        self._closing = False
        self._bar: tqdm[Any] | None = None

    def is_last(self, step: int) -> bool:
        """Whether the loop ends after this step, so that now is the time to save."""
        self._closing = self._closing or self._interrupted
        return self._closing or step == self.total

    def show(self, **values: float) -> None:
        """Shows numbers behind the progress bar, at its next redrawing."""
        if self._bar is not None:
            self._bar.set_postfix({name: f"{value:.4g}" for name, value in values.items()}, refresh=False)

    def __iter__(self) -> Iterator[int]:
        if self.first > self.total:
            return
        if self.first > 1:
            print(f"going on from the checkpoint of step {self.first - 1}", flush=True)
        before = self._listen()
        # A log file gets a line a minute in place of a bar that redraws itself.
        interval = 0.2 if sys.stderr.isatty() else 60.0
        self._bar = tqdm(
            initial=self.first - 1, total=self.total, unit="step", mininterval=interval, dynamic_ncols=True
        )
        try:
            for step in range(self.first, self.total + 1):
                yield step
                self._bar.update()
                if self._closing:
                    break
        finally:
            self._bar.close()
            if before is not None:
                signal.signal(signal.SIGINT, before)
        if self._closing:
            raise KeyboardInterrupt

    def _listen(self) -> Any:
        def on_interrupt(number: int, frame: FrameType | None) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True
            tqdm.write("stopping after this step ...", file=sys.stderr)

        try:
            return signal.signal(signal.SIGINT, on_interrupt)
        except ValueError:  # only the main thread may listen to signals
            return None
