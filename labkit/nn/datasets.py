"""The inputs that a network can be given. A row of DATASETS is one source of them.

Shapes: inputs are (samples, features), float64; labels are (samples,), integers from 0, or None.
"""

import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from labkit.nn import mnist, planes
from labkit.nn.draws import Stream, drawn, generator
from labkit.nn.initializers import standard_normal
from labkit.nn.planes import Split
from labkit.nn.samples import Data, Samples
from labkit.nn.tasks import TASKS

Array = NDArray[np.float64]
Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Dataset:
    """One source of inputs.

    `load(batch, width, seed)` gives inputs and labels. `features` is None where the width of the network decides;
    `classes` is None where there are no labels; `samples` None where there is no end of them. What can be learned has
    a `task`, a key of TASKS, and `split(seed)`: its training and its test set, whose x times `unit` are the inputs;
    `decided_by(seed)` is what they depend on. `code` is what scripts that are handed out say: the body of a function of
    the generator `rng` and the number of `samples`, that returns x and y in NumPy.
    """

    key: str
    label: str
    load: Callable[[int, int, int], tuple[Array, Labels | None]]
    source: str
    features: int | None = None
    classes: int | None = None
    samples: int | None = None
    task: str | None = None
    split: Callable[[int], Split] | None = None
    unit: float = 1.0
    decided_by: Callable[[int], Hashable] = int
    code: str | None = None


def _gaussian(batch: int, width: int, seed: int) -> tuple[Array, None]:
    return drawn(standard_normal, seed, Stream.INPUT, 0, batch, width), None


def _learnable(
    key: str, label: str, task: str, split: Callable[[int], Split], source: str, features: int, samples: int,
    classes: int | None = None, divisor: int = 1, decided_by: Callable[[int], Hashable] = int,
    code: str | None = None,
) -> Dataset:  # fmt: skip
    """A row whose batches are drawn from its training set, none twice."""

    def load(batch: int, width: int, seed: int) -> tuple[Array, Labels | None]:
        x, y, _, _ = split(seed)
        chosen = shuffled(len(x), seed)[:batch]
        return x[chosen] / divisor, None if classes is None else y[chosen]

    return Dataset(key, label, load, source, features, classes, samples, task, split, 1 / divisor, decided_by, code)


def shuffled(samples: int, seed: int) -> NDArray[np.intp]:
    """The order in which the samples of a training set are taken for a batch that is looked at."""
    return generator(seed, Stream.INPUT).permutation(samples)


def _table(*rows: Dataset) -> dict[str, Dataset]:
    return {row.key: row for row in rows}


DIGITS = "LeCun, Cortes and Burges, The MNIST database of handwritten digits"

DATASETS: Mapping[str, Dataset] = _table(
    Dataset("gaussian", "Gaussian N(0, 1)", _gaussian, source="x ~ N(0, 1), as in the book's figures 6-10 to 6-14"),
    _learnable(
        "mnist_small", "MNIST digits", "classes", mnist.small_split, features=784, classes=10, samples=5000,
        divisor=255, decided_by=lambda seed: "shipped",
        source=f"{DIGITS}: 500 training and 100 test images of each class",
    ),
    _learnable(
        "mnist", "MNIST digits, all", "classes", mnist.full_split, features=784, classes=10, samples=60_000,
        divisor=255, decided_by=lambda seed: mnist.folder(),
        source=f"{DIGITS}: all 60 000 training and 10 000 test images, fetched by `labkit data mnist`",
    ),
    _learnable(
        "moons", "two moons", "yes_no", planes.split(planes.moons), features=2, classes=2, samples=planes.SAMPLES,
        source="scikit-learn's make_moons, noise 0.15",
        code=planes.MOONS_CODE,
    ),
    _learnable(
        "circles", "two circles", "yes_no", planes.split(planes.circles), features=2, classes=2,
        samples=planes.SAMPLES, source="scikit-learn's make_circles, factor 0.5, noise 0.1",
        code=planes.CIRCLES_CODE,
    ),
    _learnable(
        "spirals", "two spirals", "yes_no", planes.split(planes.spirals), features=2, classes=2,
        samples=planes.SAMPLES, source="after Lang and Witbrock (1988), Learning to tell two spirals apart",
        code=planes.SPIRALS_CODE,
    ),
    _learnable(
        "wave", "a sine to follow", "number", planes.split(planes.wave), features=1, samples=planes.SAMPLES,
        source="sin(pi x) for x ~ U(-1, 1), noise 0.05",
        code=planes.WAVE_CODE,
    ),
)  # fmt: skip


