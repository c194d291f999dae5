"""Networks that learn points in the plane, in step: the state of the labs that train on moons, circles and spirals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from labkit.nn.network import Network
from labkit.nn.planes import SAMPLES
from labkit.nn.steps import Divergence
from labkit.nn.train import compare

Array = NDArray[np.float64]
Extent = tuple[float, float, float, float]
"""Left, right, bottom, top."""

PLANES: Mapping[str, str] = {"moons": "two moons", "circles": "two circles", "spirals": "two spirals"}
KEPT = 100
"""Scores that are kept of a run, besides those before its first step."""
_MARGIN = 1.12


@dataclass(frozen=True)
class History:
    """Steps (kept,), and by network the loss and the accuracy on the test set after them, (kept, networks) each."""

    steps: NDArray[np.intp]
    loss: Array
    accuracy: Array


@dataclass(frozen=True)
class Points:
    """Points of the training set as the network sees them, (points, 2), and their class, 0 or 1."""

    x: Array
    y: NDArray[np.intp]


class Run:
    """Networks in step on the same batches; scores on the test set are kept every so many steps and at the last."""

    def __init__(
        self, networks: Sequence[Network], optimizer: str, learning_rate: float, batch_size: int, steps: int,
        kept: int = KEPT,
    ) -> None:  # fmt: skip
        """Take no step yet; about `kept` scores will be kept."""
        self.comparison = compare(networks, optimizer, learning_rate, batch_size, steps, evaluate_every=None)
        self.trainings = self.comparison.trainings
        self.steps, self.done = steps, 0
        self._every = kept_every(steps, kept)
        self._kept: list[tuple[int, Array]] = []
        self._scored: tuple[int, Array] | None = None
        self._keep()

    def advance(self, seconds: float) -> "Run":
        """Make steps until the time is over; at least one, where there is one left."""
        end = perf_counter() + seconds
        while not self.finished:
            next(self.comparison)
            self.done += 1
            if self.done % self._every == 0 or self.finished:
                self._keep()
            if perf_counter() >= end:
                break
        return self

    @property
    def finished(self) -> bool:
        """Whether there is no step left: all are made, or no network is finite."""
        return self.done >= self.steps or self.comparison.finished

    def progress(self) -> tuple[int, int]:
        """Steps that are done, and how many there are."""
        return self.done, self.done if self.finished else self.steps

    def scores(self) -> Array:
        """Loss and accuracy on the test set as the networks are now, (networks, 2)."""
        if self._scored is None or self._scored[0] != self.done:
            found = [training.evaluate() for training in self.trainings]
            self._scored = self.done, np.array(found, float)
        return self._scored[1]

    def changed(self) -> None:
        """Score anew: somebody has changed the networks between two steps."""
        self._scored = None
        if self._kept[-1][0] == self.done:
            self._kept[-1] = self.done, self.scores()

    @property
    def last_kept(self) -> tuple[int, Array]:
        """The step at which scores were kept last, and these."""
        return self._kept[-1]

    def _keep(self) -> None:
        self._kept.append((self.done, self.scores()))

    def history(self) -> History:
        """The scores that are kept, and those of now."""
        kept = self._kept if self._kept[-1][0] == self.done else [*self._kept, (self.done, self.scores())]
        scores = np.array([values for _, values in kept])
        return History(np.array([step for step, _ in kept]), scores[..., 0], scores[..., 1])

    @property
    def diverged(self) -> tuple[Divergence | None, ...]:
        """By network where its numbers ceased to be finite."""
        return tuple(training.diverged for training in self.trainings)

    def points(self, count: int = SAMPLES) -> Points:
        """The first `count` points of the training set, which is in random order."""
        train = self.trainings[0].data.train
        return Points(train.inputs(slice(count)), train.y[:count])

    def maps(self, extent: Extent, shape: tuple[int, int]) -> Array:
        """By network the probability of class 1 at the centers of rows x columns cells, (networks, rows, columns)."""
        places = centers(extent, shape)
        flat = np.column_stack([each.ravel() for each in np.meshgrid(*places)])
        return np.array([training.predict(flat).reshape(shape) for training in self.trainings])


def kept_every(steps: int, kept: int = KEPT) -> int:
    """Steps from one score that is kept to the next, where about `kept` are."""
    return -(-steps // kept)


def centers(extent: Extent, shape: tuple[int, int]) -> tuple[Array, Array]:
    """The centers of the cells of a map: x (columns,), y (rows,), from below.

    >>> centers((0, 1, 0, 2), (1, 2))
    (array([0.25, 0.75]), array([1.]))
    """
    left, right, bottom, top = extent
    (rows, columns), step = shape, 0.5
    x = left + (right - left) * (np.arange(columns) + step) / columns
    y = bottom + (top - bottom) * (np.arange(rows) + step) / rows
    return x, y


def extent_of(x: Array, aspect: float) -> Extent:
    """What a picture shows, `aspect` times as wide as high, so that all points (points, 2) are in it, and undistorted.

    >>> extent_of(np.array([[-1.0, 0.0], [1.0, 1.0]]), 2.0)
    (-1.12, 1.12, -0.06..., 1.06...)
    """
    low, high = x.min(axis=0), x.max(axis=0)
    middle, half = (low + high) / 2, _MARGIN * (high - low) / 2
    height = max(half[1], half[0] / aspect)
    width = aspect * height
    left, right, bottom, top = middle[0] - width, middle[0] + width, middle[1] - height, middle[1] + height
    return float(left), float(right), float(bottom), float(top)
