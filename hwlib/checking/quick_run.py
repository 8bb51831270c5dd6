"""Check of the whole program: `main.py --do_train` in its seconds-long mode, run twice."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from hwlib.assignment import Assignment
from hwlib.checking.compare import as_array
from hwlib.checking.errors import StudentError, Todo, read_error
from hwlib.checking.events import Events, finite, read_events
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.session import WorkerSession
from hwlib.checking.words import Words, as_is, say

TIMEOUT = 300.0
FALL = 0.9
"""The last two logged losses are at most this share of the first two. The reference VAE reaches 0.64 to
0.76 over three seeds; without optimizer steps it is 0.997."""
MAX_EVENT_FILES = 20
MAX_EVENT_BYTES = 32 << 20
"""Of all event files together: they are read here, outside of the sandbox. Two runs write two small files."""
_BLANK = re.compile(r"(\w+\.py), TODO (\d+) \(([^()]{1,80})\): not filled in yet")

LOSS_RISES = Mistake(
    "loss_does_not_fall",
    say("the loss does not fall", "损失没有下降"),
    say("A right training step lowers the loss within 60 steps.", "训练步骤正确时，60 步之内损失就会下降。"),
)
NO_CHECKPOINT = Mistake(
    "checkpoint_missing",
    say("no checkpoint of the last step is saved", "没有保存最后一步的检查点"),
    say(
        "train saves every saving_steps steps and after the last one: self.save(step).",
        "train 每隔 saving_steps 步以及在最后一步之后保存检查点：self.save(step)。",
    ),
)
NO_CURVE = Mistake(
    "curve_missing",
    say("a curve is not written", "缺少一条曲线"),
    say(
        "The handout lists the curves that TensorBoard must show; log in trainer.py writes them.",
        "作业说明列出了 TensorBoard 中必须有的曲线；它们由 trainer.py 中的 log 写入。",
    ),
)
NO_PICTURE = Mistake(
    "picture_missing",
    say("a group of pictures is not written", "缺少一组图像"),
    say(
        "The handout lists the groups of pictures that TensorBoard must show; trainer.py adds them.",
        "作业说明列出了 TensorBoard 中必须有的图像；它们由 trainer.py 写入。",
    ),
)
NOT_FINITE = Mistake(
    "loss_not_finite",
    say("the training does not stay finite", "训练过程中出现了非有限值"),
    say(
        "Look for log(0), for a division by zero and for the sign of the loss.",
        "请检查 log(0)、除以零以及损失的符号。",
    ),
)
TRAINS_ANEW = Mistake(
    "trains_anew",
    say("the training starts again instead of going on", "没有接着训练，而是从头开始"),
    say(
        "restore in trainer.py loads the latest checkpoint and returns its step.",
        "trainer.py 中的 restore 应加载最新的检查点，并返回它的步数。",
    ),
)
NONE = say("none", "没有")


@dataclass
class QuickRun:
    """What a run left behind."""

    events: Events = field(default_factory=Events)
    record: dict[str, Any] = field(default_factory=dict)
    checkpoints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Folders:
    """Where the program is to write: names that nobody knew, so that nothing handed in lies there."""

    ckpt_dir: str = field(default_factory=lambda: f"check-{secrets.token_hex(8)}")

    @property
    def log_dir(self) -> str:
        return f"{self.ckpt_dir}-runs"

    @property
    def arguments(self) -> list[str]:
        given = ["--do_train", "--quick", "--device", "cpu"]
        return [*given, "--ckpt_dir", self.ckpt_dir, "--log_dir", self.log_dir]


def run_quickly(session: WorkerSession, assignment: Assignment) -> tuple[Problem | None, QuickRun]:
    """Runs the program twice in a session of its own; the second run takes up the first one's checkpoint.

    Raises StudentError where the program fails.
    """
    run, folders = QuickRun(), Folders()
    try:
        _main(session, folders)
    except StudentError:
        # A program that saves nothing ends by itself when it looks for its checkpoint.
        if "no checkpoint in" not in session.output.settled()[-2000:] or not session.alive:
            raise
    problem = _look_at(session, assignment, run, folders)
    if problem is not None:
        return problem, run
    before = {tag: len(points) for tag, points in run.events.curves.items()}
    _main(session, folders)
    again = QuickRun()
    problem = _look_at(session, assignment, again, folders)
    if problem is None:
        tag = assignment.run.curves[0].tag
        new = len(again.events.curves.get(tag, [])) - before.get(tag, 0)
        if new > 0:
            problem = Problem(
                say(
                    "the same command again goes on from the checkpoint of the last step: nothing "
                    "is left to train",
                    "再次运行同一命令时，从最后一步的检查点继续：已经没有需要训练的步数",
                ),
                say(
                    "{new} new points of the curve {tag}: it trained from the start",
                    "曲线 {tag} 上多了 {new} 个点：又从头训练了一遍",
                    new=new,
                    tag=tag,
                ),
                TRAINS_ANEW,
            )
    return problem, run


def _main(session: WorkerSession, folders: Folders) -> None:
    reply = session.call("main", argv=folders.arguments, timeout=TIMEOUT)
    if not ended_well(reply):
        raise error_of(session, reply)


def ended_well(reply: dict[str, Any]) -> bool:
    """Whether a program that was run has ended with code 0, by the worker's reply."""
    code = reply.get("exit")
    return type(code) is int and code == 0


