"""Seconds of `python -m hwlib.check` as students run it: on a complete solution and on the blank starter.

    python benchmarks/public_checks.py --runs 3

All public checks of each track, the run of main.py among them. Aim: under 15 seconds on 2 cores. Each figure
is the median of the runs, which take turns; beside it the same without the run of main.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from hwlib.speed import processor

ROOT = Path(__file__).resolve().parent.parent


def seconds_of(folder: Path, *options: str) -> tuple[float, str]:
    """Wall-clock seconds of one call, and its last line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # this checkout, whatever is installed
    command = [sys.executable, "-m", "hwlib.check", *options]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise SystemExit(f"python -m hwlib.check failed in {folder}: {done.stderr[-500:]}")
    return seconds, done.stdout.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Times the public checks.")
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    ways = {
        (f"{kind} {track.name}", *options): (track, options)
        for kind in ("solutions", "codes")
        for track in sorted((ROOT / kind).iterdir())
        if (track / "main.py").is_file()
        for options in ((), ("--no-run",))
    }
    times: dict[tuple[str, ...], list[float]] = {name: [] for name in ways}
    says: dict[tuple[str, ...], str] = {}
    for _ in range(runs):
        for name, (folder, options) in ways.items():
            seconds, says[name] = seconds_of(folder, *options)
            times[name].append(seconds)
    print(f"{processor()}, {os.cpu_count()} cores; python -m hwlib.check, median of {runs}")
    for name, values in times.items():
        print(f"  {' '.join(name):24s} {median(values):6.1f} s   {says[name]}")


if __name__ == "__main__":
    main()
