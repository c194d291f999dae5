"""The MNIST digits: 5000 + 1000 that are shipped, and all 60 000 + 10 000, once `labkit data mnist` has fetched them.

Shapes: images are (n, 784) bytes; labels are (n,).
"""

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labkit.nn.planes import Split

Bytes = NDArray[np.uint8]

MNIST_FILE = resources.files("labkit.nn") / "data" / "mnist_5000_1000.npz"
MNIST_SHA256 = "074d52adaa7ecc0116dab3d49f191faecf0dc26ab36899b530b192c2ce7d2821"
FOLDER_VARIABLE = "LABKIT_DATA"
FILES: Mapping[str, str] = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""sha256 of each file of the full set, uncompressed."""


@cache
def mnist_small() -> Mapping[str, Bytes]:
    """The shipped digits: train_images (5000, 28, 28), train_labels, test_images (1000, 28, 28), test_labels.

    OSError when the file is missing or is not the one that was shipped.
    """
    content = MNIST_FILE.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != MNIST_SHA256:
        raise OSError(
            f"the digits file {MNIST_FILE.name} is damaged: its sha256 must start with {MNIST_SHA256[:12]}, "
            f"got {found[:12]}; install labkit again"
        )
    with np.load(BytesIO(content)) as file:
        return {name: file[name] for name in file.files}


def small_split(_seed: int) -> Split:
    """The shipped digits."""
    digits = mnist_small()
    return (
        digits["train_images"].reshape(-1, 784), digits["train_labels"].astype(np.intp),
        digits["test_images"].reshape(-1, 784), digits["test_labels"].astype(np.intp),
    )  # fmt: skip


def folder() -> Path:
    """Where the full set is kept: LABKIT_DATA of the environment, or the user's cache folder; then mnist."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given).expanduser() / "mnist"
    import pooch  # only now: `import labkit` does without it

    return Path(pooch.os_cache("labkit")) / "mnist"


def full_split(_seed: int) -> Split:
    """The full set. FileNotFoundError when it was not fetched, OSError when a file is damaged or cannot be read.

    The messages are seen by visitors of a public page, so they do not say where the files are.
    """
    return _read(folder())


@cache
def _read(place: Path) -> Split:
    train, train_labels, test, test_labels = (_content(place, name) for name in FILES)
    return (
        np.frombuffer(train, np.uint8, offset=16).reshape(-1, 784),
        np.frombuffer(train_labels, np.uint8, offset=8).astype(np.intp),
        np.frombuffer(test, np.uint8, offset=16).reshape(-1, 784),
        np.frombuffer(test_labels, np.uint8, offset=8).astype(np.intp),
    )


def _content(place: Path, name: str) -> bytes:
    try:
        content = (place / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(
            "the full MNIST set is not here: fetch it with `labkit data mnist`, or take 'mnist_small', which is shipped"
        ) from None
    except OSError as error:
        raise OSError(f"{name} of the full MNIST set cannot be read ({error.strerror}): take 'mnist_small'") from None
    if hashlib.sha256(content).hexdigest() != FILES[name]:
        raise OSError(f"{name} is damaged: fetch it again with `labkit data mnist`, or take 'mnist_small'")
    return content