def error_of(session: WorkerSession, reply: dict[str, Any]) -> StudentError:
    """Why a program that was run has failed, by the worker's reply and what the program printed."""
    printed = session.output.settled()
    blank = _BLANK.search(printed[-4000:])
    if blank:
        return StudentError("not_filled_in", blank[0], todo=Todo(blank[1], int(blank[2]), blank[3]))
    error = reply.get("error")
    if isinstance(error, dict) and error.get("type") not in (None, "SystemExit"):
        return read_error({**error, "kind": "exception"})
    lines = [line for line in printed.strip().splitlines() if line.strip()][-3:]
    if isinstance(error, dict):
        lines.append(str(error.get("message", "")))
    ended = say(
        "main.py ended with code {code}: {last}",
        "main.py 以代码 {code} 结束：{last}",
        code=reply.get("exit"),
        last=" / ".join(line for line in lines if line)[:700],
    )
    return StudentError("exception", ended)


def _look_at(
    session: WorkerSession, assignment: Assignment, run: QuickRun, folders: Folders
) -> Problem | None:
    files = session.call("list_files", path=".").get("files")
    listed = files if isinstance(files, (list, tuple)) else ()
    names = [str(item["path"]) for item in listed if isinstance(item, dict) and "path" in item]
    _read_curves(session, [name for name in names if name.startswith(f"{folders.log_dir}/")], run.events)
    steps = int(str(assignment.run.quick.get("num_train_steps", 0)))
    run.checkpoints = [n for n in names if n.startswith(f"{folders.ckpt_dir}/") and n.endswith(".pt")]
    if not any(name.endswith(f"step-{steps:08d}.pt") for name in run.checkpoints):
        names_found = ", ".join(name.rpartition("/")[2] for name in run.checkpoints)
        found = as_is(names_found) if names_found else say("no checkpoint", "没有检查点")
        wanted = say("a checkpoint of step {step}", "第 {step} 步的检查点", step=steps)
        return Problem(wanted, found, NO_CHECKPOINT)
    content = session.call("load_checkpoint", path=run.checkpoints[-1]).get("content")
    if not isinstance(content, dict) or not _is_number(content.get("step"), steps):
        return Problem(
            say("a checkpoint that says step {step}", "检查点中记录的步数为 {step}", step=steps),
            say("another content", "其他内容"),
            NO_CHECKPOINT,
        )
    records = [
        name for name in names if name.startswith(f"{folders.log_dir}/") and name.endswith("/run.json")
    ]
    if not records:
        return Problem(
            say("a run record, run.json, beside the curves", "曲线所在文件夹中有运行记录 run.json"), NONE
        )
    data = session.call("read_file", path=records[0], limit=1 << 20).get("data")
    try:
        run.record = dict(json.loads(bytes(data)))
    except (ValueError, TypeError, RecursionError):
        return Problem(
            say("a run record in JSON", "JSON 格式的运行记录"), say("a file that is no JSON", "文件不是 JSON")
        )
    return _curves(assignment, run.events)


def _read_curves(session: WorkerSession, names: list[str], events: Events) -> None:
    left = MAX_EVENT_BYTES
    for name in [name for name in names if "tfevents" in name][:MAX_EVENT_FILES]:
        data = session.call("read_file", path=name, limit=left).get("data")
        data = data[:left] if isinstance(data, bytes) else b""
        left -= len(data)
        read_events(data, events)


def _is_number(value: object, wanted: int) -> bool:
    """Whether a value out of a checkpoint is this number, as Python's or as a tensor of one element."""
    numbers = as_array(value)
    return numbers is not None and numbers.size == 1 and float(numbers.reshape(())) == wanted


def _curves(assignment: Assignment, events: Events) -> Problem | None:
    missing = [curve.tag for curve in assignment.run.curves if not events.curves.get(curve.tag)]
    if missing:
        wanted = ", ".join(curve.tag for curve in assignment.run.curves)
        return Problem(say("the curves {tags}", "曲线 {tags}", tags=wanted), _lack(missing), NO_CURVE)
    missing = [group.tag for group in assignment.run.images if not events.images.get(group.tag)]
    if missing:
        wanted = ", ".join(group.tag for group in assignment.run.images)
        return Problem(say("the pictures {tags}", "图像 {tags}", tags=wanted), _lack(missing), NO_PICTURE)
    broken = [curve.tag for curve in assignment.run.curves if not finite(events.curves[curve.tag])]
    if broken:
        return Problem(
            say("finite values in all curves", "所有曲线的值都是有限值"),
            say("NaN or infinity in {tags}", "{tags} 中有 NaN 或无穷大", tags=", ".join(broken)),
            NOT_FINITE,
        )
    points = [value for _, value in events.curves.get("loss", [])]
    if "loss" in {curve.tag for curve in assignment.run.curves} and len(points) >= 4:
        first, last = sum(points[:2]) / 2, sum(points[-2:]) / 2
        if last > FALL * first:
            return Problem(
                say(
                    "a loss that falls by at least {share:.0f} %",
                    "损失至少下降 {share:.0f} %",
                    share=100 * (1 - FALL),
                ),
                say("from {first:.4g} to {last:.4g}", "从 {first:.4g} 到 {last:.4g}", first=first, last=last),
                LOSS_RISES,
            )
    return None


def _lack(tags: list[str]) -> Words:
    return say("no {tags}", "缺少 {tags}", tags=", ".join(tags))
