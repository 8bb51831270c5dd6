"""Executes report.ipynb, inside the sandbox: the worker runs this file as the program of a submission.

The kernel is a process of its own beside this one. They talk over sockets in /tmp, because the sandbox has no
network, not even to itself. Reads report.ipynb and budget.json, writes executed.json:

    {"outputs": {"4": [...]}, "stopped": "" | "timeout" | "flood" | "died" | "time_up", "cell": null | 2}

with outputs by the cell's place in the notebook, and the number of the code cell that stopped the run.

Nothing here is trusted by whoever reads that file: a notebook can write it as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from hwlib.files import atomic_write_text

HOME = Path("/tmp/kernel")
FLOOD = 100
"""A cell that puts out this many times of what is kept is ended, before it fills the memory."""
KEPT = ("output_type", "name", "text", "data", "ename", "evalue")


class ReportClient(NotebookClient):
    """nbclient, but a cell's outputs are kept up to a size, and at a multiple of it the kernel is ended.

    A cell is never interrupted for its outputs: it may be over already, and the signal would meet the next
    one, or the kernel while it answers, whose answer is then lost.
    """

    room = 0
    end_at = 0
    ending: asyncio.Future[None] | None = None

    def allow(self, size: int) -> None:
        """What the next cell may put out, in bytes."""
        self.room, self.end_at = size, size - FLOOD * size

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        """Keeps one output, the beginning of a text for which there is no room, or nothing."""
        before, content = self.room, msg["content"]
        self.room -= len(json.dumps(content, default=str))
        if self.room < self.end_at and self.ending is None:
            kernel: Any = self.km
            self.ending = asyncio.ensure_future(kernel.signal_kernel(signal.SIGKILL))
        if self.room >= 0:
            return super().output(outs, msg, display_id, cell_index)
        if before > 0 and msg["msg_type"] == "stream":
            content["text"] = content["text"][:before]
            super().output(outs, msg, display_id, cell_index)
        return None


async def execute(notebook: Any, budget: dict[str, float]) -> dict[str, Any]:
    """Runs the code cells one after the other, within `budget` (seconds and bytes)."""
    HOME.mkdir(parents=True)
    work = Path("work")
    work.mkdir()
    manager = AsyncKernelManager(transport="ipc", connection_file=str(HOME / "kernel.json"))
    client = ReportClient(notebook, km=manager, timeout=int(budget["cell_seconds"]), allow_errors=True)
    outputs: dict[str, Any] = {}
    done: dict[str, Any] = {"outputs": outputs, "stopped": "", "cell": None}
    async with client.async_setup_kernel(cwd=str(work.resolve()), env=environment()):
        end = time.monotonic() + budget["seconds"]
        code = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        for number, (index, cell) in enumerate(code, start=1):
            if time.monotonic() >= end:
                return {**done, "stopped": "time_up", "cell": number}
            client.allow(int(budget["cell_bytes"]))
            try:
                await client.async_execute_cell(cell, index)
            except CellTimeoutError:
                done |= {"stopped": "timeout", "cell": number}
            except DeadKernelError:
                done |= {"stopped": "died", "cell": number}
            if client.ending:
                done |= {"stopped": "flood", "cell": number}
            outputs[str(index)] = [{key: out[key] for key in KEPT if key in out} for out in cell.outputs]
            if client.room < 0:
                words = f"[more than {budget['cell_bytes']:.0f} bytes of output; the rest was left out]"
                outputs[str(index)].append({"output_type": "stream", "text": words})
            if done["stopped"]:
                await manager.shutdown_kernel(now=True)
                return done
    return done


def environment() -> dict[str, str]:
    """The kernel's environment: this one's, with the folders that this process imports from."""
    import hwlib

    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    path = [str(Path(hwlib.__file__).resolve().parent.parent), *packages]
    fonts = HOME / "fonts.conf"
    fonts.write_text("<fontconfig/>")  # the computer's own is not shown, and its lack would be reported
    own = {"PYTHONPATH": os.pathsep.join(path), "IPYTHONDIR": str(HOME), "FONTCONFIG_FILE": str(fonts)}
    inherited = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return {**inherited, **own}  # without a backend of its own, a kernel shows figures in the notebook


if __name__ == "__main__":
    budget = json.loads(Path("budget.json").read_text())
    result = asyncio.run(execute(nbformat.read("report.ipynb", as_version=4), budget))
    # By way of a name that no cell knew: a pipe in the file's place would be waited for.
    atomic_write_text("executed.json", json.dumps(result))
