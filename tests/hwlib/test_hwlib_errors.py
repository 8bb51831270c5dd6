import errno
import os
import subprocess
import sys
import threading

import pytest

from hwlib.errors import HomeworkError, cli_errors, os_error_sentence


def leave(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left, cli_errors():
        raise error
    assert isinstance(left.value.code, int)
    return left.value.code, capsys.readouterr().err


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
