"""From the input to the results of a record, operation by operation."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from hwlib.checking.layers.activations import classify
from hwlib.checking.layers.aten import Op, numbers_in
from hwlib.checking.layers.record import Record
from hwlib.checking.layers.rows import Row, Signal, TraceError, identity
from hwlib.checking.words import NO_WORDS, Words, as_is, say


class Walk:
    """The rows so far, and which of the values passed so far depend on the input.

    Attributes:
        signals: number of such a value -> what it is.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.signals: dict[int, Signal] = {number: Signal(-1, identity) for number in record.inputs}
        self.rows: list[Row] = []

    def signal(self, argument: Any) -> Signal:
        """The signal that a layer reads. Raises TraceError where it reads another value."""
        number = number_of(argument)
        if number not in self.signals:
            raise TraceError(
                say("a layer does not read what the layer before it gives", "某一层没有使用上一层的输出")
            )
        return self.signals[number]

    def only_signal(self, op: Op) -> Signal:
        """The first signal among the arguments of an operation."""
        return next(self.signals[number] for number in numbers_in(op["args"]) if number in self.signals)

    def constant(self, argument: Any) -> Tensor:
        """The content of an argument that does not depend on the input. Raises TraceError."""
        return self.record.constant(number_of(argument), self.signals)

    def optional(self, args: dict[str, Any], name: str) -> Tensor | None:
        """The same for an argument that may be None."""
        return None if args.get(name) is None else self.constant(args[name])

    def shape(self, op: Op) -> tuple[int, ...]:
        """Of an operation's output, without the batch."""
        return self.record.shape(op["outputs"][0])

    def add(self, op: Op, row: Row, signal: Signal, argument: Any) -> None:
        """A layer that reads `argument`, which is `signal`."""
        self.finish(signal, self.record.shape(number_of(argument)))
        self.rows.append(row)
        self.signals[op["outputs"][0]] = Signal(len(self.rows) - 1, identity)

    def add_other(self, op: Op, name: str, words: Words = NO_WORDS) -> None:
        """An operation that no layer table has, as a row of its own."""
        signals = [self.signals[number] for number in numbers_in(op["args"]) if number in self.signals]
        for signal in signals:
            self.finish(signal, None)
        self.rows.append(Row(name, [self.shape(op)], source=signals[0].row, words=words or as_is(name)))
        for number in op["outputs"]:
            self.signals[number] = Signal(len(self.rows) - 1, identity)

    def pass_on(self, op: Op, signal: Signal) -> None:
        """An operation whose outputs are still `signal`."""
        for number in op["outputs"]:
            self.signals[number] = signal
            if signal.row >= 0 and number in self.record.results:
                self.rows[signal.row].shapes.append(self.record.shape(number))

    def finish(self, signal: Signal, taken: tuple[int, ...] | None) -> None:
        """Writes down what came after a signal's row, now that something reads it in the shape `taken`."""
        if signal.row < 0:
            return
        row = self.rows[signal.row]
        if taken is not None and not signal.pad[0]:
            row.shapes.append(taken)
        if signal.names:
            name, slope = classify(signal.function, signal.names)
            if name != "none" and (not row.after or row.after[-1] != name):
                row.after.append(name)
                row.slope = slope


def number_of(argument: Any) -> int:
    """The value that an argument is."""
    return int(argument["value"])
