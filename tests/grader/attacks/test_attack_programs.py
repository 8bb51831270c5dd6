"""Programs that leave something hostile behind: what the grader reads after the run of main.py.

Each is put in the place of main.py. The verdict is always the student's, and soon: nothing that a program
leaves is an error of ours or takes the grader's own time or memory.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.checks.reference import HANDOUTS, SOLUTIONS
from grader.checks.runner import checks_of, run_check
from grader.checks.submission import Submission
from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.assignment import load_assignment
from hwlib.checking.events import MAX_VALUES, Events
from hwlib.checking.verdict import Outcome

pytestmark = pytest.mark.slow

BEFORE = """
import argparse, json, os, struct, sys
import torch
from tensorboard.compat.proto.event_pb2 import Event
parser = argparse.ArgumentParser()
parser.add_argument("--ckpt_dir"); parser.add_argument("--log_dir")
given, _ = parser.parse_known_args()
runs, saved = given.log_dir + "/run", given.ckpt_dir + "/run"
os.makedirs(runs, exist_ok=True); os.makedirs(saved, exist_ok=True)
checkpoint = saved + "/step-00000060.pt"
def save(content): torch.save(content, checkpoint)
def record(text): open(runs + "/run.json", "w").write(text)
def events(name, data): open(f"{runs}/events.out.tfevents.{name}", "wb").write(data)
def curve(tag, points):
    event = Event(step=1)
    for value in points: event.summary.value.add(tag=tag, simple_value=value)
    data = event.SerializeToString()
    return struct.pack("<Q", len(data)) + b"crc!" + data + b"crc!"
"""
NO_CURVES = "no reconstruction_loss"
# What main.py does, and what the verdict says of it.
PROGRAMS = {
    "pipes_and_devices": ("""
save({"step": 60}); record("{}")
os.mkfifo(runs + "/1.tfevents"); os.symlink("/dev/zero", runs + "/2.tfevents")
os.symlink("/proc/self/mem", runs + "/3.tfevents"); os.mkdir(runs + "/4.tfevents")
os.symlink("/", runs + "/root")
""", NO_CURVES),
    "files_of_nothing": ("""
save({"step": 60}); record("{}")
for number in range(1500):
    with open(f"{runs}/{number}.tfevents", "wb") as file: file.truncate(400 << 20)
""", NO_CURVES),
    "one_file_under_many_names": ("""
save({"step": 60}); record("{}")
events(0, curve("loss", [1.0] * 200_000) * 12)
for number in range(1, 1500): os.link(f"{runs}/events.out.tfevents.0", f"{runs}/events.out.tfevents.{number}")
""", NO_CURVES),
    "record_without_end": ('save({"step": 60}); record("[" * 200_000)', "a file that is no JSON"),
    "record_of_a_large_number": ('save({"step": 60}); record("9" * 100_000)', "a file that is no JSON"),
    "record_is_a_folder": ('save({"step": 60}); os.mkdir(runs + "/run.json")', "none"),
    "step_of_many_numbers": ('save({"step": torch.tensor([60, 60])}); record("{}")', "another content"),
    "step_that_is_none": ('save({"step": float("nan")}); record("{}")', "another content"),
    "checkpoint_of_a_terabyte": (
        'save({"step": 60, "x": torch.zeros(1).expand(1 << 38)}); record("{}")', "the limit"
    ),
    "checkpoint_that_unpacks_to_much": ("""
import zipfile
with zipfile.ZipFile(checkpoint, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("a/data.pkl", b"\\x80\\x02}q\\x00."); archive.writestr("a/version", "3")
    archive.writestr("a/data/0", bytes(200 << 20))
record("{}")
""", "another content"),
    "checkpoint_is_a_pipe": ("os.mkfifo(checkpoint)", "no checkpoint"),
    "names_of_no_text": ("""
open(os.fsencode(saved) + b"/\\xff\\x1b[31m\\xe2\\x80\\xae<b>.pt", "wb").close()
""", "<b>.pt"),
    "exit_code_without_end": ("sys.exit(10**5000)", ""),
    "last_words": (r"""
sys.exit("\x1b[31m\u202e\ud800<img src=x onerror=alert(1)>" * 1000)
""", "ended with code 1"),
    "a_blank_that_is_none": (r"""
os.write(1, b"\xff\xed\xa0\x80\x1b]0;x\x07 main.py, TODO 99999999999999999999 ")
os.write(1, b"(\xe2\x80\xae<b>): not filled in yet\n")
sys.exit(3)
""", ""),
    "answers_of_other_kinds": ("""
import hwlib.checking.operations as operations
operations.Operations.run = lambda self, op, params: {
    "exit": torch.zeros(2), "error": {"type": [1], "message": {"a": 1}, "traceback": [{"line": 10**18}]},
    "files": [{"path": [1]}, {"path": "\\udcff\\0/etc/passwd", "size": float("nan")}, None, 7],
}
""", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_program_leaves_is_its_own_verdict(wall: Bubblewrap, tmp_path: Path, name: str) -> None:
    code, says = PROGRAMS[name]
    assignment = load_assignment(HANDOUTS / "VAE")
    shutil.copytree(SOLUTIONS / "VAE", tmp_path / "VAE", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "VAE" / "main.py").write_text(BEFORE + code)
    (check,) = [check for check in checks_of(assignment) if check.about.id == "quick_run"]
    with Submission(assignment, tmp_path / "VAE", wall, secret=b"s", student="1") as submission:
        result = run_check(submission, check)
    assert result.outcome in (Outcome.WRONG, Outcome.NOT_REACHED), result.private
    assert not result.points
    assert says in result.found
    assert not set(result.model_dump_json()) & {"\x1b", "\x07", "\u202e"}
    found = submission.notes.get("events", Events())
    assert sum(map(len, found.curves.values())) <= MAX_VALUES
