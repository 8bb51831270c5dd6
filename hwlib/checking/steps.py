"""Requests to a worker as data; those that need no reply of others are asked together."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from hwlib.checking.compare import NOTHING, look
from hwlib.checking.errors import StudentError
from hwlib.checking.mistakes import Mistake
from hwlib.checking.session import WorkerSession
from hwlib.checking.values import Opaque


@dataclass(frozen=True)
class Reply:
    """Stands, in a step's parameters, for a value of an earlier step's reply."""

    path: str


@dataclass(frozen=True)
class Step:
    """One request to a worker.

    Attributes:
        op, params: as in `WorkerSession.call`.
        name: the reply is kept under it; "" for replies that nobody looks at.
        otherwise: steps to try in its place if the student's code fails in it.
        may_fail: a failure is a reply, {"failed": message}.
        mistake: to name if the student's code fails in it.
        later: asked only when an expectation looks at its reply, after all others.
    """

    op: str
    params: dict[str, Any]
    name: str = ""
    otherwise: tuple[Step, ...] = ()
    may_fail: bool = False
    mistake: Mistake | None = None
    later: bool = False


def ask_steps(session: WorkerSession, steps: Sequence[Step]) -> dict[str, Any]:
    """Runs steps, as many at once as don't need the replies of others; returns the replies by name.

    Raises StudentError and GraderError.
    """
    replies = _Replies(session, {step.name: step for step in steps if step.later})
    left = [step for step in steps if not step.later]
    while left:
        count, names = 0, set[str]()
        while count < len(left) and not _needs(left[count].params, names):
            names |= {step.name for step in (left[count], *left[count].otherwise)}
            count += 1
        group, left = left[:count], left[count:]
        while group:
            requests = [(step.op, _filled(step.params, replies)) for step in group]
            results, error = session.call_many(requests)
            replies.update({step.name: result for step, result in zip(group, results, strict=False)})
            group = group[len(results) :]
            if error is not None:
                step, *group = group
                name, reply = _instead(step, error, session, replies)
                replies[name] = reply
    replies.pop("", None)
    return replies


class _Replies(dict[str, Any]):
    """Replies by the names of their steps; what is asked later is asked when it is looked at."""

    def __init__(self, session: WorkerSession, later: dict[str, Step]) -> None:
        super().__init__()
        self._session, self._later = session, later

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._later

    def __missing__(self, name: str) -> Any:
        _, self[name] = _run(self._later[name], self._session, self)
        return self[name]


def _needs(value: Any, names: Set[str]) -> bool:
    """Whether parameters hold a reply to one of the steps of these names."""
    if isinstance(value, dict):
        return any(_needs(item, names) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_needs(item, names) for item in value)
    return isinstance(value, Reply) and value.path.partition("/")[0] in names


def _run(step: Step, session: WorkerSession, replies: dict[str, Any]) -> tuple[str, Any]:
    try:
        return step.name, session.call(step.op, **_filled(step.params, replies))
    except StudentError as error:
        return _instead(step, error, session, replies)


def _instead(
    step: Step, first: StudentError, session: WorkerSession, replies: dict[str, Any]
) -> tuple[str, Any]:
    """What is done about a step in which the student's code fails. Raises StudentError where nothing is."""
    error = first
    for other in step.otherwise if session.alive else ():
        try:
            return _run(other, session, replies)
        except StudentError as second:
            # That a name of the contract is missing says less than why the way around it fails.
            error = second if first.type == "AttributeError" or not session.alive else first
    if step.may_fail and session.alive:
        return step.name, {"failed": error.message, "error": error}
    error.mistake = step.mistake  # type: ignore[attr-defined]
    raise error from None


def _filled(value: Any, replies: dict[str, Any]) -> Any:
    """Parameters with the values that earlier replies gave in place of `Reply`."""
    if isinstance(value, Reply):
        found = look(replies, value.path)
        return None if found is NOTHING or isinstance(found, Opaque) else found
    if isinstance(value, dict):
        return {key: _filled(item, replies) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(item, replies) for item in value]
    return value
