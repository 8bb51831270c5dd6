"""One kind of error for everything that a user can mend, and one place where programs end on it."""

from __future__ import annotations

import errno
import os
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwlib.failing_layer import failing_layer


class HomeworkError(Exception):
    """Something the user can mend.

    The message says what was found, what was expected and what to type next; programs print it
    without a traceback (see `cli_errors`).
    """


def os_error_sentence(error: OSError) -> str:
    """The sentence that a user reads for an `OSError` of the file system."""
    place = os.fspath(error.filename) if error.filename is not None else "a file"
    if isinstance(place, bytes):
        place = os.fsdecode(place)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"the disk is full: {place} could not be written. Free some space and run the same command again."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        flags = " (--ckpt_dir, --log_dir, --data_dir)" if Path(sys.argv[0]).name == "main.py" else ""
        return f"no permission for {place}. Change its rights, or name another place{flags}."
    if error.errno == errno.EISDIR:
        return f"{place} is a folder where a file is needed. Move it away."
    if error.errno == errno.ENOTDIR or error.errno == errno.EEXIST:
        return f"{place} is a file where a folder is needed. Move it away or name another folder."
    if error.errno == errno.ENOENT:
        return f"{place} does not exist. Check the spelling of the path."
    return f"{place}: {error.strerror or error}."


@contextmanager
def cli_errors() -> Iterator[None]:
    """Ends a program with one clear sentence: exit code 2 for errors, 130 for Ctrl-C.

    Use as a decorator of a `main` function or in a `with` statement. Everything else keeps its traceback;
    of one that comes out of a student's code, main.py prints the student's lines (see `student_lines`).
    """
    if Path(sys.argv[0]).name == "main.py" and not sys.flags.dev_mode:
        sys.excepthook = _end_of_program
    # TensorBoard writes in a thread of its own, whose end on a full disk is a sentence as well.
    threading.excepthook = _end_of_thread
    try:
        yield
    except HomeworkError as error:
        _leave(f"error: {error}", 2)
    except NotImplementedError as error:
        if "not filled in yet" not in str(error):
            raise
        _leave(f"{error}. Fill in the region between # TODO START and # TODO END, then run this again.", 2)
    except KeyboardInterrupt:
        _leave("interrupted: what was saved before stays; the same command goes on from there.", 130)
    except BrokenPipeError:
        # The reader of our output has gone (`... | head`): nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        if error.errno is None:
            raise
        _leave(f"error: {os_error_sentence(error)}", 2)


def student_lines(error: BaseException, folder: Path) -> list[traceback.FrameSummary]:
    """The frames of an error that lie in a student's folder, the innermost last.

    Empty where none but those of the given code in main.py are among them: then the fault is not the
    student's, who writes functions of main.py other than `main`.
    """
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == folder]
    return frames if any(_is_students(frame) for frame in frames) else []


def _is_students(frame: traceback.FrameSummary) -> bool:
    return Path(frame.filename).name != "main.py" or frame.name not in ("<module>", "main", "<lambda>")


def _end_of_program(
    kind: type[BaseException], error: BaseException, trace: types.TracebackType | None
) -> None:
    lines = student_lines(error, Path(sys.argv[0]).resolve().parent)
    if not lines:
        sys.__excepthook__(kind, error, trace)
        return
    sys.stdout.flush()
    for line in lines:
        print(
            f"  {Path(line.filename).name}, line {line.lineno}, in {line.name}: {line.line}", file=sys.stderr
        )
    last = f"{Path(lines[-1].filename).name}, line {lines[-1].lineno}"
    layer = failing_layer(error)
    print(
        f"error: {kind.__name__} in {last}: {error}\n"
        + (f"  in the layer {layer}\n" if layer else "")
        + "`python -m hwlib.check` says which region is not right yet; `python -X dev main.py ...` shows "
        "PyTorch's lines, too.",
        file=sys.stderr,
        flush=True,
    )


def _end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if isinstance(ended.exc_value, OSError) and ended.exc_value.errno is not None:
        print(f"warning: {os_error_sentence(ended.exc_value)}", file=sys.stderr, flush=True)
    else:
        threading.__excepthook__(ended)


def _leave(sentence: str, code: int) -> None:
    sys.stdout.flush()
    print(f"\n{sentence}" if code == 130 else sentence, file=sys.stderr, flush=True)
    raise SystemExit(code) from None
