"""Fetching the full MNIST set, file by file: a file is there whole and checked, or not at all."""

import gzip
import hashlib
import os
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from labkit.nn.mnist import FILES, folder

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist/"
"""The copy that torchvision takes first; each file has ".gz" added to its name."""


def fetch_mnist(progress: bool = True) -> Path:
    """Fetch what is missing or damaged into the cache folder, and return that folder.

    OSError, with one sentence, when a file cannot be fetched, is not the known one or cannot be written; nothing
    half-written is left.
    """
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, known in FILES.items():
            if not _is_known(place / name, known):
                with TemporaryDirectory(dir=place, prefix=".fetching-") as scratch:
                    _fetch(name, known, Path(scratch), progress)
                    os.replace(Path(scratch) / name, place / name)  # noqa: PTH105  (one step, on every system)
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        why = error.strerror
        raise OSError(f"the folder {place} cannot be written to ({why}): name another in LABKIT_DATA") from None
    return place


def _is_known(file: Path, known: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == known


def _fetch(name: str, known: str, scratch: Path, progress: bool) -> None:
    from pooch import HTTPDownloader
    from requests import RequestException
    from tqdm import tqdm

    address = f"{ADDRESS}{name}.gz"
    packed = scratch / f"{name}.gz"
    try:
        # pooch sets the total; a bar without one counts as none
        with tqdm(desc=name, total=1, unit="B", unit_scale=True, ncols=100, disable=not progress) as bar:
            HTTPDownloader(progressbar=bar)(address, packed, None)
        content = gzip.decompress(packed.read_bytes())
    except RequestException as error:
        why = type(error).__name__
        raise OSError(f"{address} cannot be fetched ({why}): try again, or take 'mnist_small'") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise OSError(f"{address} came cut or damaged: try again, or take 'mnist_small'") from None
    found = hashlib.sha256(content).hexdigest()
    if found != known:
        raise OSError(f"{address} is not the known file: its sha256 must start with {known[:12]}, got {found[:12]}")
    (scratch / name).write_bytes(content)
