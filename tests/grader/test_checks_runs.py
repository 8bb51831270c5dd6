"""Check 7 and its parts: event files that nobody trusts, and runs of the program."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from grader.checks.reference import ROOT
from grader.pictures import MAX_SIDE, SIGNATURE, clean_png
from hwlib.assignment import all_assignments, load_assignment
from hwlib.checking.events import MAX_PICTURES, Events, finite, read_events
from hwlib.checking.quick_run import Folders, QuickRun, _curves, _main
from hwlib.checking.session import StudentError
from hwlib.checking.transport import Output

TRACKS = list(all_assignments(Path(__file__).parents[2] / "handouts"))


def record(step: int, **values: float) -> bytes:
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
    data = Event(step=step, summary=summary).SerializeToString()
    return struct.pack("<Q", len(data)) + b"crc!" + data + b"crc!"


def test_curves_are_read_and_damage_ends_the_reading() -> None:
    whole = record(1, loss=2.0) + record(2, loss=1.5, KL=0.1)
    events = read_events(whole)
    assert events.curves == {"loss": [(1, 2.0), (2, 1.5)], "KL": [(2, pytest.approx(0.1))]}
    assert read_events(whole[:-9]).curves == {"loss": [(1, 2.0)]}
    huge = struct.pack("<Q", 1 << 60) + b"crc!"
    assert read_events(record(1, loss=1.0) + huge + record(2, loss=1.0)).curves == {"loss": [(1, 1.0)]}
    broken = struct.pack("<Q", 5) + b"crc!" + b"\xff" * 5 + b"crc!"
    assert read_events(broken).curves == {}
    assert not finite([(1, 1.0), (2, float("nan"))])


def test_curves_without_end_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwlib.checking.events.MAX_VALUES", 5)
    events = Events()
    for _ in range(3):  # files of one run
        read_events(record(1, loss=2.0, KL=0.5) + record(2, loss=1.0), events)
    assert sum(map(len, events.curves.values())) == 5


@pytest.mark.parametrize(
    ("loss", "tag", "found"),
    [
        ([4.0, 3.0, 2.0, 1.0], "", None),
        ([1.0, 1.0, 2.0, 2.0], "", "from 1 to 2"),
        ([1.0, 1.0, 0.98, 0.98], "", "from 1 to 0.98"),
        ([4.0, float("nan"), 2.0, 1.0], "", "NaN or infinity in loss"),
        ([4.0, 3.0, 2.0, 1.0], "KL_divergence", "no KL_divergence"),
        ([4.0, 3.0, 2.0, 1.0], "samples", "no samples"),
    ],
)
def test_the_curves_and_pictures_of_the_assignment_are_asked_for(
    loss: list[float], tag: str, found: str | None
) -> None:
    assignment = load_assignment(ROOT / "handouts" / "VAE")
    run = QuickRun()
    for curve in assignment.run.curves:
        run.events.curves[curve.tag] = list(enumerate(loss if curve.tag == "loss" else [1.0] * 4))
    for group in assignment.run.images:
        run.events.images[group.tag] = [0]
    run.events.curves.pop(tag, None)
    run.events.images.pop(tag, None)
    problem = _curves(assignment, run.events)
    assert (problem.found.en if problem else None) == found


class Said:
    def __init__(self, text: str) -> None:
        self.printed = text

    def settled(self) -> str:
        return self.printed


class Session:
    """Stands in for a worker that ran main.py."""

    def __init__(self, reply: object, printed: str = "") -> None:
        self.reply, self.output = reply, Said(printed)

    def call(self, op: str, **params: object) -> object:
        return self.reply


def test_a_run_that_fails_says_why() -> None:
    _main(Session({"exit": 0, "error": None}), Folders())  # type: ignore[arg-type]
    blank = "error: trainer.py, TODO 1 (Losses): not filled in yet. Fill in ..."
    with pytest.raises(StudentError) as caught:
        _main(Session({"exit": 2, "error": None}, blank), Folders())  # type: ignore[arg-type]
    assert caught.value.kind == "not_filled_in"
    assert caught.value.todo is not None
    assert caught.value.todo.number == 1
    with pytest.raises(StudentError, match="ended with code 2: error: no such device"):
        _main(Session({"exit": 2, "error": None}, "error: no such device"), Folders())  # type: ignore[arg-type]
    error = {"kind": "exception", "type": "ValueError", "message": "boom", "traceback": []}
    with pytest.raises(StudentError, match="ValueError: boom"):
        _main(Session({"exit": 1, "error": error}), Folders())  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_the_public_checks_pass_on_the_reference_and_leave_nothing_behind(track: str, tmp_path: Path) -> None:
    for part in (f"solutions/{track}", f"handouts/{track}"):
        (tmp_path / part).mkdir(parents=True)
        for file in (ROOT / part).iterdir():
            if file.suffix in (".py", ".yaml", ".safetensors"):
                (tmp_path / part / file.name).write_bytes(file.read_bytes())
    folder = tmp_path / "solutions" / track
    before = sorted(folder.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "hwlib.check"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "quick_run" in done.stdout
    assert sorted(folder.rglob("*")) == before


def png(width: int = 2, height: int = 2, extra: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\1\2" * 2)
    text = chunk(b"tEXt", extra) if extra else b""
    return SIGNATURE + chunk(b"IHDR", header) + text + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_the_last_picture_of_each_group_is_kept_as_it_is_encoded() -> None:
    data = b""
    for step, name in ((1, "samples"), (2, "samples"), *((3, f"other{n}") for n in range(MAX_PICTURES + 5))):
        picture = Summary.Image(encoded_image_string=png(extra=f"{name} {step}".encode()))
        summary = Summary(value=[Summary.Value(tag=name, image=picture)])
        event = Event(step=step, summary=summary).SerializeToString()
        data += struct.pack("<Q", len(event)) + b"crc!" + event + b"crc!"
    events = read_events(data)
    assert events.images["samples"] == [1, 2]
    assert b"samples 2" in events.encoded["samples"]
    assert len(events.encoded) == MAX_PICTURES


def test_a_page_gets_the_picture_and_nothing_else_of_the_file() -> None:
    assert clean_png(png()) == png()
    assert clean_png(png(extra=b"<script>") + b"behind the end") == png()
    assert Image.open(io.BytesIO(clean_png(png(extra=b"x")) or b"")).size == (2, 2)
    whole = png()
    for wrong in (b"", b"GIF89a", whole[:-5], whole[:20] + b"\xff" + whole[21:], SIGNATURE, whole[:-12]):
        assert clean_png(wrong) is None
    assert clean_png(png(width=MAX_SIDE + 1)) is None
    assert clean_png(png(height=0)) is None
    assert clean_png(whole[:33] + whole[8:]) is None  # two headers
    assert clean_png(png(extra=b"x" * (1 << 20))) is None


def test_what_is_printed_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    output, waited = Output(), 0

    def wait(seconds: float) -> None:
        nonlocal waited
        waited += 1
        if waited == 3:
            output.add(b"late")

    monkeypatch.setattr("hwlib.checking.transport.time.sleep", wait)
    output.add(b"early, ")
    assert output.settled() == "early, late"
    assert waited < 60
