"""Labelled samples: what a network is trained with, and what it is tested with.

Shapes: x is (samples, features), y is (samples,) for classes and (samples, outputs) for numbers.
"""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labkit.nn.tasks import TASKS

Array = NDArray[np.float64]
Rows = NDArray[np.intp] | slice


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples as they are stored (pixels: bytes); the inputs are (x - offset) * factor."""

    x: NDArray[Any]
    y: NDArray[Any]
    offset: float = 0.0
    factor: float = 1.0

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.x)

    def inputs(self, rows: Rows, out: Array | None = None) -> Array:
        """The inputs of these rows, (rows, features), float64; written into `out` where it is given."""
        stored = self.x[rows]
        if out is None:
            out = np.empty(stored.shape)
        if self.offset:
            stored = np.subtract(stored, self.offset, out=out)
        np.multiply(stored, self.factor, out=out)
        return out


@dataclass(frozen=True, eq=False)
class Data:
    """A training set, a test set and their task, a key of TASKS; `outputs` is the width of the output layer.

    A dataset's own is pickled by its name (`origin`: who loads it again, and from what); copies share the arrays.
    """

    train: Samples
    test: Samples
    task: str
    outputs: int
    origin: tuple[Callable[..., "Data"], tuple[Any, ...]] | None = None

    @property
    def features(self) -> int:
        """Number of inputs of the network."""
        return int(self.train.x.shape[1])

    def __deepcopy__(self, memo: object) -> "Data":
        """Itself: the samples are never written to."""
        return self

    def __reduce__(self) -> tuple[Callable[..., "Data"], tuple[Any, ...]]:
        """By name where it has one, else as it is."""
        return self.origin or (Data, (self.train, self.test, self.task, self.outputs))


def data_of(
    x: ArrayLike, y: ArrayLike, task: str, test_x: ArrayLike | None = None, test_y: ArrayLike | None = None
) -> Data:
    """Data of one's own: x (samples, features), y (samples,) or (samples, outputs); tested on itself where no other is.

    ValueError where shapes, values or labels do not fit the task.
    """
    if not isinstance(task, str) or task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    if (test_x is None) != (test_y is None):
        raise ValueError("test_x and test_y must be given together")
    train = _samples("x", x, "y", y, task)
    test = train if test_x is None or test_y is None else _samples("test_x", test_x, "test_y", test_y, task)
    if test.x.shape[1] != train.x.shape[1] or test.y.shape[1:] != train.y.shape[1:]:
        raise ValueError(f"test_x and test_y must be shaped like x and y, got {test.x.shape} and {test.y.shape}")
    return Data(train, test, task, TASKS[task].outputs(np.concatenate([train.y, test.y])))


def _samples(name: str, x: ArrayLike, name_y: str, y: ArrayLike, task: str) -> Samples:
    try:
        inputs = np.array(x, float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers of shape (samples, features), got {reprlib.repr(x)}") from None
    if inputs.ndim != 2 or not inputs.size or not np.isfinite(inputs).all():
        raise ValueError(f"{name} must be finite and of shape (samples, features), got shape {inputs.shape}")
    try:
        given = np.asarray(y)
    except ValueError:  # rows of several lengths
        raise ValueError(f"{name_y} must have rows of one length, got {reprlib.repr(y)}") from None
    targets = TASKS[task].targets(given)
    if len(targets) != len(inputs):
        raise ValueError(f"{name_y} must have {len(inputs)} rows as {name} has, got {len(targets)}")
    return Samples(inputs, targets)
