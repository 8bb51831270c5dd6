"""The worker: reads requests, runs operations on the student's code, writes replies.

It is started as a child process (`python -c ... main()`, the public checks) or forked inside a sandbox (the
grader). It holds no answers: the parent sends inputs and decides about what comes back.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import torch

from hwlib.checking import student
from hwlib.checking.operations import EngineError, Operations, StudentCodeError
from hwlib.checking.operations.base import seed_all, use_compiled_convolutions
from hwlib.checking.protocol import FrameError, RawArray, read_frame, write_frame
from hwlib.checking.tensors import TooLargeError, from_raw, to_raw
from hwlib.checking.values import pack, unpack


def serve(folder: Path, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answers requests about the student's folder until the parent closes its end."""
    torch.set_num_threads(1)
    use_compiled_convolutions(False)
    seed_all(0)  # a submission graded twice draws the same noise
    student.install(folder)
    operations = Operations(folder)
    while True:
        frame = read_frame(requests.read)
        if frame is None:
            return
        body, arrays = frame
        reply, reply_arrays = _answer(operations, body, arrays)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):  # closed or replaced by the student
                stream.flush()
        try:
            write_frame(replies, {"id": body["id"], **reply}, reply_arrays)
        except (FrameError, ValueError, MemoryError) as error:  # nothing has been written yet
            fault = {"kind": "bad_reply", "type": "", "message": str(error), "traceback": []}
            write_frame(replies, {"id": body["id"], "replies": [{"error": fault}]}, [])


def _answer(
    operations: Operations, body: Any, arrays: list[RawArray]
) -> tuple[dict[str, Any], list[RawArray]]:
    """Runs the operations of a request in order, up to the first that fails."""
    replies: list[dict[str, Any]] = []
    reply_arrays: list[RawArray] = []
    for asked in body["requests"]:
        fault = None
        try:
            params = unpack(asked["params"], arrays, from_raw, operations.resolve)
            result = operations.run(asked["op"], params)
            # Packed at once: what comes later may change it in place.
            replies.append({"result": pack(result, reply_arrays, to_raw)})
        except StudentCodeError as error:
            fault = student.describe_error(error.__cause__ or error, operations.folder)
        except TooLargeError as error:
            fault = {"kind": "bad_reply", "type": "", "message": str(error), "traceback": []}
        except (EngineError, FrameError) as error:
            fault = {"kind": "engine", "type": "", "message": str(error), "traceback": []}
        except BaseException as error:  # something of the student's that breaks while it is read
            fault = student.describe_error(error, operations.folder)
        if fault is not None:
            replies.append({"error": fault})
            break
    return {"replies": replies}, reply_arrays


def main(folder: str) -> None:
    """Serves over the standard streams: requests on standard input, replies on standard output.

    The channel moves to descriptors of its own first; what the student prints goes to standard error.
    """
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    replies = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    path = Path(folder).resolve()
    os.chdir(path)
    sys.argv = ["main.py"]
    serve(path, requests, replies)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # neither atexit handlers nor threads of the student's hold us up
