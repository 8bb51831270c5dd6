"""Running the student's program, and the files around it."""

from __future__ import annotations

import _thread
import os
import sys
import threading
from importlib.machinery import FileFinder
from pathlib import Path
from typing import Any

import torch

from hwlib.checking import student
from hwlib.checking.operations.base import Base, EngineError, student_code, use_compiled_convolutions

MAX_FILES = 2_000


class Running(Base):
    """Operations on programs and files."""

    def op_main(
        self, argv: list[str], file: str = "main.py", cwd: str = ".", interrupt_after: float = 0.0
    ) -> dict[str, Any]:
        """Runs `python main.py *argv` in this process, with the folder's modules loaded afresh.

        With `interrupt_after` the program gets a Ctrl-C after so many seconds. Replies {"exit": code (0
        where it just ended), "error": None or a description of the exception, "interrupted": whether the
        time was up}.
        """
        fired, over = threading.Event(), threading.Event()

        def interrupt() -> None:
            # Again and again: a Ctrl-C that comes amid an import or a destructor can get lost.
            while not over.wait(interrupt_after):
                fired.set()
                _thread.interrupt_main()

        if interrupt_after > 0:
            threading.Thread(target=interrupt, daemon=True).start()
        try:
            reply = self._main(argv, file, cwd)
            over.set()
        except KeyboardInterrupt:  # it came when the program had just ended
            over.set()
            reply = {"exit": 130, "error": None}
        return {**reply, "interrupted": fired.is_set()}

    def _main(self, argv: list[str], file: str, cwd: str) -> dict[str, Any]:
        student.forget_modules(self.folder)
        saved = sys.argv, os.getcwd()
        sys.argv = [file, *argv]
        use_compiled_convolutions(True)
        os.chdir(self.folder / cwd)
        try:
            student.run_as_main(self.folder / file)
        except SystemExit as error:
            code = error.code
            status = 0 if code is None else code if type(code) is int else 1
            return {
                "exit": status,
                "error": None if status == 0 else student.describe_error(error, self.folder),
            }
        except BaseException as error:
            return {"exit": 1, "error": student.describe_error(error, self.folder)}
        finally:
            use_compiled_convolutions(False)
            sys.argv = saved[0]
            os.chdir(saved[1])
        return {"exit": 0, "error": None}

    def op_write_files(self, files: dict[str, Any]) -> dict[str, Any]:
        """Writes files (path inside the folder -> bytes)."""
        folders: set[Path] = set()
        for path, data in files.items():
            target = self._path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            folders |= {*(self.folder / path).parents}
        # Of these folders alone: going through all finders, as importlib.invalidate_caches does, gives a
        # forked worker its own copy of every page that one of them lies in.
        for folder in folders:
            finder = sys.path_importer_cache.get(str(folder))
            if isinstance(finder, FileFinder):
                finder.invalidate_caches()
        return {}

    def op_list_files(self, path: str = ".") -> dict[str, Any]:
        """The regular files below a folder: {"files": [{"path", "size"}]}, sorted, at most 2,000."""
        files = []
        for folder, _, names in os.walk(self._path(path)):
            for name in names:
                file = Path(folder, name)
                if file.is_file() and not file.is_symlink():
                    files.append(
                        {"path": file.relative_to(self.folder).as_posix(), "size": file.stat().st_size}
                    )
            if len(files) > MAX_FILES:
                break
        return {"files": sorted(files[:MAX_FILES], key=lambda item: str(item["path"]))}

    def op_read_file(self, path: str, limit: int = 64 << 20) -> dict[str, Any]:
        """The first `limit` bytes of a file: {"data": bytes, "size"}; None without such a file."""
        file = self.folder / path
        # A link that leads out of the folder is no file of the student's.
        if not file.is_file() or not file.resolve().is_relative_to(self.folder.resolve()):
            return {"data": None, "size": 0}
        with open(file, "rb") as stream:
            return {"data": stream.read(limit), "size": file.stat().st_size}

    def op_load_checkpoint(self, path: str) -> dict[str, Any]:
        """What torch.load(weights_only=True) finds in a file of the folder: {"content": value}."""
        with student_code():
            content = torch.load(self.folder / path, map_location="cpu", weights_only=True)
        return {"content": content}

    def _path(self, path: str) -> Path:
        full = (self.folder / path).resolve()
        if not full.is_relative_to(self.folder.resolve()):
            raise EngineError(f"{path} is outside the student's folder")
        return full
