"""Check 8: trains in the sandbox, samples from a worker that has no data set, scores in the parent."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.checks.memorisation import Memorisation, memorisation
from grader.checks.reference import ROOT
from grader.checks.submission import Submission
from grader.results import FIDScore
from grader.sandbox import Limits, open_wall
from hwlib.assignment import Threshold
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.session import GraderError, StudentError, WorkerSession
from hwlib.checking.values import Ref
from hwlib.checking.words import say
from hwlib.data import load_images
from hwlib.errors import HomeworkError
from hwlib.fid import FIDResult, evaluate_fid

TRAINING_TIMEOUT = 3 * 3600.0
SAMPLES_FOR_COPIES = 500
LIMITS = Limits(memory=6 << 30, cpu_seconds=4 * 3600, processes=128)
MEMORISED = Mistake(
    "memorised",
    say("the samples are copies of training images", "采样得到的是训练图像的拷贝"),
    say(
        "The generator draws new images; it does not look at the data set while sampling.",
        "生成器应当画出新的图像，采样时不能读取数据集。",
    ),
)


@dataclass(frozen=True)
class Model:
    """How a track's trained model is made and sampled.

    Attributes:
        part: its name in a checkpoint ("model", "netG").
        file, function, arguments: the call that makes it, arguments from the settings.
    """

    part: str
    file: str
    function: str
    arguments: Callable[[dict[str, Any]], list[Any]]


@dataclass(frozen=True)
class Trained:
    """Weights of a trained model as numbers, and the settings they belong to."""

    state: dict[str, np.ndarray]
    settings: dict[str, Any]


def check_fid(submission: Submission, model: Model) -> None:
    """Ends the check as wrong where the FID is over the threshold or the samples are copies."""
    rules = submission.assignment.fid
    entry = rules.threshold_for(rules.network)
    if entry is None or entry.threshold is None:
        raise GraderError(
            f"handouts/{submission.track}/assignment.yaml has no threshold for {rules.network}: "
            "calibrate it first"
        )
    data = data_dir()
    options = submission.notes.get("options")
    own = getattr(options, "allow_checkpoint", False) and _own_checkpoint(submission.folder)
    settings = {**submission.assignment.run.defaults, **entry.calibration.settings}
    dataset = str(settings["dataset"])
    trained = from_checkpoint(submission, model, own) if own else train(submission, model, settings, data)
    real, held_out = load_images(dataset, data, train=True), load_images(dataset, data, train=False)
    result, copies = score(submission, model, trained, real, held_out, rules.num_images, rules.network)
    submission.notes["fid"] = as_score(result, copies, entry)
    submission.require(verdict(result, copies, entry.threshold))


def verdict(result: FIDResult, copies: Memorisation, threshold: float) -> Problem | None:
    """What is wrong with a score; None if nothing is."""
    asked = say(
        "FID ({network}) of at most {threshold:g}, with new images",
        "FID（{network}）不超过 {threshold:g}，且图像是新画出的",
        network=result.network,
        threshold=threshold,
    )
    if copies.memorised:
        return Problem(asked, copies.words, MEMORISED)
    if not result.fid <= threshold:
        found = say(
            "FID {fid:.2f} +- {spread:.2f}, {over:.2f} too much",
            "FID {fid:.2f} ± {spread:.2f}，高出 {over:.2f}",
            fid=result.fid,
            spread=result.spread,
            over=result.fid - threshold,
        )
        return Problem(asked, found)
    return None


def as_score(result: FIDResult, copies: Memorisation, entry: Threshold) -> FIDScore:
    """The score as it stands in `result.json`."""
    return FIDScore(
        fid=result.fid,
        threshold=entry.threshold or 0.0,
        network=result.network,
        num_real=result.num_real,
        num_generated=result.num_generated,
        split=result.split,
        spread=result.spread,
        reference_fid=entry.calibration.mean,
        reference_spread=entry.calibration.spread,
        memorised=copies.memorised,
    )


def data_dir() -> Path:
    """The folder of the data sets: $GRADER_DATA, else `data/` of the repository.

    Raises:
        GraderError: it is not there.
    """
    folder = Path(os.environ.get("GRADER_DATA", ROOT / "data"))
    if not folder.is_dir():
        raise GraderError(
            f"there is no folder {folder} with the data sets. Train the reference once (it "
            "downloads them), or set "
            "GRADER_DATA to a folder that holds MNIST/raw."
        )
    return folder


def train(submission: Submission, model: Model, settings: dict[str, Any], data: Path | None) -> Trained:
    """Trains behind a wall that shows the data sets, and takes the weights out as numbers.

    Raises StudentError where the program fails.
    """
    with ExitStack() as stack:
        wall = stack.enter_context(_wall(submission, data=data))
        session = stack.enter_context(WorkerSession(wall, submission.folder, timeout=submission.timeout))
        argv = ["--do_train", "--device", "cpu", "--ckpt_dir", "check-results", "--log_dir", "check-runs"]
        argv += ["--fid_images", "2", "--data_dir", "/data" if data is not None else "data"]
        given = {
            name: value
            for name, value in settings.items()
            if submission.assignment.run.defaults.get(name) != value
        }
        for name, value in sorted(given.items()):
            argv += [f"--{name}", str(value)]
        reply = session.call("main", argv=argv, timeout=TRAINING_TIMEOUT)
        if reply.get("exit") != 0:
            last = " / ".join(session.output.text().strip().splitlines()[-3:])
            ended = say(
                "the training ended with code {code}: {last}",
                "训练以代码 {code} 结束：{last}",
                code=reply.get("exit"),
                last=last[:500],
            )
            raise StudentError("exception", ended)
        files = session.call("list_files", path="check-results")["files"]
        paths = sorted(str(item["path"]) for item in files if str(item["path"]).endswith(".pt"))
        if not paths:
            submission.wrong(
                say("a checkpoint at the end of the training", "训练结束时有检查点"), say("none", "没有")
            )
        return Trained(_restored(submission, session, model, settings, paths[-1]), settings)


def from_checkpoint(submission: Submission, model: Model, path: str) -> Trained:
    """The weights of the submission's own checkpoint, read by the worker (weights only, no pickles)."""
    session = submission.session
    content = session.call("load_checkpoint", path=path)["content"]
    stored = content.get("settings") if isinstance(content, dict) else None
    settings = {**submission.assignment.run.defaults, **(stored if isinstance(stored, dict) else {})}
    return Trained(_restored(submission, session, model, settings, path), settings)


