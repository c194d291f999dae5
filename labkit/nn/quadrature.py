"""Expectations over a Gaussian, for functions with kinks.

Gauss-Legendre on pieces of [-10, 10] standard deviations (beyond lies 2e-23 of the mass), split at the kinks, at whole
standard deviations, and at powers of two of z: so a function that varies on the scale of 1 is resolved whether the
standard deviation is 1e-6 or 1e6. Accurate to 1e-12 for all rows of ACTIVATIONS.
"""

from collections.abc import Callable, Iterable
from functools import cache
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REACH = 10.0
NODES = 24
_POWERS = 2.0 ** np.arange(-10, 61)
_SCALES = np.concatenate([-_POWERS[::-1], [0.0], _POWERS])
_WHOLE = np.arange(-REACH, REACH + 1)


@cache
def _legendre(nodes: int) -> tuple[Array, Array]:
    """Nodes in (-1, 1) and their weights."""
    return np.polynomial.legendre.leggauss(nodes)


def gaussian_nodes(std: float, mean: float = 0.0, splits: Iterable[float] = ()) -> tuple[Array, Array]:
    """Places z and weights with E f(z) = sum(weights * f(z)) for z ~ N(mean, std**2), f smooth between the `splits`.

    `std` > 0. Both have one dimension.
    """
    places = np.concatenate([_SCALES, np.fromiter(splits, float)])
    with np.errstate(over="ignore"):
        breaks = np.concatenate([_WHOLE, (places - mean) / std])
    breaks = np.unique(breaks[np.abs(breaks) <= REACH])
    nodes, weights = _legendre(NODES)
    half = np.diff(breaks)[:, None] / 2
    u = (breaks[:-1, None] + half) + half * nodes
    density = half * weights * np.exp(-u * u / 2) / sqrt(2 * pi)
    return (mean + std * u).reshape(-1), density.reshape(-1)


def expectation(
    function: Callable[[Array], Array], std: float, mean: float = 0.0, splits: Iterable[float] = ()
) -> float:
    """E function(z) for z ~ N(mean, std**2), the function being smooth between the `splits`.

    Infinite or NaN where the function is so with some weight; `std` 0 gives function(mean).

    >>> round(expectation(lambda z: z * z, std=3.0), 9)
    9.0
    """
    if not std >= 0:
        raise ValueError(f"std must be at least 0, got {std!r}")
    with np.errstate(all="ignore"):
        if std == 0:
            return float(function(np.array([mean]))[0])
        z, weights = gaussian_nodes(std, mean, splits)
        return float(np.sum(weights * function(z)))
