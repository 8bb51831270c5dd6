"""Every command of the handouts is run, in a student's kit, and prints what the handout shows.

Each command must be named in COMMANDS with what is run in its place: a training of minutes in its quick
mode, an installation without a network, TensorBoard without a server. The outputs are compared line by
line; numbers may differ, and `...` stands for anything.
"""

import io
import multiprocessing
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import course.kit
from course.handout import HandoutFile, render_markdown
from course.handout.markdown import console_blocks
from course.release import starter_files
from hwlib.assignment import all_assignments, load_assignment

TRACKS = list(all_assignments(Path(__file__).parents[2] / "handouts"))
# A training of five steps on the digits.
SHORT = "--quick --num_train_steps 5 --saving_steps 5 --fid_images 64"
# Pattern of the handout's command -> what is run, and the exit code that it must have.
COMMANDS = [
    (r"python -m venv \.venv", "python -m venv --without-pip .venv", 0),
    (r"source \.venv/bin/activate", "source .venv/bin/activate", 0),
    # Nothing is fetched: the environment of the tests has what the constraints ask for.
    (r"(python -m pip install) (-c constraints\.txt torch torchvision)", r"\1 --no-index \2", 0),
    (
        r"(python -m pip install) (-c constraints\.txt -e \.)",
        r"\1 --no-index --no-deps --no-build-isolation --dry-run \2",
        0,
    ),
    (r"cd (codes/\w+|\.\./\.\.)", r"cd \1", 0),
    (r"(python main\.py --do_train --quick)", r"\1", None),  # 2 while regions are blank, 0 afterwards
    (r"(python main\.py(?: --do_train)?(?: --(?:latent|hidden)_dim \d+)*)", rf"\1 {SHORT}", 0),
    (r"(python main\.py(?: --latent_dim \d+)? --interpolate 10)", rf"\1 {SHORT}", 0),
    # Without the weights: the message that names their address.
    (
        r"(python main\.py(?: --latent_dim \d+)? --fid_network inception)",
        rf"\1 {SHORT} --inception_weights no-such-file.pth",
        2,
    ),
    (r"(python -m hwlib\.check)", r"\1", 0),
    (r"(python -m hwlib\.figures runs/\*)", r"\1", 0),
    (r"(tensorboard --logdir \./runs)", r"\1 --inspect", 0),
    (r"(python code_analyze/analyze\.py)", r"\1", 0),
    (r"(python -m hwlib\.pack 2026000000)", r"\1", 0),
]


def in_place_of(command: str) -> tuple[str, int | None]:
    """What is run for a command of the handout, and its exit code."""
    for pattern, replacement, code in COMMANDS:
        match = re.fullmatch(pattern, command)
        if match:
            return match.expand(replacement), code
    pytest.fail(f"the handout has the command {command!r}, which this test can't run; add it to COMMANDS")


def pattern_of(line: str) -> str:
    """The lines that a line of the handout's output stands for."""
    parts = []
    for part in re.split(r"(\.\.\.|\d+(?:[.:,]\d+)*(?:e[+-]?\d+)?|█+|mnist|on cpu)", line):
        if part == "...":
            parts.append(".*")
        elif part == "on cpu":
            parts.append("on .+")
        elif part == "mnist":
            parts.append("(?:mnist|digits)")
        elif part.startswith("█"):
            parts.append("[█▏▎▍▌▋▊▉]+")
        elif part[:1].isdigit():
            parts.append(r"(?:\d+(?:[.:,]\d+)*(?:e[+-]?\d+)?)")
        else:
            parts.append(re.sub(r"(?:\\ )+", r"\\s+", re.escape(part)))  # rates are padded
    return "".join(parts)


def run_forked(command: list[str], folder: Path, log: Path) -> subprocess.CompletedProcess[str]:
    """Runs `python FILE ARGUMENTS` in a process forked from one that has imported PyTorch already."""
    fork = multiprocessing.get_context("forkserver")
    fork.set_forkserver_preload(["torch.utils.tensorboard", "sklearn.datasets", "hwlib.evaluation"])
    process = fork.Process(target=_run_file, args=(command, folder, log))
    process.start()
    process.join(200)
    process.kill()
    return subprocess.CompletedProcess(command, process.exitcode, log.read_text(encoding="utf-8"), "")


