"""The workers of one track of one submission, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hwlib.checking.errors import NotImportedError, StudentError
from hwlib.checking.regions import read_source
from hwlib.checking.session import WorkerSession
from hwlib.checking.steps import Step, ask_steps
from hwlib.checking.transport import Transport

SECOND_TIMEOUT = 4.0
"""Seconds for an answer once one did not come, or patience is at its end; honest ones take well under one."""
PATIENCE = 120.0
"""Seconds that the answers of a track may take together: code that is always just in time holds nobody up."""

Request = tuple[str, dict[str, Any]]


class Workers:
    """Asks a worker; after a crash, which ends one check, the next worker.

    The student's files are imported one by one, each before the first operation that needs it. So a file
    whose import never ends, or ends the process, is known as what it is: it costs its deadline once, and
    whatever needs it later is not reached. It is tried a second time first, unless it was busy for half of
    its deadline: on a loaded computer an honest import may come too late.

    Args:
        files: the student's files (main.py, dataset.py, ...).
        timeout: seconds for an answer.

    Attributes:
        check: the check that asks, for the message of those that are not reached.
        session: a worker that is alive.
    """

    def __init__(self, transport: Transport, folder: Path, files: Sequence[str], timeout: float) -> None:
        self.transport, self.folder = transport, folder
        self.timeout = timeout
        self.check = ""
        self._import_timeout = timeout
        self._modules = tuple(Path(name).stem for name in files)
        self._session: WorkerSession | None = None
        self._waited = 0.0  # for the answers of workers that are gone
        self._imported: set[str] = set()  # by the worker that is alive
        self._lost: dict[str, NotImportedError] = {}

    @property
    def session(self) -> WorkerSession:
        if self._session is not None and not self._session.alive:
            if self._session.timed_out:
                # Code that has looped once will loop again; a check is not to wait as long for it.
                self.timeout = min(self.timeout, SECOND_TIMEOUT)
            self.close()
        if self._session is None:
            self._session = WorkerSession(self.transport, self.folder, timeout=self.timeout)
            self._imported.clear()
        if self._waited + self._session.waited > PATIENCE:
            self._session.timeout = self.timeout = min(self.timeout, SECOND_TIMEOUT)
        return self._session

    def fresh_session(self) -> WorkerSession:
        """A worker of its own, for programs that are run as a whole; close it after use.

        Raises NotImportedError as `require_imports` does.
        """
        self.require_imports()
        return WorkerSession(self.transport, self.folder, timeout=self.timeout)

    def require_imports(self) -> None:
        """Raises NotImportedError where a file can't be imported, as no program can that needs it."""
        for error in self._lost.values():
            raise error

    def close(self) -> None:
        """Ends the worker."""
        if self._session is not None:
            self._waited += self._session.waited
            self._session.close()
            self._session = None

    def call(self, op: str, /, **params: Any) -> Any:
        """One operation (see `hwlib.checking.operations`). Raises StudentError and GraderError."""
        self._import_for([(op, params)])
        return self.session.call(op, **params)

    def run(self, steps: Sequence[Step]) -> dict[str, Any]:
        """Steps of a case; returns their replies by name. Raises StudentError and GraderError."""
        self._import_for((step.op, step.params) for step in steps)
        return ask_steps(self.session, steps)

    def _import_for(self, requests: Iterable[Request]) -> None:
        for op, params in requests:
            for module in _modules_of(op, params):
                if module in self._modules:
                    self._import(module)

    def _import(self, module: str) -> None:
        if module in self._lost:
            raise self._lost[module]
        for attempt in (1, 2):
            session = self.session
            if module in self._imported:
                return
            before = session.cpu_seconds()
            try:
                session.call("import", modules=[module], timeout=self._import_timeout)
            except StudentError as error:
                if session.alive:
                    break  # an exception: whoever needs the module gets it again
                used = session.cpu_seconds_at_end
                busy = before is not None and used is not None and used - before > self._import_timeout / 2
                if attempt == 2 or busy:
                    self._give_up(module, error)
                    raise
            else:
                break
        self._imported.add(module)

    def _give_up(self, module: str, error: StudentError) -> None:
        file = f"{module}.py"
        self._lost[module] = NotImportedError(file, error, self.check)
        # What imports it at its first level would wait for the same.
        imports = re.compile(rf"^(?:from|import)\s+{re.escape(module)}\b", re.MULTILINE)
        for other in set(self._modules) - set(self._lost):
            if imports.search("\n".join(read_source(self.folder / f"{other}.py"))):
                self._lost[other] = NotImportedError(file, error, self.check)


def _modules_of(op: str, params: dict[str, Any]) -> list[str]:
    """The modules that an operation needs, by name."""
    if op == "import":
        return [str(name) for name in params["modules"]]
    needed = [str(params["file"])] if "file" in params else []
    if params.get("callable") == "bare":  # hwlib.checking.standins.bare(file, class, attributes)
        needed.append(str(params["args"][0]))
    return needed
