"""The data sets, each as one uint8 tensor of 32 x 32 images, and the order in which training reads them."""

from __future__ import annotations

import contextlib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from filelock import FileLock, Timeout
from torch import Tensor

from hwlib.errors import HomeworkError

DATASETS = ("mnist", "fashion", "digits")
IMAGE_SIZE = 32
_DIGITS_TRAIN = 1_500  # of 1,797; the rest, by other writers, is for validation
_SIZES = {"train": 60_000, "t10k": 10_000}


def load_images(name: str, data_dir: str | Path, train: bool) -> Tensor:
    """All images of one split.

    Args:
        name: `mnist`, `fashion` (both downloaded by torchvision, checked by their MD5) or `digits`
            (scikit-learn's 1,797 handwritten digits, no network needed).
        data_dir: where the downloaded files are kept; not used by `digits`.
        train: the training split, else the validation split.

    Returns:
        uint8 `[N, 1, 32, 32]`, the same bytes on every machine.

    Raises:
        HomeworkError: unknown name, no network and no files, or a damaged file.
    """
    if name == "digits":
        return _resize(_digits(train))
    if name == "mnist":
        return _resize(_torchvision_images("MNIST", Path(data_dir), train))
    if name == "fashion":
        return _resize(_torchvision_images("FashionMNIST", Path(data_dir), train))
    raise HomeworkError(f"--dataset {name} is unknown; choose one of: {', '.join(DATASETS)}.")


def _digits(train: bool) -> Tensor:
    from sklearn.datasets import load_digits

    images = torch.from_numpy(load_digits().images)  # [1797, 8, 8], 0 to 16
    images = (images * (255 / 16)).round().to(torch.uint8)
    return images[:_DIGITS_TRAIN] if train else images[_DIGITS_TRAIN:]


def _torchvision_images(name: str, data_dir: Path, train: bool) -> Tensor:
    # Not at the top: its operators import torch's compiler, a good part of every program's start.
    from torchvision import datasets

    folder = data_dir / name / "raw"
    said = io.StringIO()
    try:
        with contextlib.nullcontext() if _is_unpacked(folder) else _one_run_at_a_time(folder):
            _refuse_damaged_files(folder)
            # torchvision reports each failed mirror on standard output; the sentence below says it once.
            with contextlib.redirect_stdout(said):
                images: Tensor = getattr(datasets, name)(str(data_dir), train=train, download=True).data
    except (RuntimeError, ValueError, EOFError, zlib.error) as error:
        raise HomeworkError(
            f"{folder} holds no complete data set and the download failed ({_in_one_line(error)}). "
            f"Put the four files train-/t10k-images-idx3-ubyte.gz and -labels-idx1-ubyte.gz into {folder}, "
            "or train without a network: --dataset digits."
        ) from error
    return images


@contextlib.contextmanager
def _one_run_at_a_time(folder: Path) -> Iterator[None]:
    """Of runs started together, one downloads and unpacks; the others would read files half written."""
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        print(f"Waiting for another run that prepares {folder} ...", file=sys.stderr, flush=True)
        lock.acquire()
    except (OSError, NotImplementedError):
        pass  # where nothing can be written, nothing is unpacked
    try:
        yield
    finally:
        lock.release()


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """The four unpacked files and the sizes that they must have, in bytes."""
    for split, count in _SIZES.items():
        yield folder / f"{split}-images-idx3-ubyte", 16 + count * 784
        yield folder / f"{split}-labels-idx1-ubyte", 8 + count


def _is_unpacked(folder: Path) -> bool:
    return all(plain.is_file() and plain.stat().st_size == size for plain, size in _files(folder))


def _refuse_damaged_files(folder: Path) -> None:
    """torchvision takes any file of the right name for the data; a half-copied one is named here."""
    for plain, expected in _files(folder):
        packed = plain.with_name(plain.name + ".gz")
        if plain.is_file() and plain.stat().st_size != expected:
            raise HomeworkError(
                f"{plain} is damaged: {plain.stat().st_size:,} bytes, expected {expected:,}. "
                "Delete it and run the same command again."
            )
        if packed.is_file() and not plain.is_file() and not _unpacks_to(packed, expected):
            raise HomeworkError(
                f"{packed} is damaged: it does not unpack to {expected:,} bytes. "
                "Delete it and run the same command again, or copy it once more."
            )


def _unpacks_to(packed: Path, expected: int) -> bool:
    try:
        with gzip.open(packed) as file:
            return len(file.read(expected + 1)) == expected
    except (OSError, EOFError, zlib.error):
        return False


def _in_one_line(error: Exception) -> str:
    """What failed and, where an error lists its attempts, why the last of them did."""
    lines = str(error).split("\n") if str(error) else [type(error).__name__]
    named = [line.strip(" .:") for line in lines if line.strip(" .:")]
    return ": ".join(dict.fromkeys([named[0], named[-1]]))


def _resize(images: Tensor) -> Tensor:
    """uint8 `[N, H, W]` to uint8 `[N, 1, 32, 32]`, bilinear.

    From 28 or 8 pixels the weights are multiples of 1/16 or 1/8 a side, so float32 holds every sum
    exactly and the result does not depend on the machine.
    """
    parts = [
        F.interpolate(part[:, None].float(), IMAGE_SIZE, mode="bilinear", align_corners=False)
        .round()
        .to(torch.uint8)
        for part in images.split(4_096)
    ]
    return torch.cat(parts)  # [N, 1, 32, 32]


class BatchOrder:
    """Which images make up the batch of a training step: a function of the seed and the step alone.

    Every epoch visits all images once in a new order; an incomplete last batch is left out. Since
    nothing but the step number is needed, a resumed run sees the batches that it would have seen.
    """

    def __init__(
        self, num_images: int, batch_size: int, seed: int, device: torch.device | str = "cpu"
    ) -> None:
        """Raises HomeworkError if there are fewer images than fit in one batch."""
        if batch_size > num_images:
            raise HomeworkError(
                f"--batch_size {batch_size} is larger than the training set of {num_images:,} images; "
                f"choose at most {num_images}."
            )
        self.num_images, self.batch_size, self.seed, self.device = num_images, batch_size, seed, device
        self._epoch = -1
        self._permutation = torch.empty(0, dtype=torch.long)

    def indices(self, step: int) -> Tensor:
        """The indices `[batch_size]` of step 1, 2, 3, ... on the device."""
        epoch, position = divmod(step - 1, self.num_images // self.batch_size)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
            # One transfer an epoch; the batches are then cut on the device without waiting for it.
            self._permutation = torch.randperm(self.num_images, generator=generator).to(self.device)
            self._epoch = epoch
        return self._permutation[position * self.batch_size : (position + 1) * self.batch_size]