def score(
    submission: Submission,
    model: Model,
    trained: Trained,
    real: Tensor,
    held_out: Tensor,
    num_images: int,
    network: str,
) -> tuple[FIDResult, Memorisation]:
    """FID of images [n, 1, 32, 32] sampled from the weights, and the test for copies."""
    with ExitStack() as stack:
        wall = stack.enter_context(_wall(submission, data_sets=False))
        session = stack.enter_context(WorkerSession(wall, submission.folder, timeout=120))
        arguments = model.arguments(trained.settings)
        session.call("construct", file=model.file, callable=model.function, args=arguments, as_="trained")
        session.call("set_state", target="trained", state=trained.state)
        session.call("call", target="trained", method="eval")
        kept: list[Tensor] = []

        def sample(count: int) -> Tensor:
            images = _sample(submission, session, count, int(trained.settings["latent_dim"]))
            kept.append(images)
            return images

        try:
            result = evaluate_fid(real, sample, num_images=min(num_images, len(real)), network=network)
        except HomeworkError as error:
            raise GraderError(str(error)) from None
        return result, memorisation(torch.cat(kept)[:SAMPLES_FOR_COPIES], real, held_out[:SAMPLES_FOR_COPIES])


def _sample(submission: Submission, session: WorkerSession, count: int, latent_dim: int) -> Tensor:
    args = [Ref("trained"), count, latent_dim, "cpu"]
    images = session.call("call", file="main", method="sample_images", args=args, grad=False)["result"]
    fits = isinstance(images, np.ndarray) and images.shape == (count, 1, 32, 32) and images.dtype.kind == "f"
    if not fits or not np.isfinite(images).all() or images.min() < -1e-6 or images.max() > 1 + 1e-6:
        submission.wrong(
            say(
                "{count} finite images [{count}, 1, 32, 32] in [0, 1]",
                "{count} 幅图像 [{count}, 1, 32, 32]，均为 [0, 1] 内的有限值",
                count=count,
            ),
            say("something else", "其他内容"),
        )
    return torch.from_numpy(np.clip(images, 0, 1).astype(np.float32))


def _restored(
    submission: Submission, session: WorkerSession, model: Model, settings: dict[str, Any], path: str
) -> dict[str, np.ndarray]:
    """The weights that the model's own `restore` finds in the folder of a checkpoint."""
    arguments = model.arguments(settings)
    session.call("construct", file=model.file, callable=model.function, args=arguments, as_="restored")
    session.call("call", target="restored", method="restore", args=[path.rpartition("/")[0]])
    state = session.call("get_state", target="restored")["state"]
    if not isinstance(state, dict) or not all(isinstance(value, np.ndarray) for value in state.values()):
        submission.wrong(
            say("a checkpoint with the weights of {part}", "含有 {part} 权重的检查点", part=model.part),
            say("another content", "其他内容"),
        )
    return {str(name): value for name, value in state.items()}


def _own_checkpoint(folder: Path) -> str:
    paths = sorted(path for path in folder.rglob("step-*.pt") if path.is_file() and not path.is_symlink())
    return paths[-1].relative_to(folder).as_posix() if paths else ""


def _wall(submission: Submission, data: Path | None = None, data_sets: bool = True) -> Any:
    options = submission.notes.get("options")
    name = getattr(options, "sandbox", "auto")
    name = "bubblewrap" if name == "auto" else name
    return open_wall(name, limits=LIMITS, data=data, data_sets=data_sets, trusted=name == "none")