def _decided_by(dataset: str, seed: int, *others: Hashable) -> Hashable:
    """What a training set is kept under: the same digits serve every seed, other files are another set."""
    return dataset, DATASETS[dataset].decided_by(seed), others


@cached(LRUCache(2), key=_decided_by, lock=threading.RLock())
def learnable(dataset: str, seed: int, standardize: bool, scale: float) -> Data:
    """The training and the test set of a dataset.

    `standardize` subtracts the mean of the training set's values and divides by their standard deviation (two numbers
    for all features, for the test set too); `scale` multiplies after that. ValueError where there is nothing to learn.
    """
    row = DATASETS[dataset]
    if row.split is None or row.task is None:
        raise ValueError(f"training needs labels or targets; dataset {dataset!r} has none")
    x, y, test_x, test_y = row.split(seed)
    train, test = (Samples(a, b, 0.0, row.unit) for a, b in ((x, y), (test_x, test_y)))
    data = scaled(Data(train, test, row.task, TASKS[row.task].outputs(y)), standardize, scale)
    return replace(data, origin=(learnable, (dataset, seed, standardize, scale)))


def scaled(data: Data, standardize: bool, scale: float) -> Data:
    """The same samples with other inputs: standardized, as `learnable` does it, and then times `scale`."""
    if not standardize and scale == 1:
        return data
    offset, factor = data.train.offset, data.train.factor
    if standardize:
        offset, spread = _mean_and_std(data.train.x)
        factor = 1 / (spread or 1.0)
    train, test = (replace(each, offset=offset, factor=factor * scale) for each in (data.train, data.test))
    return replace(data, train=train, test=test, origin=None)


def _mean_and_std(x: NDArray[Any]) -> tuple[float, float]:
    parts = [x[start : start + 4096] for start in range(0, len(x), 4096)]  # bytes made floats all at once are large
    mean = sum(float(part.sum(dtype=np.float64)) for part in parts) / x.size
    square = sum(float(np.square(part - mean).sum()) for part in parts) / x.size
    return mean, square**0.5


def _batch_key(dataset: str, batch: int, width: int, seed: int, standardize: bool, scale: float) -> Hashable:
    return _decided_by(dataset, seed, standardize, scale), batch, width, seed  # the seed decides their order too


@cached(LRUCache(2), key=_batch_key, lock=threading.RLock())
def inputs(
    dataset: str, batch: int, width: int, seed: int, standardize: bool, scale: float
) -> tuple[Array, Labels | None]:
    """The batch that a network is given: inputs (batch, features), read-only, and labels (batch,) or None.

    `standardize` subtracts a mean and divides by a standard deviation (two numbers for all features): those of the
    training set's values, as in training, or the batch's where there is no such set; `scale` multiplies after that.
    """
    row = DATASETS[dataset]
    x, labels = row.load(batch, width, seed)
    if standardize and row.split is not None:
        train = learnable(dataset, seed, True, 1.0).train
        x = train.inputs(shuffled(len(train), seed)[:batch])
    elif standardize:
        x = (x - x.mean()) / (x.std() or 1.0)
    if scale != 1:
        x = x * scale
    x.flags.writeable = False
    if labels is not None:
        labels.flags.writeable = False
    return x, labels
