"""How time and memory grow with the class, beside other tools in one run.

    python -m benchmarks.similarity.speed --sizes 50,100,200,400 --python tools/bin/python --dolos dolos/

A class of any size is made of the cohort's solutions and seeded variants of them. Printed by size: seconds
of the whole command (reading, all pairs, the report) by the wall and of all its processes, how the latter
grew since the size before (the exponent: 1 is with the class, 2 with the pairs), the peak memory of its
largest process, how many programs wanted a core at the start (seconds by the wall mean little on a busy
machine), and the other tools' seconds as multiples of ours. `--others-up-to` spares the slow ones the big
classes, `--keep` keeps the classes, which take longer to make than to compare, for the next run.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.similarity.cohort import ROOT, STARTER, read_cohort, write_submission
from benchmarks.similarity.competitors import flatten, tools
from benchmarks.similarity.plagiarist import disguise


def make_class(size: int, folder: Path) -> None:
    """`size` submissions: the cohort, then variants of it mixed of two solutions each."""
    honest = [*read_cohort("tuning"), *read_cohort("held_out")]
    for index in range(size):
        solution = honest[index % len(honest)]
        if index >= len(honest):
            second = honest[(index * 7 + index // len(honest)) % len(honest)]
            solution = disguise(5, f"variant{index:04d}", solution, second, index)
        write_submission(solution, folder / f"{index:04d}")


def ours(folder: Path, out: Path, workers: int) -> tuple[float, float, float]:
    """Seconds by the wall, seconds of all processes, and the peak memory of the largest process in MiB."""
    command = [sys.executable, "-m", "code_analyze.similarity", str(folder), "--out", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"the command ended with status {status}: {' '.join(command)}")
    busy = usage.ru_utime + usage.ru_stime
    return wall, busy, usage.ru_maxrss / 1024


def main(
    sizes: Annotated[str, typer.Option(help="sizes of classes, joined by commas")] = "100,200,400,800",
    workers: Annotated[int, typer.Option(help="processes of ours")] = 2,
    others_up_to: Annotated[int, typer.Option(help="largest class for the other tools")] = 100,
    python: Annotated[str | None, typer.Option(help="interpreter with copydetect and compare50")] = None,
    dolos: Annotated[str | None, typer.Option(help="folder with node_modules/@dodona/dolos-lib")] = None,
    keep: Annotated[Path | None, typer.Option(help="folder where classes are kept and found again")] = None,
) -> None:
    print(f"{os.cpu_count()} cores, {workers} processes")
    print("submissions    pairs    wall s   processor s   exponent   peak MiB   load")
    before: tuple[int, float] | None = None
    for size in [int(part) for part in sizes.split(",")]:
        with tempfile.TemporaryDirectory() as temporary:
            folder, flat = (keep or Path(temporary)) / f"class{size}", Path(temporary, "flat")
            if len(list(folder.glob("*"))) != size:
                make_class(size, folder)
            load = os.getloadavg()[0]
            wall, busy, memory = ours(folder, Path(temporary, "report"), workers)
            pairs = size * (size - 1) // 2
            growth = ""
            if before is not None:
                growth = f"{math.log(busy / before[1]) / math.log(size / before[0]):.2f}"
            before = size, busy
            print(
                f"{size:11d}  {pairs:7d}  {wall:8.1f}  {busy:12.1f}  {growth:>9s}  "
                f"{memory:9.0f}  {load:5.1f}",
                flush=True,
            )
            if size <= others_up_to:
                starter = flatten(folder, flat, STARTER)
                for name, tool in tools(python, dolos).items():
                    run = tool(folder, flat, starter)
                    told = run.absent or f"{run.seconds:.1f} s, {run.seconds / wall:.1f} times ours"
                    print(f"             {name}: {told}", flush=True)


if __name__ == "__main__":
    typer.run(main)
