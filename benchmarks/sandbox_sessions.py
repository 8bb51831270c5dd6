"""What a session costs: the warm sandbox beside a fresh interpreter and a fresh sandbox for each submission.

    python benchmarks/sandbox_sessions.py

A session loads the reference VAE, makes the model and runs one forward pass. The three ways take turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from grader.sandbox.bubblewrap import Bubblewrap
from hwlib.checking.session import Transport, WorkerSession
from hwlib.checking.subprocess_transport import SubprocessTransport

FOLDER = Path(__file__).resolve().parent.parent / "solutions" / "VAE"


def session(transport: Transport) -> float:
    """Seconds of one session, from its start to its end."""
    images = np.zeros((2, 1, 32, 32), np.float32)
    started = time.perf_counter()
    with WorkerSession(transport, FOLDER) as worker:
        worker.call("import", modules=["VAE", "trainer", "dataset"])
        worker.call("construct", file="VAE", callable="VAE", args=[1, 10], as_="model")
        worker.call("call", target="model", args=[images])
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description="Times a session, three ways.")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with Bubblewrap() as warm, Bubblewrap() as cold:
        cold.warm = False
        session(warm)  # starts the server
        ways: dict[str, Transport] = {
            "fresh interpreter": SubprocessTransport(), "fresh sandbox": cold, "warm sandbox": warm,
        }  # fmt: skip
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(runs):
            for name, transport in ways.items():
                times[name].append(session(transport))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"one session, median of {runs}")
    for name, median in medians.items():
        ratio = median / medians["warm sandbox"]
        print(f"  {name:30s} {1000 * median:8.0f} ms   {ratio:6.1f} x the warm sandbox")


if __name__ == "__main__":
    main()
