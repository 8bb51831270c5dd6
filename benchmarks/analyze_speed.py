"""How long analyze.py takes for one submission, beside the bare start of the interpreter.

    python benchmarks/analyze_speed.py

The solutions are the submission. Each command is started `--runs` times, in turn, and the median is shown, of
the time on the clock and of the processor's; on a busy machine look at the latter and at the ratios. "First
start" is a copy of which Python has nothing cached. The second table analyses one file that grows, inside one
process, by the processor's time.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from code_analyze.summary import analyze_text

ROOT = Path(__file__).resolve().parents[1]


def make_kit(folder: Path) -> Path:
    """A student's copy with everything filled in; returns its analyze.py."""
    program = folder / "code_analyze" / "analyze.py"
    shutil.copytree(ROOT / "code_analyze" / "_codes", folder / "code_analyze" / "_codes")
    cached = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "code_analyze" / "summary", folder / "code_analyze" / "summary", ignore=cached)
    shutil.copy(ROOT / "code_analyze" / "analyze.py", program)
    shutil.copytree(ROOT / "codes", folder / "codes")
    shutil.copytree(ROOT / "solutions", folder / "codes", dirs_exist_ok=True)
    return program


def medians(commands: dict[str, list[str]], runs: int) -> dict[str, tuple[float, float]]:
    """Command -> seconds on the clock, and of the processor."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for _ in range(runs + 1):
        for name, command in commands.items():
            start, before = time.perf_counter(), _children()
            subprocess.run(command, check=True, capture_output=True, env=environment)
            seconds[name].append((time.perf_counter() - start, _children() - before))
    return {
        name: (statistics.median(clock), statistics.median(processor))
        for name, (clock, processor) in (
            (name, zip(*values[1:], strict=True)) for name, values in seconds.items()
        )
    }


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def programs(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program, fresh = (str(make_kit(Path(folder, name))) for name in ("kit", "fresh"))
        large = Path(folder, "large")
        shutil.copytree(Path(folder, "kit", "codes"), large)
        with open(large / "VAE" / "VAE.py", "a", encoding="utf-8") as file:
            file.writelines(f"value_{number} = {number}\n" for number in range(9_000))
        reference = str(ROOT / "solutions")
        result = medians(
            {
                "python -c pass": [sys.executable, "-c", "pass"],
                "analyze.py": [sys.executable, program],
                "analyze.py, first start": [sys.executable, "-B", fresh],
                "analyze.py --verify": [sys.executable, program, "--verify"],
                "analyze.py --reference_dir": [sys.executable, program, "--reference_dir", reference],
                "analyze.py, one file of 9,000 lines": [
                    sys.executable, program, "--target_dir", str(large), "--output_file", "large.txt",
                ],
            },
            runs,
        )  # fmt: skip
    _, bare = result["python -c pass"]
    print(f"{'command':40s} {'seconds':>8s} {'of processor':>13s} {'to bare start':>14s}")
    for name, (clock, processor) in result.items():
        print(f"{name:40s} {clock:8.3f} {processor:13.3f} {processor / bare:13.1f}x")


def growth() -> None:
    print(f"\n{'lines of the file':>17s} {'added to':>18s} {'seconds':>8s} {'for 1,000 lines':>16s}")
    starter = (ROOT / "code_analyze" / "_codes" / "VAE" / "VAE.py").read_text(encoding="utf-8")
    solution = (ROOT / "solutions" / "VAE" / "VAE.py").read_text(encoding="utf-8")
    rng = random.Random(0)
    places = {"a region": "        # TODO END\n", "the rest": "    def save("}
    for count in (0, 1_000, 3_000, 9_000):
        for name, place in places.items():
            words = [f"        h = self.layer{rng.randrange(50)}(h)\n" for _ in range(count)]
            text = solution.replace(place, "".join([*words, place]), 1)
            start = time.process_time()
            analyze_text(starter, text)
            seconds, lines = time.process_time() - start, text.count("\n")
            print(f"{lines:17,d} {name:>18s} {seconds:8.3f} {seconds / lines * 1000:16.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15, help="starts of each command (default: %(default)s)")
    runs = parser.parse_args().runs
    if runs < 1:
        parser.error(f"--runs is {runs}, expected at least 1")
    programs(runs)
    growth()


if __name__ == "__main__":
    main()
