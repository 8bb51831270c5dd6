"""The `submission` fixture: what a check function has in its hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from grader.checks import inputs
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case
from hwlib.checking.compare import look
from hwlib.checking.judge import Bench
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.regions import region_at
from hwlib.checking.session import StudentError, WorkerSession
from hwlib.checking.steps import Step
from hwlib.checking.transport import Transport
from hwlib.checking.verdict import CheckResult
from hwlib.checking.words import Words, say
from hwlib.checking.workers import Workers


class WrongError(Exception):
    """Raised by a check: the submission's answer is not what the handout asks for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"expected {problem.expected.en}; found {problem.found.en}")
        self.problem = problem


class Submission:
    """One track of one submission, as checks see it.

    Attributes:
        assignment: of the track.
        folder: the student's files. They are read as text at most; only the worker imports them.
        results: verdicts so far, by check id without the track.
        workers: where the student's code runs.
    """

    def __init__(
        self,
        assignment: Assignment,
        folder: Path,
        transport: Transport,
        *,
        secret: bytes = b"",
        student: str = "",
        timeout: float = 20.0,
    ) -> None:
        self.assignment = assignment
        self.track = assignment.track
        self.folder = folder
        self.secret, self.student = secret, student
        self.bench = Bench(assignment, folder)
        self.workers = Workers(transport, folder, assignment.files, timeout)
        self.notes: dict[str, Any] = {}

    def __enter__(self) -> Submission:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def results(self) -> Mapping[str, CheckResult]:
        return self.bench.results

    @property
    def session(self) -> WorkerSession:
        """A worker that is alive; a crash of one check does not reach the next."""
        return self.workers.session

    def fresh_session(self) -> WorkerSession:
        """A worker of its own, for programs that are run as a whole; close it after use."""
        return self.workers.fresh_session()

    def close(self) -> None:
        """Ends the worker."""
        self.workers.close()

    def call(self, op: str, /, **params: Any) -> Any:
        """One operation of the worker (see `hwlib.checking.operations`). Raises StudentError."""
        return self.workers.call(op, **params)

    def run(self, steps: Sequence[Step]) -> dict[str, Any]:
        """Runs steps (see `hwlib.checking.cases`); returns their replies by name. Raises StudentError."""
        return self.workers.run(steps)

    def state_of(self, target: str) -> dict[str, np.ndarray]:
        """Parameters and buffers of a module in the worker, by name."""
        return self.as_state(self.call("get_state", target=target), target)

    def as_state(self, reply: Mapping[str, Any], target: str) -> dict[str, np.ndarray]:
        """The arrays of a `get_state` reply; anything else ends the check as wrong."""
        state = look(reply, "state")
        if not isinstance(state, dict) or not all(isinstance(value, np.ndarray) for value in state.values()):
            wanted = say("the parameters of {target} as arrays", "{target} 的参数为数组", target=target)
            raise WrongError(Problem(wanted, say("something else", "其他内容")))
        return {str(name): value for name, value in state.items()}

    def rng(self, check: str) -> np.random.Generator:
        """The hidden random numbers of a check for this student."""
        return inputs.generator(self.secret, self.student, self.track, check)

    def judge(self, case: Case) -> dict[str, Any]:
        """Runs a case; returns the replies. Raises WrongError, StudentError and GraderError."""
        replies = self.run(case.steps)
        self.require(case.judge(replies))
        return replies

    def require(self, problem: Problem | None) -> None:
        """Ends the check as wrong if there is a problem."""
        if problem is not None:
            raise WrongError(problem)

    def wrong(self, expected: Words, found: Words, mistake: Mistake | None = None) -> None:
        """Ends the check as wrong."""
        raise WrongError(Problem(expected, found, mistake))

    def region_at(self, file: str, line: int) -> str:
        """The id of the region that a line of the student's stands in; "" outside of all."""
        region = region_at(dict(self.bench.spans), self.assignment, file, line)
        return region.id if region is not None else ""

    def passed(self, *checks: str) -> bool:
        """Whether these checks have passed already."""
        return all(name in self.results and not self.bench.failed((name,)) for name in checks)


__all__ = ["StudentError", "Submission", "WrongError", "look"]
