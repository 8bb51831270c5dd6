"""main.py as its users call it: train, stop, resume, evaluate, ask for the wrong thing."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from hwlib.assignment import load_assignment

TRACKS = ["VAE", "GAN"]
QUICK = "--do_train", "--quick", "--device", "cpu"


def only_run(home: Path) -> Path:
    (folder,) = (home / "runs").iterdir()
    return folder


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(p.step, p.value) for p in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


class FinishedRuns(dict[str, tuple[Path, "subprocess.CompletedProcess[str]"]]):
    """A finished --quick run of each track, made when it is first looked at: (home, what it printed)."""

    def __init__(self, root: Path, folder: Path) -> None:
        super().__init__()
        self._root, self._folder = root, folder

    def __missing__(self, track: str) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
        home = self._folder / track
        folders = "--log_dir", str(home / "runs"), "--ckpt_dir", str(home / "results")
        done = subprocess.run(
            [sys.executable, "main.py", *folders, *QUICK],
            cwd=self._root / "solutions" / track,
            capture_output=True,
            text=True,
            timeout=240,
        )
        self[track] = home, done
        return self[track]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, root):
    return FinishedRuns(root, tmp_path_factory.mktemp("finished"))


@pytest.mark.parametrize("track", ["VAE", pytest.param("GAN", marks=pytest.mark.slow)])
def test_training_ends_with_fid_and_pictures(finished, track):
    home, done = finished[track]
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"run {track}_digits_latent_dim-")
    assert any(line.startswith("FID ") and "lenet, 256 training images" in line for line in lines)
    assert lines[-1].startswith("pictures: ")
    pictures = {path.stem for path in (only_run(home) / "pictures").iterdir()}
    wanted = {"originals", "samples", "interpolation"} | ({"reconstructions"} if track == "VAE" else set())
    assert pictures == wanted


@pytest.mark.parametrize("track", TRACKS)
def test_curves_and_pictures_are_those_of_the_description(finished, track, root):
    home, _ = finished[track]
    described = load_assignment(root / "handouts" / track).run
    events = EventAccumulator(str(only_run(home)), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    assert {curve.tag for curve in described.curves} <= set(events.Tags()["scalars"])
    for group in described.images:
        steps = [image.step for image in events.Images(group.tag)]
        assert steps == [0, 30, 60]


@pytest.mark.parametrize("track", TRACKS)
def test_the_loss_falls(finished, track):
    values = [value for _, value in curves(only_run(finished[track][0]))[
        "dev/loss" if track == "VAE" else "discriminator_loss"
    ]]  # fmt: skip
    assert values[-1] < 0.8 * values[0]


@pytest.mark.parametrize("track", TRACKS)
def test_the_record_of_a_run(finished, track):
    home, done = finished[track]
    record = json.loads((only_run(home) / "run.json").read_text())
    assert record["track"] == track
    assert record["results"]["steps"] == 60
    assert f"FID {record['results']['fid']['fid']:.2f}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(finished, track, run_main, tmp_path):
    first = curves(only_run(finished[track][0]))
    assert run_main(track, *QUICK).returncode == 0
    assert curves(only_run(tmp_path)) == first
    other = tmp_path / "other"
    assert run_main(track, *QUICK, "--seed", "1", home=other).returncode == 0
    assert curves(only_run(other)) != first


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_a_run_that_was_stopped_and_resumed_gives_the_same_curves(finished, track, run_main, root, tmp_path):
    """Ctrl-C somewhere in the middle: the step at work is finished and saved."""
    folders = "--log_dir", str(tmp_path / "runs"), "--ckpt_dir", str(tmp_path / "results")
    process = subprocess.Popen(
        [sys.executable, "main.py", *folders, *QUICK],
        cwd=root / "solutions" / track,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "results").glob("*/step-00000030.pt")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "the same command goes on from there" in said
    stopped = max(int(path.stem[5:]) for path in (tmp_path / "results").glob("*/step-*.pt"))
    assert 30 <= stopped < 60
    resumed = run_main(track, *QUICK)
    assert resumed.returncode == 0, resumed.stderr
    assert f"going on from the checkpoint of step {stopped}" in resumed.stdout
    assert curves(only_run(tmp_path)) == curves(only_run(finished[track][0]))


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_a_run_that_was_killed_gives_the_same_curves(finished, track, run_main, root, tmp_path):
    """As after a power cut: curves go beyond the last checkpoint, then are drawn again from there."""
    home, _ = finished[track]
    subprocess.run(["cp", "-r", str(home / "runs"), str(home / "results"), str(tmp_path)], check=True)
    (last,) = (tmp_path / "results").glob("*/step-00000060.pt")
    last.unlink()
    assert run_main(track, *QUICK).returncode == 0
    assert curves(only_run(tmp_path)) == curves(only_run(home))


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_evaluation_alone_repeats_the_result_and_draws_interpolations(finished, track, run_main, tmp_path):
    original, done = finished[track]
    home = tmp_path / "evaluated"
    shutil.copytree(original, home)
    again = run_main(track, "--quick", "--device", "cpu", home=home)
    assert again.returncode == 0, again.stderr
    fid = [line.split(" (")[0] for line in done.stdout.splitlines() if line.startswith("FID")]
    assert [line.split(" (")[0] for line in again.stdout.splitlines() if line.startswith("FID")] == fid
    picture = only_run(home) / "pictures" / "interpolation.png"
    before = picture.read_bytes()
    drawn = run_main(track, "--quick", "--device", "cpu", "--interpolate", "7", home=home)
    assert drawn.returncode == 0, drawn.stderr
    assert "FID" not in drawn.stdout
    assert picture.read_bytes() != before


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["fc", "shallow"])
def test_other_architectures_train(run_main, architecture):
    done = run_main("VAE", *QUICK, "--architecture", architecture)
    assert done.returncode == 0, done.stderr
    assert f"architecture-{architecture}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("track", TRACKS)
def test_bf16_ends_near_float32(finished, track, run_main, tmp_path):
    from hwlib.device import pick_device
    from hwlib.speed import has_bf16

    done = run_main(track, *QUICK, "--precision", "bf16")
    if not has_bf16(pick_device("cpu")):
        assert done.returncode == 2
        assert "bf16 is not supported" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    name = "dev/loss" if track == "VAE" else "discriminator_loss"
    found, expected = curves(only_run(tmp_path))[name][-1], curves(only_run(finished[track][0]))[name][-1]
    # 60 steps from a random start: the paths part early, the losses of a longer run meet again.
    assert found[1] == pytest.approx(expected[1], rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--do_train", "--latent_dim", "0"], "0 is not possible, expected a whole number of at least 1"),
        (["--do_train", "--dataset", "svhn"], "invalid choice: 'svhn'"),
        ([], "no checkpoint in"),
        (
            ["--do_train", "--quick", "--batch_size", "2000"],
            "--batch_size 2000 is larger than the training set",
        ),
        (["--do_train", "--quick", "--ckpt_dir", "/dev/null/x"], "/dev/null"),
        (["--do_train", "--quick", "--log_dir", "/dev/null/x"], "/dev/null"),
    ],
)
@pytest.mark.slow
def test_bad_input_ends_in_one_sentence(run_main, arguments, words):
    done = run_main("VAE", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.strip()]) == 1


@pytest.mark.slow
def test_a_checkpoint_that_cannot_be_written_ends_in_one_sentence(root, tmp_path):
    """A file size limit stands in for the full disk, which a test can't make."""
    import resource

    done = subprocess.run(
        [
            sys.executable,
            "main.py",
            *QUICK,
            "--log_dir",
            str(tmp_path / "r"),
            "--ckpt_dir",
            str(tmp_path / "c"),
        ],
        cwd=root / "solutions" / "VAE",
        capture_output=True,
        text=True,
        timeout=240,
        preexec_fn=lambda: (
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        ),
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "File too large" in done.stderr
    assert not list((tmp_path / "c").rglob("*.part"))


def bind_root_to_permissions():
    """Called in a child before it starts: root, too, then needs the rights that a folder's mode gives."""
    drop_from_bounding_set, dac_override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE of capability.h
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override) != 0:
        raise OSError("prctl could not take CAP_DAC_OVERRIDE away")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_folder_without_rights_ends_in_one_sentence(run_main, tmp_path):
    (tmp_path / "results").mkdir(mode=0o500)
    done = run_main("VAE", *QUICK, preexec_fn=bind_root_to_permissions)
    assert done.returncode == 2
    assert "no permission for" in done.stderr


@pytest.mark.parametrize("track", TRACKS)
def test_the_starter_runs_up_to_the_first_blank_region(run_main, track):
    done = run_main(track, *QUICK, folder="codes")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{track}.py, TODO " in done.stderr
    assert "not filled in yet. Fill in the region between # TODO START and # TODO END" in done.stderr