def _run_file(command: list[str], folder: Path, log: Path) -> None:
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = command
    with open(log, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "wb"), encoding="utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "wb"), encoding="utf-8", write_through=True)
        runpy.run_path(command[0], run_name="__main__")


def steps(text: str) -> list[tuple[int, str, list[str]]]:
    """(line, command, expected output) of the console blocks of a handout, in order."""
    found: list[tuple[int, str, list[str]]] = []
    for line, block in console_blocks(text):
        for offset, content in enumerate(block.splitlines(), start=1):
            if content.startswith("$ "):
                found.append((line + offset, content[2:].partition("    # ")[0].strip(), []))
            elif content:
                found[-1][2].append(content)
    return found


@pytest.fixture
def kit(root: Path, tmp_path: Path, monkeypatch) -> Path:
    """A student's kit, unpacked; without the rendered handouts, which take long and are not needed."""
    monkeypatch.setattr(course.kit, "render_files", lambda handouts: {})
    for name, content in course.kit.kit_files(root, starter_files(root)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(900)  # a dozen programs after each other; under a minute on an idle machine
@pytest.mark.parametrize("track", TRACKS)
def test_every_command_runs_and_prints_what_the_handout_shows(root, kit, track):
    folder = root / "handouts" / track
    text = render_markdown(HandoutFile(track, "en", folder), load_assignment(folder))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}
    here, filled_in = kit, False
    for line, command, expected in steps(text):
        if command == "python -m hwlib.check":  # the student has filled in the regions
            for file in (root / "solutions" / track).glob("*.py"):
                shutil.copy(file, kit / "codes" / track)
            filled_in = True
        run, code = in_place_of(command)
        if run.startswith("cd "):
            here = (here / run[3:]).resolve()
            assert here.is_dir(), command
            continue
        if run.startswith("python main.py"):
            done = run_forked(shlex.split(run)[1:], here, kit / "log")
        else:
            done = subprocess.run(
                ["bash", "-c", run], cwd=here, env=environment, capture_output=True, text=True, timeout=200
            )
        printed = re.split(r"[\r\n]+", done.stdout + "\n" + done.stderr)
        where = f"handout of {track}, line {line}: {command}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == ((0 if filled_in else 2) if code is None else code), where
        assert "Traceback" not in where, where
        for wanted in expected:
            assert any(re.fullmatch(pattern_of(wanted.strip()), got.strip()) for got in printed), (
                f"{wanted}\n{where}"
            )
    assert filled_in
    assert here == kit
    summary = (kit / "code_analyze" / "summary.txt").read_text(encoding="utf-8")
    assert f"# ../codes/{track}/{track}.py:1" in summary


@pytest.mark.parametrize("track", TRACKS)
def test_no_command_is_unknown_here(root, track):
    folder = root / "handouts" / track
    for language in ("en", "zh"):
        commands = steps(render_markdown(HandoutFile(track, language, folder), load_assignment(folder)))
        assert len(commands) > 12
        for _, command, _ in commands:
            in_place_of(command)


@pytest.mark.parametrize(
    "command", ["rm -rf .", "python main.py --do_trian", "python -m hwlib.chek", "cd codes"]
)
def test_an_unknown_command_fails(command):
    with pytest.raises(pytest.fail.Exception, match="add it to COMMANDS"):
        in_place_of(command)


def test_expected_lines_match_their_kind_only():
    line = "FID 147.68 +- 0.27 (lenet, 3000 training images against 3000 samples, 0.2 s)"
    assert re.fullmatch(pattern_of(line), line.replace("147.68", "41.3").replace("3000", "256"))
    assert not re.fullmatch(pattern_of(line), line.replace("lenet", "inception"))
    assert not re.fullmatch(pattern_of(line), line.replace("FID 147.68", "FID nan"))
    assert re.fullmatch(
        pattern_of("run VAE_mnist_latent_dim-3 on cpu"), "run VAE_digits_latent_dim-3 on cuda:0"
    )
    assert re.fullmatch(pattern_of("... files in figures/"), "12 files in figures/")
