"""Inception's weights file: download from a local server, checksum, damaged and missing files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from hwlib.errors import HomeworkError
from hwlib.features import weights
from hwlib.fid import compute_fid


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder; /cut promises more bytes than it sends."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:  # noqa: N802
        if self.path != "/cut":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half of it")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address of a server with a small state dict, and the file's SHA-256."""
    folder = tmp_path / "server"
    folder.mkdir()
    torch.save({"weight": torch.arange(3.0)}, folder / "w.pth")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    digest = hashlib.sha256((folder / "w.pth").read_bytes()).hexdigest()
    yield f"http://127.0.0.1:{httpd.server_port}", digest
    httpd.shutdown()
    httpd.server_close()


def test_downloads_once_and_loads(server, tmp_path, capsys) -> None:
    address, digest = server
    target = tmp_path / "cache" / "w.pth"
    assert weights.download(f"{address}/w.pth", target, digest) == target
    assert f"to {target}" in capsys.readouterr().err
    assert weights.load(target, digest)["weight"].tolist() == [0, 1, 2]
    assert weights.download("http://127.0.0.1:9/never", target, digest) == target


@pytest.mark.parametrize("path", ["/w.pth", "/cut"])
def test_a_wrong_or_cut_download_is_not_kept(server, tmp_path, path) -> None:
    address, _ = server
    with pytest.raises(HomeworkError, match="not Inception's weights.*try again.*--inception_weights FILE"):
        weights.download(address + path, tmp_path / "cache" / "w.pth", "0" * 64)
    assert not list((tmp_path / "cache").iterdir())


def test_no_network_names_the_address_and_the_embedded_network(server, tmp_path) -> None:
    address, digest = server
    for url in (f"{address}/missing.pth", "http://127.0.0.1:9/w.pth"):
        with pytest.raises(HomeworkError) as error:
            weights.download(url, tmp_path / "cache" / "w.pth", digest)
        for part in (url, weights.URL, "--inception_weights FILE", "--fid_network lenet"):
            assert part in str(error.value)
    assert not list((tmp_path / "cache").iterdir())


def test_is_the_published_file() -> None:
    assert f"pt_inception-2015-12-05-{weights.SHA256[:8]}.pth" == weights.FILE
    assert weights.URL.endswith(f"/fid_weights/{weights.FILE}")
    assert len(weights.SHA256) == 64


def test_shares_the_folder_of_pytorch_fid(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert weights.default_path() == tmp_path / "hub" / "checkpoints" / weights.FILE


def test_says_what_is_wrong_with_a_file(tmp_path) -> None:
    with pytest.raises(
        HomeworkError, match="--inception_weights .*none.pth: no such file.*--fid_network lenet"
    ):
        weights.load(tmp_path / "none.pth")
    other = tmp_path / "other.pth"
    other.write_bytes(b"other")
    with pytest.raises(HomeworkError, match=r"its SHA-256 is d9298a10\.\.\., expected 6726825d\.\.\."):
        weights.load(other)
    with pytest.raises(HomeworkError, match="other.pth can't be read as a weights file"):
        weights.load(other, sha256=None)
    torch.save([1, 2], other)
    with pytest.raises(HomeworkError, match="holds no state dict but list"):
        weights.load(other, sha256=None)


def test_a_file_with_code_in_it_is_not_run(tmp_path) -> None:
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    torch.save({"weight": Bomb()}, tmp_path / "bomb.pth")
    with pytest.raises(HomeworkError, match="can't be read as a weights file"):
        weights.load(tmp_path / "bomb.pth", sha256=None)
    assert not (tmp_path / "exploded").exists()


def test_compute_fid_without_weights_says_so(tmp_path) -> None:
    images = torch.zeros(4, 1, 32, 32)
    with pytest.raises(HomeworkError, match="no such file"):
        compute_fid(images, images, network="inception", weights=tmp_path / "none.pth")
