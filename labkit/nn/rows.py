"""What theory needs to know of a batch of inputs: how its rows differ in norm and how they are correlated.

Shapes: inputs are (batch, features).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labkit.nn.datasets import inputs
from labkit.nn.network import Network

Array = NDArray[np.float64]
SAMPLE = 64
"""Rows whose pairwise correlations are looked at."""


class Rows(NamedTuple):
    """A batch as a mixture: mean squares of its rows with their shares, each (atoms,), and mean and standard deviation
    of the correlation (cosine) between two rows.
    """

    squares: Array
    shares: Array
    correlation: float
    scatter: float


def rows_of(network: Network) -> Rows:
    """The Rows of the batch that the network is given."""
    net = network
    return _rows(net.dataset, net.batch, net.width, net.seed, net.standardize, net.input_scale)


@lru_cache(maxsize=64)
def _rows(dataset: str, batch: int, width: int, seed: int, standardize: bool, scale: float) -> Rows:
    x, _ = inputs(dataset, batch, width, seed, standardize, scale)
    size = float(np.abs(x).max()) or 1.0
    squares, shares = atoms(np.mean((x / size) ** 2, axis=1))
    norms = np.linalg.norm(x / size, axis=1)
    units = x[norms > 0] / size / norms[norms > 0, None]
    n = len(units)
    if n < 2:
        return Rows(squares * size * size, shares, 0.0, 0.0)
    # over all pairs, from the rows' sum: an estimate from few pairs could make a variance negative
    total = units.sum(axis=0)
    correlation = (float(total @ total) - n) / (n * (n - 1))
    few = units[:SAMPLE]
    scatter = float((few @ few.T)[np.triu_indices(len(few), 1)].std())
    return Rows(squares * size * size, shares, correlation, scatter)


def atoms(values: Array) -> tuple[Array, Array]:
    """A few numbers with shares that stand for many: Gauss's quadrature of their distribution on the log axis.

    3 atoms where the logarithms scatter by less than 0.3, else 5; so moments of log v up to degree 5 (9) are exact.
    One atom where all are equal; zeros are an atom of their own. `values` >= 0, shape (batch,).
    """
    positive = values[values > 0]
    none = 1 - len(positive) / len(values)
    if not len(positive):
        return np.zeros(1), np.ones(1)
    t = np.log(positive)
    center, spread = float(t.mean()), float(t.std())
    if spread < 1e-9:
        nodes, shares = np.array([positive.mean()]), np.ones(1)
    else:
        order = min(3 if spread < 0.3 else 5, len(np.unique(t)))
        nodes, shares = _gauss((t - center) / spread, order)
        nodes = np.exp(center + spread * nodes)
    if none:
        nodes, shares = np.append(nodes, 0.0), np.append(shares * (1 - none), none)
    return nodes, shares


def _gauss(t: Array, order: int) -> tuple[Array, Array]:
    """Golub and Welsch (1969): nodes and shares from the recurrence of the sample's orthogonal polynomials."""
    diagonal, beside = [], []
    before, now, norm = np.zeros_like(t), np.ones_like(t), 0.0
    for _ in range(order):
        diagonal.append(float(np.mean(t * now * now)))
        following = (t - diagonal[-1]) * now - norm * before
        before, norm = now, float(np.sqrt(np.mean(following * following)))
        if norm < 1e-9:
            break
        beside.append(norm)
        now = following / norm
    off = beside[: len(diagonal) - 1]
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return nodes, vectors[0] ** 2
