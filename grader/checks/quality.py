"""Check 8: trains in the sandbox, samples from a worker that has no data set, scores in the parent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.checks.memorisation import CopyTest, Memorisation
from grader.checks.reference import ROOT
from grader.checks.submission import Submission, WrongError
from grader.checks.training import Model, Trained, from_checkpoint, own_checkpoints, train
from grader.options import GradeOptions
from grader.results import FIDScore
from grader.sandbox import Limits, open_wall
from hwlib.assignment import Threshold
from hwlib.checking.mistakes import Mistake, Problem
from hwlib.checking.session import GraderError, StudentError, WorkerSession
from hwlib.checking.transport import Transport
from hwlib.checking.values import Ref
from hwlib.checking.words import say
from hwlib.data import load_images
from hwlib.errors import HomeworkError
from hwlib.fid import FIDResult, evaluate_fid

SAMPLES_FOR_COPIES = 500
HELD_OUT = 2_000
LIMITS = Limits(memory=6 << 30, cpu_seconds=4 * 3600, processes=128)
MEMORISED = Mistake(
    "memorised",
    say("the samples are copies of training images", "采样得到的是训练图像的拷贝"),
    say(
        "The generator draws new images; it does not look at the data set while sampling.",
        "生成器应当画出新的图像，采样时不能读取数据集。",
    ),
)


def check_fid(submission: Submission, model: Model, **changed: Any) -> None:
    """Ends the check as wrong where the FID is over the threshold or the samples are copies.

    Where the TA allows it, the best of the checkpoints that were handed in counts; else, and where there is
    none, the submission is trained with the settings of the threshold (`changed` overrides them).
    """
    rules = submission.assignment.fid
    entry = rules.threshold_for(rules.network)
    if entry is None or entry.threshold is None:
        raise GraderError(
            f"handouts/{submission.track}/assignment.yaml has no threshold for {rules.network}: "
            "calibrate it first"
        )
    given = submission.notes.get("options")
    options = given if isinstance(given, GradeOptions) else GradeOptions()
    settings = {**submission.assignment.run.defaults, **entry.calibration.settings, **changed}
    # Before the training: what is wrong with our data must not look like a fault of the program's.
    real, held_out = images_of(str(settings["dataset"]), options)
    copies = CopyTest(real, held_out[:: max(1, len(held_out) // HELD_OUT)])
    own = own_checkpoints(submission.folder) if options.allow_checkpoint else []
    scored = []
    for path in own:
        try:
            trained = from_checkpoint(submission, model, path)
            scored.append(score(submission, model, trained, real, copies))
        except (StudentError, WrongError):
            if path == own[-1] and not scored:
                raise
    if not own:
        data = data_dir(options)
        keep = options.keep / submission.student / submission.track if options.keep else None
        with _wall(options, data=data) as wall:
            inside = str(data.resolve()) if wall.wall == "none" else "/data"
            trained = train(submission, wall, model, settings, inside, keep)
        scored.append(score(submission, model, trained, real, copies))
    result, copied = min(scored, key=lambda pair: (pair[1].memorised, pair[0].fid))
    submission.notes["fid"] = as_score(result, copied, entry)
    submission.require(verdict(result, copied, entry))


def verdict(result: FIDResult, copies: Memorisation, entry: Threshold) -> Problem | None:
    """What is wrong with a score; None if nothing is."""
    threshold = entry.threshold or 0.0
    asked = say(
        "FID ({network}) of at most {threshold:g}, with new images",
        "FID（{network}）不超过 {threshold:g}，且图像是新画出的",
        network=result.network,
        threshold=threshold,
    )
    if copies.memorised:
        return Problem(asked, copies.words, MEMORISED)
    if result.fid <= threshold:
        return None
    found = say(
        "FID {fid:.1f} +- {spread:.1f}, {over:.1f} above the threshold",
        "FID {fid:.1f} ± {spread:.1f}，比阈值高出 {over:.1f}",
        fid=result.fid,
        spread=result.spread,
        over=result.fid - threshold,
    )
    mean, spread = entry.calibration.mean, entry.calibration.spread
    if mean is not None and spread is not None:
        found = say(
            "{found}; the reference reaches {mean:.0f} +- {spread:.0f}",
            "{found}；参考实现为 {mean:.0f} ± {spread:.0f}",
            found=found,
            mean=mean,
            spread=spread,
        )
    return Problem(asked, found)


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


def data_dir(options: GradeOptions) -> Path:
    """The folder of the data sets: of the options, else $GRADER_DATA, else `data/` of the repository.

    Raises:
        GraderError: it is not there.
    """
    named = os.environ.get("GRADER_DATA")
    folder = options.data or (Path(named) if named else ROOT / "data")
    if not folder.is_dir():
        raise GraderError(
            f"there is no folder {folder} with the data sets. Name one that holds MNIST/raw with "
            "--data-dir (or $GRADER_DATA), or train the reference once: it downloads them"
        )
    return folder


def images_of(dataset: str, options: GradeOptions) -> tuple[Tensor, Tensor]:
    """Training and held-out images, uint8 [N, 1, 32, 32]; unpacks them where only the archives are there.

    Raises:
        GraderError: they can't be read.
    """
    folder = data_dir(options)
    try:
        return load_images(dataset, folder, train=True), load_images(dataset, folder, train=False)
    except (HomeworkError, OSError) as error:
        raise GraderError(f"the data set {dataset} can't be read: {error}") from None


def score(
    submission: Submission,
    model: Model,
    trained: Trained,
    real: Tensor,
    copies: CopyTest,
) -> tuple[FIDResult, Memorisation]:
    """FID of images [n, 1, 32, 32] sampled from the weights, and the test for copies."""
    given, rules = submission.notes.get("options"), submission.assignment.fid
    options = given if isinstance(given, GradeOptions) else GradeOptions()
    with (
        _wall(options, data_sets=False) as wall,
        WorkerSession(wall, submission.folder, timeout=120) as session,
    ):
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
            result = evaluate_fid(
                real, sample, num_images=min(rules.num_images, len(real)), network=rules.network
            )
        except HomeworkError as error:
            raise GraderError(str(error)) from None
        return result, copies(torch.cat(kept)[:SAMPLES_FOR_COPIES])


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


@contextmanager
def _wall(options: GradeOptions, data: Path | None = None, data_sets: bool = True) -> Iterator[Transport]:
    name = "bubblewrap" if options.sandbox == "auto" else options.sandbox
    with open_wall(name, limits=LIMITS, data=data, data_sets=data_sets, trusted=name == "none") as wall:
        yield wall
