import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hwlib.errors import HomeworkError, cli_errors, os_error_sentence


def leave(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left, cli_errors():
        raise error
    assert isinstance(left.value.code, int)
    return left.value.code, capsys.readouterr().err


def run_main_py(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *flags, "main.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_a_users_error_is_one_sentence_without_traceback(capsys):
    code, said = leave(HomeworkError("found A, expected B; type C"), capsys)
    assert code == 2
    assert said == "error: found A, expected B; type C\n"


def test_a_blank_region_says_what_to_fill_in(capsys):
    code, said = leave(NotImplementedError("VAE.py, TODO 2 (Reparameterization): not filled in yet"), capsys)
    assert code == 2
    assert said.startswith("VAE.py, TODO 2 (Reparameterization): not filled in yet. Fill in the region")


def test_another_not_implemented_error_is_a_bug_and_stays_one():
    with pytest.raises(NotImplementedError, match="some operator"), cli_errors():
        raise NotImplementedError("some operator")


@pytest.mark.parametrize(("flags", "lines"), [([], 5), (["-X", "dev"], None)])
def test_an_error_in_students_code_shows_the_students_lines(tmp_path, flags, lines):
    (tmp_path / "main.py").write_text(
        "from hwlib.errors import cli_errors\nimport trainer\n@cli_errors()\ndef main():\n"
        "    trainer.train()\nmain()\n"
    )
    (tmp_path / "trainer.py").write_text("import json\ndef train():\n    json.loads('x')\n")
    done = run_main_py(tmp_path, *flags)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) == (lines is None)
    if lines:
        said = done.stderr.splitlines()
        assert len(said) == lines
        assert said[2] == "  trainer.py, line 3, in train: json.loads('x')"
        assert said[3].startswith("error: JSONDecodeError in trainer.py, line 3: Expecting value")
        assert "python -m hwlib.check" in said[4]


def test_a_students_function_in_main_py_is_students_code(tmp_path):
    (tmp_path / "main.py").write_text(
        "from hwlib.errors import cli_errors\nimport json\ndef sample_images():\n    return json.loads('x')\n"
        "@cli_errors()\ndef main():\n    (lambda: sample_images())()\nmain()\n"
    )
    done = run_main_py(tmp_path)
    assert "Traceback" not in done.stderr
    assert "error: JSONDecodeError in main.py, line 4: Expecting value" in done.stderr


def test_a_fault_of_ours_keeps_its_traceback(tmp_path):
    (tmp_path / "main.py").write_text(
        "from hwlib.errors import cli_errors\n@cli_errors()\ndef main():\n    import json; json.loads('x')\n"
        "main()\n"
    )
    done = run_main_py(tmp_path)
    assert "Traceback" in done.stderr


def test_ctrl_c_says_that_nothing_is_lost(capsys):
    code, said = leave(KeyboardInterrupt(), capsys)
    assert code == 130
    assert "the same command goes on from there" in said


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full: /x/y could not be written"),
        (errno.EACCES, "no permission for /x/y"),
        (errno.EROFS, "no permission for /x/y"),
        (errno.EISDIR, "/x/y is a folder where a file is needed"),
        (errno.ENOTDIR, "/x/y is a file where a folder is needed"),
        (errno.ENOENT, "/x/y does not exist"),
        (errno.EIO, "/x/y: Input/output error"),
    ],
)
def test_errors_of_the_file_system_are_sentences(number, words, capsys):
    code, said = leave(OSError(number, os.strerror(number), "/x/y"), capsys)
    assert code == 2
    assert words in said


def test_a_name_in_bytes_is_shown_as_text():
    assert os_error_sentence(OSError(errno.ENOENT, "no", b"/x/\xff")).startswith("/x/")


def test_an_os_error_without_a_number_keeps_its_traceback():
    with pytest.raises(OSError, match="strange"), cli_errors():
        raise OSError("strange")


def test_a_closed_pipe_ends_quietly():
    program = "from hwlib.errors import cli_errors\nwith cli_errors():\n  while True: print('x' * 1000)"
    command = f'"{sys.executable}" -c "{program}" | head -1 > /dev/null'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "no", "/x/y"), "warning: the disk is full: /x/y"),
        (ValueError("bug"), "Traceback"),
    ],
)
def test_a_thread_that_ends_on_a_full_disk_says_so(capsys, monkeypatch, error, words):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)

    def fail():
        raise error

    with cli_errors():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert words in capsys.readouterr().err
