"""Check 8 and its parts: training in slices, checkpoints that were handed in, the verdict on a score."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from grader.checks import quality, training
from grader.checks.memorisation import Memorisation
from grader.checks.quality import as_score, check_fid, data_dir, images_of, verdict
from grader.checks.reference import HANDOUTS, SOLUTIONS
from grader.checks.submission import Submission, WrongError
from grader.checks.test_GAN import TRAINED
from grader.checks.training import Kept, from_checkpoint, latest, own_checkpoints, train
from grader.display import trainings_under_way
from grader.options import GradeOptions
from hwlib.assignment import Assignment, load_assignment
from hwlib.checking.session import GraderError, StudentError
from hwlib.checking.transport import Transport
from hwlib.fid import FIDResult

FEW = {"dataset": "digits", "num_train_steps": 30, "hidden_dim": 4, "latent_dim": 10}


def result(fid: float) -> FIDResult:
    return FIDResult(fid, "lenet", 3000, 3000, "train", 1.0, 2.5, (fid,), ())


NEW = Memorisation(0.0, 5.0, 5.0)


def test_a_score_says_by_how_much_and_how_far_the_reference_comes() -> None:
    entry = load_assignment(HANDOUTS / "GAN").fid.threshold_for("lenet")
    assert entry is not None
    assert entry.threshold is not None
    assert verdict(result(entry.threshold), NEW, entry) is None
    problem = verdict(result(entry.threshold + 12.34), NEW, entry)
    assert problem is not None
    assert "12.3 above the threshold; the reference reaches" in problem.found.en
    assert verdict(result(float("nan")), NEW, entry) is not None
    copied = verdict(result(1.0), Memorisation(0.9, 0.1, 5.0), entry)
    assert copied is not None
    assert copied.mistake is quality.MEMORISED
    score = as_score(result(10.0), NEW, entry)
    assert (score.threshold, score.spread, score.memorised) == (entry.threshold, 2.5, False)


def test_data_that_is_not_there_is_our_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_DATA", str(tmp_path / "none"))
    with pytest.raises(GraderError, match="no folder .*none with the data sets. .*--data-dir"):
        data_dir(GradeOptions())
    assert data_dir(GradeOptions(data=tmp_path)) == tmp_path
    broken = tmp_path / "MNIST" / "raw"
    broken.mkdir(parents=True)
    (broken / "train-images-idx3-ubyte").write_bytes(b"short")
    with pytest.raises(GraderError, match="mnist can't be read: .*damaged: 5 bytes"):
        images_of("mnist", GradeOptions(data=tmp_path))


def test_an_assignment_without_a_threshold_is_our_trouble(submission: Callable[..., Submission]) -> None:
    made = submission(SOLUTIONS / "GAN")
    rules = made.assignment.fid.model_copy(update={"thresholds": []})
    made.assignment = made.assignment.model_copy(update={"fid": rules})
    with pytest.raises(GraderError, match="no threshold for lenet: calibrate it first"):
        check_fid(made, TRAINED)


def test_what_is_kept_belongs_to_one_training(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "1" / "GAN", "key", 100)
    assert kept.files() == {}
    kept.store({"run/step-00000040.pt": b"1", "run/settings.json": b"{}"}, 40)
    kept.store({"run/step-00000080.pt": b"2"}, 80)
    assert Kept(tmp_path / "1" / "GAN", "key", 100).files() == {"run/step-00000080.pt": b"2"}
    assert trainings_under_way(tmp_path) == {"1 GAN": "trained 80 of 100 steps"}
    assert Kept(tmp_path / "1" / "GAN", "another", 100).files() == {}
    assert trainings_under_way(tmp_path) == {}
    Kept(None, "key", 100).store({"a": b""}, 1)
    assert Kept(None, "key", 100).files() == {}


class Told:
    """Stands in for a session: replies what it was told to."""

    def __init__(self, **replies: Any) -> None:
        self.replies = replies

    def call(self, op: str, **params: Any) -> Any:
        return self.replies[op]


def test_the_latest_checkpoint_is_read_from_whatever_the_worker_lists() -> None:
    def listed(files: Any) -> tuple[str, int]:
        return latest(Told(list_files={"files": files}), "t")  # type: ignore[arg-type]

    assert listed(None) == listed([1, {}, {"path": 3}]) == ("", 0)
    names = ["t/a/step-00000005.pt", "t/a/step-00000030.pt", "else/step-00000099.pt", "t/step-1.pt", "t/x.pt"]
    assert listed([{"path": name} for name in names]) == ("t/a/step-00000030.pt", 30)


def test_files_under_odd_names_are_not_kept() -> None:
    session = Told(read_file={"data": b"1"})
    good = training._files_of(session, "t", "t/run/step-00000001.pt")  # type: ignore[arg-type]
    assert sorted(good) == ["run/settings.json", "run/step-00000001.pt"]
    for name in ("t/../../step-00000001.pt", "t/a b/step-00000001.pt", "t/\u202e/step-00000001.pt"):
        assert training._files_of(session, "t", name) == {}  # type: ignore[arg-type]


def strict() -> Assignment:
    """The GAN's assignment with a threshold that a minute's training on digits misses."""
    assignment = load_assignment(HANDOUTS / "GAN")
    entries = [entry.model_copy(update={"threshold": 10.0}) for entry in assignment.fid.thresholds]
    rules = assignment.fid.model_copy(update={"thresholds": entries})
    return assignment.model_copy(update={"fid": rules})


@pytest.fixture
def submission(wall: Transport) -> Iterator[Callable[..., Submission]]:
    """Makes a GAN's submission of a folder; its session ends with the test."""
    made: list[Submission] = []

    def make(folder: Path, **options: Any) -> Submission:
        made.append(Submission(strict(), folder, wall, student="1", timeout=60))
        made[-1].notes["options"] = GradeOptions(**options)
        return made[-1]

    yield make
    for one in made:
        one.close()


