"""Gradient descent of one linear neuron with two weights, sample by sample or batch by batch.

The neuron answers w . x; the targets are what weights `goal` would answer, so the loss, half the mean squared error,
is e^T H e / 2 with e = w - goal and H = mean x x^T: 0 at the goal. Shapes: inputs (samples, 2), weights (2,).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.nn.draws import Stream, generator

Array = NDArray[np.float64]
_FAR = 1e100
"""A walk that has come so far from the goal has left for good: it ends there."""


@dataclass(frozen=True)
class Walk:
    """Where descent went: weights (steps + 1, 2), loss over all samples (steps + 1,).

    `moves` holds the gradient steps that the batches of the running epoch would take from the last place,
    (batches, 2). A walk that diverges ends early: `path` is then shorter.
    """

    inputs: Array
    goal: Array
    path: Array
    loss: Array
    moves: Array

    @property
    def hessian(self) -> Array:
        """H = mean x x^T: the loss surface's curvature."""
        found: Array = self.inputs.T @ self.inputs / len(self.inputs)
        return found

    @property
    def condition(self) -> float:
        """The largest over the least curvature: 1 for a round bowl; infinite for a surface with a flat direction."""
        least, most = np.linalg.eigvalsh(self.hessian)
        return float(most / least) if least > 1e-12 * most else float("inf")

    @property
    def wrong(self) -> float:
        """The share of single-weight moves that lead away from the goal; NaN where nothing moved."""
        moves = np.diff(self.path, axis=0)
        towards = (self.goal - self.path[:-1]) * moves
        moved = np.abs(towards) > 0
        return float((towards[moved] < 0).mean()) if moved.any() else float("nan")

    @property
    def length(self) -> float:
        """Of the path."""
        return float(np.hypot(*np.diff(self.path, axis=0).T).sum())


def contours(found: Walk, levels: Array, places: int = 181) -> Array:
    """The ellipses on which the loss has these values, (levels, places, 2); NaN on a flat surface."""
    curvature, axes = np.linalg.eigh(found.hessian)
    if not curvature[-1] > 0:
        return np.full((len(levels), places, 2), np.nan)
    angle = np.linspace(0, 2 * np.pi, places)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    half = np.sqrt(2 * levels[:, None] / np.maximum(curvature, 1e-6 * curvature[-1]))  # a flat direction ends far out
    ellipses: Array = found.goal + (half[:, None, :] * circle) @ axes.T
    return ellipses


def order(samples: int, epoch: int, seed: int) -> NDArray[np.int64]:
    """The order in which an epoch takes the samples."""
    return generator(seed, Stream.INPUT, 1 + epoch).permutation(samples)


def gradients(inputs: Array, goal: Array, weights: Array) -> Array:
    """dC/dw of each sample, (samples, 2): the error, the same for both weights, times the inputs."""
    found: Array = (inputs @ (weights - goal))[:, None] * inputs
    return found


def walk(inputs: Array, goal: Array, start: Array, rate: float, batch: int, steps: int, seed: int) -> Walk:
    """Take `steps` steps from `start`, each down the mean gradient of the next `batch` samples; the last of an epoch
    may be fewer.
    """
    samples, path = len(inputs), [start]
    cuts = range(0, samples, batch)
    epoch, batches = 0, _cut(inputs, batch, 0, seed)
    for step in range(steps):
        if step // len(cuts) != epoch:
            epoch = step // len(cuts)
            batches = _cut(inputs, batch, epoch, seed)
        x = batches[step % len(cuts)]
        here = path[-1] - rate * (x @ (path[-1] - goal)) @ x / len(x)
        if not np.abs(here).max() < _FAR:  # NaN too
            break
        path.append(here)
    places = np.array(path)
    errors = (places - goal) @ inputs.T
    moves = np.array([-rate * gradients(x, goal, places[-1]).mean(axis=0) for x in batches])
    return Walk(inputs, goal, places, (errors**2).mean(axis=1) / 2, moves)


def _cut(inputs: Array, batch: int, epoch: int, seed: int) -> list[Array]:
    mixed = inputs[order(len(inputs), epoch, seed)]
    return [mixed[first : first + batch] for first in range(0, len(mixed), batch)]
