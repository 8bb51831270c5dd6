import gzip
import struct
from concurrent import futures
from urllib.error import URLError

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

import hwlib.data
from hwlib.data import BatchOrder, load_images
from hwlib.errors import HomeworkError


def write_idx(path, values: np.ndarray) -> None:
    header = struct.pack(">HBB", 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(header + values.tobytes())


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    """A data set in MNIST's file format, of 7 training and 5 validation images."""
    monkeypatch.setattr(hwlib.data, "_SIZES", {"train": 7, "t10k": 5})
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(0)
    images = {}
    for split, count in (("train", 7), ("t10k", 5)):
        images[split] = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        write_idx(raw / f"{split}-images-idx3-ubyte", images[split])
        write_idx(raw / f"{split}-labels-idx1-ubyte", np.zeros(count, dtype=np.uint8))
    return tmp_path, raw, images


def test_digits_need_no_files_and_are_split_in_two(tmp_path):
    train, dev = load_images("digits", tmp_path / "nowhere", True), load_images("digits", tmp_path, False)
    assert (train.shape, dev.shape) == ((1500, 1, 32, 32), (297, 1, 32, 32))
    assert train.dtype == torch.uint8
    assert (int(train.min()), int(train.max())) == (0, 255)
    assert not (tmp_path / "nowhere").exists()


def test_files_in_mnists_format_are_read_and_resized_as_pillow_does(small_mnist):
    folder, _, images = small_mnist
    found = load_images("mnist", folder, train=True)
    assert found.shape == (7, 1, 32, 32)
    expected = [
        Image.fromarray(image).resize((32, 32), Image.Resampling.BILINEAR) for image in images["train"]
    ]
    # Pillow rounds after each of its two passes, we round once.
    assert np.abs(found[:, 0].numpy().astype(int) - np.stack(expected).astype(int)).max() <= 1
    assert load_images("mnist", folder, train=False).shape == (5, 1, 32, 32)


def test_a_truncated_file_is_named_with_both_sizes(small_mnist):
    folder, raw, _ = small_mnist
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(
        HomeworkError, match=r"train-images-idx3-ubyte is damaged: 5,494 bytes, expected 5,504"
    ):
        load_images("mnist", folder, train=True)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-20], lambda data: b"not a gzip file", lambda data: b""]
)
def test_a_damaged_packed_file_is_named(small_mnist, damage):
    folder, raw, _ = small_mnist
    plain = raw / "t10k-images-idx3-ubyte"
    packed = raw / "t10k-images-idx3-ubyte.gz"
    packed.write_bytes(damage(gzip.compress(plain.read_bytes())))
    plain.unlink()
    with pytest.raises(
        HomeworkError, match=r"t10k-images-idx3-ubyte.gz is damaged: it does not unpack to 3,936"
    ):
        load_images("mnist", folder, train=True)


def test_a_run_waits_while_another_unpacks(small_mnist, capsys):
    folder, raw, _ = small_mnist
    plain = raw / "train-images-idx3-ubyte"
    complete = plain.read_bytes()
    plain.write_bytes(complete[:-10])
    other = FileLock(raw / ".lock")
    with futures.ThreadPoolExecutor() as pool:
        with other:
            waiting = pool.submit(load_images, "mnist", folder, True)
            with pytest.raises(futures.TimeoutError):
                waiting.result(timeout=0.3)
            plain.write_bytes(complete)
        assert waiting.result(timeout=30).shape == (7, 1, 32, 32)
    assert f"Waiting for another run that prepares {raw}" in capsys.readouterr().err


@pytest.mark.parametrize("refusal", [PermissionError("read-only"), NotImplementedError("no locks here")])
def test_a_folder_that_takes_no_lock_is_filled_all_the_same(small_mnist, monkeypatch, refusal):
    folder, raw, _ = small_mnist
    missing = raw / "t10k-labels-idx1-ubyte"
    labels = missing.read_bytes()
    missing.unlink()

    def refuse(*args, **kwargs):
        raise refusal

    monkeypatch.setattr(hwlib.data.FileLock, "acquire", refuse)
    monkeypatch.setattr(
        "torchvision.datasets.mnist.download_and_extract_archive",
        lambda *args, **kwargs: missing.write_bytes(labels),
    )
    assert load_images("mnist", folder, train=True).shape == (7, 1, 32, 32)


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion", "FashionMNIST")])
def test_no_network_and_no_files_names_digits_and_the_folder(tmp_path, monkeypatch, name, folder):
    def no_network(*args, **kwargs):
        raise URLError("no route")

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", no_network)
    with pytest.raises(HomeworkError) as error:
        load_images(name, tmp_path, train=True)
    assert "--dataset digits" in str(error.value)
    assert str(tmp_path / folder / "raw") in str(error.value)
    assert "-ubyte.gz: <urlopen error no route>). Put the four files" in str(error.value)


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(
        HomeworkError, match="--dataset svhn is unknown; choose one of: mnist, fashion, digits"
    ):
        load_images("svhn", tmp_path, train=True)


def test_an_epoch_visits_every_image_once_in_an_order_of_its_own():
    order = BatchOrder(10, 3, seed=5)
    first = torch.cat([order.indices(step) for step in (1, 2, 3)])
    second = torch.cat([order.indices(step) for step in (4, 5, 6)])
    assert len(set(first.tolist())) == len(set(second.tolist())) == 9
    assert first.tolist() != second.tolist()


def test_a_batch_depends_on_seed_and_step_alone():
    one, other = BatchOrder(100, 7, seed=1), BatchOrder(100, 7, seed=1)
    for step in range(1, 40):
        one.indices(step)
    for step in (40, 3, 17):
        assert one.indices(step).tolist() == other.indices(step).tolist()
    assert BatchOrder(100, 7, seed=2).indices(3).tolist() != other.indices(3).tolist()


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(HomeworkError, match="--batch_size 11 is larger than the training set of 10 images"):
        BatchOrder(10, 11, seed=0)
