"""The flags that every main.py has."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from hwlib.data import DATASETS
from hwlib.device import DEVICES
from hwlib.speed import PRECISIONS

FEATURE_NETWORKS = ("lenet", "inception")

# What --quick changes; flags that stand beside it win.
QUICK = {
    "dataset": "digits",
    "batch_size": 16,
    "num_train_steps": 60,
    "logging_steps": 5,
    "saving_steps": 30,
    "fid_images": 256,
}


class _Parser(argparse.ArgumentParser):
    """argparse, with one sentence in place of its usage dump."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message}. All flags: python main.py --help", file=sys.stderr)
        raise SystemExit(2)


Number = TypeVar("Number", int, float)


def _number(
    kind: Callable[[str], Number], allowed: Callable[[Number], bool], expected: str
) -> Callable[[str], Number]:
    """The reader of an argument: a number of a kind that is allowed; `expected` says which those are."""

    def read(text: str) -> Number:
        try:
            value = kind(text)
        except ValueError:
            pass
        else:
            if allowed(value):
                return value
        raise argparse.ArgumentTypeError(f"{text} is not possible, expected {expected}")

    return read


positive_int = _number(int, lambda value: value >= 1, "a whole number of at least 1")
positive_float = _number(float, lambda value: 0 < value < float("inf"), "a number above 0")
fraction = _number(float, lambda value: 0 <= value < 1, "a number from 0 to below 1")
seed_number = _number(int, lambda value: 0 <= value < 2**32, "a whole number from 0 to 4294967295")


def interpolation_count(text: str) -> int:
    """An argument that counts pictures between two ends: at least 2."""
    value = positive_int(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"{text} is not possible, expected at least 2 pictures")
    return value


def make_parser(
    track: str,
    description: str | None,
    *,
    latent_dim: int,
    batch_size: int,
    num_train_steps: int,
    learning_rate: float,
) -> argparse.ArgumentParser:
    """The flags that the tracks share, with the defaults in which they differ.

    The names and defaults are those of the assignment's description; a test compares them.
    """
    parser = _Parser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.set_defaults(track=track)
    add = parser.add_argument
    add("--do_train", action="store_true", help="train before the evaluation")
    add(
        "--latent_dim",
        type=positive_int,
        default=latent_dim,
        help="dimension of the latent vector [%(default)s]",
    )
    add("--batch_size", type=positive_int, default=batch_size, help="images in a batch [%(default)s]")
    steps = "--num_train_steps", "--num_training_steps"
    add(*steps, type=positive_int, default=num_train_steps, help="training steps in all [%(default)s]")
    add("--learning_rate", type=positive_float, default=learning_rate, help="of Adam [%(default)s]")
    add(
        "--logging_steps",
        type=positive_int,
        default=10,
        help="steps from point to point of the curves [%(default)s]",
    )
    add(
        "--saving_steps",
        type=positive_int,
        default=1000,
        help="steps from checkpoint to checkpoint [%(default)s]",
    )
    add(
        "--dataset",
        choices=DATASETS,
        default="mnist",
        help="images to learn [%(default)s]; digits needs no network",
    )
    add("--data_dir", default="../../data", help="where downloaded images are kept [%(default)s]")
    add("--ckpt_dir", default="./results", help="where checkpoints are kept [%(default)s]")
    add("--log_dir", default="./runs", help="where curves and pictures are kept [%(default)s]")
    add(
        "--device",
        choices=DEVICES,
        default="auto",
        help="[%(default)s]: CUDA, else Apple's MPS, else the CPU",
    )
    add("--seed", type=seed_number, default=42, help="of all random numbers [%(default)s]")
    add("--precision", choices=PRECISIONS, default="fp32", help="arithmetic of the networks [%(default)s]")
    add("--compile", action="store_true", help="compile the networks: slow to start, faster in long runs")
    add(
        "--interpolate",
        type=interpolation_count,
        metavar="K",
        help="draw K pictures from latent to latent, and end",
    )
    add(
        "--fid_network",
        choices=FEATURE_NETWORKS,
        default="lenet",
        help="feature network of the FID [%(default)s]",
    )
    add(
        "--fid_runs",
        type=positive_int,
        default=1,
        metavar="N",
        help="samplings that the FID averages [%(default)s]",
    )
    add(
        "--fid_images",
        type=positive_int,
        default=3000,
        metavar="N",
        help="images a side of the FID [%(default)s]",
    )
    add(
        "--inception_weights",
        metavar="FILE",
        help="weights of the Inception network, for machines without network",
    )
    add("--quick", action="store_true", help="a run of seconds on the digits, to see that everything works")
    return parser


def parse(parser: argparse.ArgumentParser, argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line; `--quick` changes defaults, never what was asked for."""
    if parser.parse_known_args(argv)[0].quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args(argv)