def copied(folder: Path, old: str = "", new: str = "") -> Path:
    """The reference in a folder of its own, with a change in trainer.py."""
    shutil.copytree(SOLUTIONS / "GAN", folder, ignore=shutil.ignore_patterns("__pycache__", "r*s"))
    source = (folder / "trainer.py").read_text(encoding="utf-8")
    assert old in source
    (folder / "trainer.py").write_text(source.replace(old, new) if old else source, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_training_that_was_interrupted_ends_with_the_same_weights(
    submission: Callable[..., Submission], wall: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**load_assignment(HANDOUTS / "GAN").run.defaults, **FEW}
    made = submission(copied(tmp_path / "GAN"))
    whole = train(made, wall, TRAINED, settings, "data")
    # From the start it waits at step 15 until the slice is over; the TA stops the grader when that is kept.
    batch = "            real_imgs = self.dataset.training_batch(step)"
    waits = "            while step == 15 and steps.first == 1 and not steps._interrupted: pass\n"
    made = submission(copied(tmp_path / "waits", batch, waits + batch))
    kept, store = tmp_path / "kept", Kept.store

    def store_and_stop(self: Kept, files: dict[str, bytes], step: int) -> None:
        store(self, files, step)
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping, pytest.raises(KeyboardInterrupt):
        stopping.setattr(training, "SLICE", 5.0)
        stopping.setattr(Kept, "store", store_and_stop)
        train(made, wall, TRAINED, settings, "data", kept)
    assert 0 < json.loads((kept / "progress.json").read_text())["step"] <= 15
    parts = train(made, wall, TRAINED, settings, "data", kept)
    assert whole.state.keys() == parts.state.keys()
    for key, value in whole.state.items():
        np.testing.assert_array_equal(value, parts.state[key])


@pytest.mark.slow
def test_a_training_that_is_interrupted_for_ever_is_ended(
    submission: Callable[..., Submission], wall: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker answers at once, again and again, that its program was interrupted."""
    folder = copied(tmp_path / "GAN")
    (folder / "main.py").write_text(
        "import signal, hwlib.checking.operations as operations\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "claim = {'exit': 1, 'error': None, 'interrupted': True, 'files': []}\n"
        "operations.Operations.run = lambda self, op, params: claim\n"
        "while True: pass\n"
    )
    monkeypatch.setattr(training, "TIMEOUT", 3.0)
    monkeypatch.setattr(training, "SLICE", 0.5)
    settings = {**load_assignment(HANDOUTS / "GAN").run.defaults, **FEW}
    with pytest.raises(StudentError, match="no end of the training"):
        train(submission(folder), wall, TRAINED, settings, "data")


@pytest.mark.slow
def test_a_submission_is_trained_and_scored_or_its_own_checkpoints_are(
    submission: Callable[..., Submission], wall: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, keep = copied(tmp_path / "GAN"), tmp_path / "kept"
    monkeypatch.setattr(quality, "_wall", lambda *given, **named: nullcontext(wall))
    made = submission(folder, data=tmp_path, keep=keep)
    with pytest.raises(WrongError, match="above the threshold; the reference reaches"):
        check_fid(made, TRAINED, **FEW)
    score = made.notes["fid"]
    assert (score.num_generated, score.memorised) == (1500, False)
    assert trainings_under_way(keep) == {"1 GAN": "trained 30 of 30 steps"}

    # What it trained is handed in, beside a checkpoint that holds something else: the better one counts.
    run = folder / "results" / "run"
    shutil.copytree(next((keep / "1" / "GAN" / "checkpoint").iterdir()), run)
    torch.save({"step": 1, "settings": {}, "netG": {"a": torch.zeros(1)}}, run / "step-00000001.pt")
    assert own_checkpoints(folder) == ["results/run/step-00000030.pt"]
    (folder / "other").mkdir()
    (run / "step-00000001.pt").rename(folder / "other" / "step-00000001.pt")
    again = submission(folder, data=tmp_path, allow_checkpoint=True)
    with pytest.raises(WrongError, match="above the threshold"):
        check_fid(again, TRAINED, dataset="digits")
    assert again.notes["fid"].fid == pytest.approx(score.fid)

    # Alone it is the student's error; without leave it is trained all the same.
    shutil.rmtree(folder / "results")
    with pytest.raises(StudentError, match="is of another network"):
        check_fid(submission(folder, data=tmp_path, allow_checkpoint=True), TRAINED, dataset="digits")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "        self.optimG.step()\n",
            "        raise SystemExit('no more')\n",
            "main.py ended with code 1: .*no more",
        ),
        (
            "            if step % saving_steps == 0 or steps.is_last(step):\n",
            "            if False:\n",
            "no checkpoint in",
        ),
    ],
)
def test_a_training_that_fails_is_the_programs_error(
    submission: Callable[..., Submission], wall: Transport, tmp_path: Path, old: str, new: str, error: str
) -> None:
    settings = {**load_assignment(HANDOUTS / "GAN").run.defaults, **FEW}
    made = submission(copied(tmp_path / "GAN", old, new))
    with pytest.raises((StudentError, WrongError), match=error):
        train(made, wall, TRAINED, settings, "data")


def test_a_checkpoint_of_no_size_is_refused(submission: Callable[..., Submission], tmp_path: Path) -> None:
    folder = copied(tmp_path / "GAN")
    for settings in ({"latent_dim": "100"}, {"hidden_dim": 10**9}):
        torch.save({"step": 1, "settings": settings}, folder / "step-00000001.pt")
        with pytest.raises(WrongError, match="is no size"):
            from_checkpoint(submission(folder), TRAINED, "step-00000001.pt")
