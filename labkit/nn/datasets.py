"""The inputs that a network can be given. A row of DATASETS is one source of them.

Shapes: inputs are (samples, features), float64; labels are (samples,), integers from 0, or None.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from labkit.nn.draws import Stream, drawn, generator
from labkit.nn.initializers import standard_normal

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

MNIST_FILE = resources.files("labkit.nn") / "data" / "mnist_5000_1000.npz"
MNIST_SHA256 = "074d52adaa7ecc0116dab3d49f191faecf0dc26ab36899b530b192c2ce7d2821"


@dataclass(frozen=True)
class Dataset:
    """One source of inputs.

    `load(batch, width, seed)` gives inputs and labels. `features` is None where the width of the network decides;
    `classes` is None where there are no labels; `samples` None where there is no end of them.
    """

    key: str
    label: str
    load: Callable[[int, int, int], tuple[Array, Labels | None]]
    source: str
    features: int | None = None
    classes: int | None = None
    samples: int | None = None


@cache
def mnist_small() -> Mapping[str, NDArray[np.uint8]]:
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


def _gaussian(batch: int, width: int, seed: int) -> tuple[Array, None]:
    return drawn(standard_normal, seed, Stream.INPUT, 0, batch, width), None


def _mnist_small(batch: int, width: int, seed: int) -> tuple[Array, Labels]:
    digits = mnist_small()
    chosen = generator(seed, Stream.INPUT).permutation(len(digits["train_images"]))[:batch]
    images = digits["train_images"][chosen].reshape(batch, -1)
    return images / 255, digits["train_labels"][chosen].astype(np.intp)


def _table(*rows: Dataset) -> dict[str, Dataset]:
    return {row.key: row for row in rows}


DATASETS: Mapping[str, Dataset] = _table(
    Dataset("gaussian", "Gaussian N(0, 1)", _gaussian, source="x ~ N(0, 1), as in the book's figures 6-10 to 6-14"),
    Dataset(
        "mnist_small", "MNIST digits", _mnist_small, features=784, classes=10, samples=5000,
        source="LeCun, Cortes and Burges, The MNIST database of handwritten digits: 500 training images of each class",
    ),
)


@cached(LRUCache(2), lock=threading.RLock())
def inputs(
    dataset: str, batch: int, width: int, seed: int, standardize: bool, scale: float
) -> tuple[Array, Labels | None]:
    """The batch that a network is given: inputs (batch, features), read-only, and labels (batch,) or None.

    `standardize` subtracts the mean of the batch's values and divides by their standard deviation (two numbers for
    all features); `scale` multiplies after that.
    """
    x, labels = DATASETS[dataset].load(batch, width, seed)
    if standardize:
        x = (x - x.mean()) / (x.std() or 1.0)
    if scale != 1:
        x = x * scale
    x.flags.writeable = False
    if labels is not None:
        labels.flags.writeable = False
    return x, labels
