"""Fetching the full MNIST set, file by file: a file is there whole and checked, or not at all."""

import gzip
import hashlib
import os
import zlib
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import time

from labkit.nn.mnist import FILES, folder

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist/"
"""A mirror that torchvision uses; each file has ".gz" added to its name."""
_PREFIX = ".fetching-"
_STALE = 120.0  # seconds without a change; pooch gives a silent connection up after 30


class FetchError(OSError):
    """A sentence that says why a file is not there."""


def fetch_mnist(progress: bool = True) -> Path:
    """Fetch what is missing or damaged into the cache folder, and return that folder.

    FetchError when a file cannot be fetched, is not the known one or cannot be written; nothing half-written is left.
    """
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        _remove_stale(place)
        for name, known in FILES.items():
            if not _is_known(place / name, known):
                with TemporaryDirectory(dir=place, prefix=_PREFIX) as scratch:
                    _fetch(name, known, Path(scratch), progress)
                    os.replace(Path(scratch) / name, place / name)  # noqa: PTH105  (one step, on every system)
    except FetchError:
        raise
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FetchError(f"the folder {place} cannot be written to ({why}): name another in LABKIT_DATA") from None
    return place


def _remove_stale(place: Path) -> None:
    """What a fetch that was killed has left. One that goes on writes all the time: a stalled connection ends sooner."""
    for scratch in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time() - max(path.stat().st_mtime for path in (scratch, *scratch.iterdir())) > _STALE:
                rmtree(scratch, ignore_errors=True)


def _is_known(file: Path, known: str) -> bool:
    if file.is_dir():
        raise FetchError(f"{file} must be a file, and is a folder: remove it, or name another place in LABKIT_DATA")
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == known
    except FileNotFoundError:
        return False
    except OSError as error:
        why = f"cannot be read ({error.strerror}): remove it, or name another folder in LABKIT_DATA"
        raise FetchError(f"{file} {why}") from None


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
        raise FetchError(f"{address} cannot be fetched ({why}): try again, or take 'mnist_small'") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise FetchError(f"{address} came cut or damaged: try again, or take 'mnist_small'") from None
    found = hashlib.sha256(content).hexdigest()
    if found != known:
        raise FetchError(f"{address} is not the known file: its sha256 must start with {known[:12]}, got {found[:12]}")
    (scratch / name).write_bytes(content)
