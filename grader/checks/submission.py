"""The `submission` fixture: what a check function has in its hands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from grader.checks import inputs
from hwlib.assignment import Assignment
from hwlib.checking.cases import Case, Step
from hwlib.checking.compare import look
from hwlib.checking.judge import Bench
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.session import StudentError, WorkerSession
from hwlib.checking.transport import Transport
from hwlib.checking.verdict import CheckResult
from hwlib.checking.words import Words, say


class WrongError(Exception):
    """Raised by a check: the submission's answer is not what the handout asks for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"expected {problem.expected.en}; found {problem.found.en}")
        self.problem = problem


_SECOND_TIMEOUT = 4.0  # seconds; an honest answer takes well under one


class Submission:
    """One track of one submission, as checks see it.

    Attributes:
        assignment: of the track.
        folder: the student's files. They are read as text at most; only the worker imports them.
        results: verdicts so far, by check id without the track.
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
        self.transport = transport
        self.secret, self.student, self.timeout = secret, student, timeout
        self.bench = Bench(assignment, folder)
        self.notes: dict[str, Any] = {}
        self._session: WorkerSession | None = None

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
        if self._session is not None and not self._session.alive:
            if self._session.timed_out:
                # Code that has looped once will loop again; a check is not to wait as long for it.
                self.timeout = min(self.timeout, _SECOND_TIMEOUT)
            self.close()
        if self._session is None:
            self._session = WorkerSession(self.transport, self.folder, timeout=self.timeout)
        return self._session

    def fresh_session(self) -> WorkerSession:
        """A worker of its own, for programs that are run as a whole; close it after use."""
        return WorkerSession(self.transport, self.folder, timeout=self.timeout)

    def close(self) -> None:
        """Ends the worker."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def call(self, op: str, /, **params: Any) -> Any:
        """One operation of the worker (see `hwlib.checking.operations`). Raises StudentError."""
        return self.session.call(op, **params)

    def take(self, step: Step) -> None:
        """One step of a case, or what it names for where that fails. Raises StudentError where both fail."""
        try:
            self.call(step.op, **step.params)
        except StudentError:
            if not step.otherwise or not self.session.alive:
                raise
            self.call(step.otherwise[0].op, **step.otherwise[0].params)

    def state_of(self, target: str) -> dict[str, np.ndarray]:
        """Parameters and buffers of a module in the worker, by name."""
        state = look(self.call("get_state", target=target), "state")
        if not isinstance(state, dict) or not all(isinstance(value, np.ndarray) for value in state.values()):
            wanted = say("the parameters of {target} as arrays", "{target} 的参数为数组", target=target)
            raise WrongError(Problem(wanted, say("something else", "其他内容")))
        return {str(name): value for name, value in state.items()}

    def rng(self, check: str) -> np.random.Generator:
        """The hidden random numbers of a check for this student."""
        return inputs.generator(self.secret, self.student, self.track, check)

    def judge(self, case: Case) -> dict[str, Any]:
        """Runs a case; returns the replies. Raises WrongError, StudentError and GraderError."""
        replies = case.ask(self.session)
        self.require(case.judge(replies))
        return replies

    def require(self, problem: Problem | None) -> None:
        """Ends the check as wrong if there is a problem."""
        if problem is not None:
            raise WrongError(problem)

    def wrong(self, expected: Words, found: Words, mistake: Mistake | None = None) -> None:
        """Ends the check as wrong."""
        raise WrongError(Problem(expected, found, mistake))

    def passed(self, *checks: str) -> bool:
        """Whether these checks have passed already."""
        return all(name in self.results and not self.bench.failed((name,)) for name in checks)


__all__ = ["StudentError", "Submission", "WrongError", "look"]
