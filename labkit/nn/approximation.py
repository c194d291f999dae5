"""Curves out of ReLUs: a sum of n hinges is any piecewise-linear curve with n pieces.

    g(z) = offset + sum_i c_i max(0, z - t_i)

The kinks t_i stand evenly from LOW to HIGH, and c_i is the change of slope at t_i: so g meets the target at the ends of
every piece. For a target with a bounded second derivative the largest error is at most max|f''| h^2 / 8, h the length
of a piece: twice as many ReLUs, a quarter of the error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labkit.nn.kernels import sigmoid

Array = NDArray[np.float64]
LOW, HIGH = -6.0, 6.0
MOST = 64
_A_PIECE = 65  # places in each piece where the error is looked for
_SIDE = 1e-9


@dataclass(frozen=True)
class Target:
    """A curve to be approximated; `kinks` are the places where it bends or jumps."""

    key: str
    label: str
    function: Callable[[Array], Array]
    kinks: tuple[float, ...] = ()


def _table(*rows: Target) -> dict[str, Target]:
    return {row.key: row for row in rows}


TARGETS: Mapping[str, Target] = _table(
    Target("sine", "sine", np.sin),
    Target("logistic", "logistic", lambda z: np.asarray(sigmoid(z))),
    Target("bump", "bump exp(−z²/2)", lambda z: np.exp(-z * z / 2)),
    Target("square", "parabola z²/6", lambda z: z * z / 6),
    Target("absolute", "|z|", np.abs, kinks=(0.0,)),
    Target("step", "step", lambda z: np.heaviside(z, 0.5), kinks=(0.0,)),
)


@dataclass(frozen=True)
class ReluSum:
    """offset + sum_i weights[i] * max(0, z - kinks[i])."""

    offset: float
    kinks: Array
    weights: Array

    def terms(self, z: Array) -> Array:
        """What each ReLU adds at the places z (m,): shape (n, m)."""
        found: Array = self.weights[:, None] * np.maximum(0, z - self.kinks[:, None])
        return found

    def __call__(self, z: Array) -> Array:
        """The sum at the places z, one dimension."""
        total: Array = self.offset + self.terms(z).sum(axis=0)
        return total


def relu_interpolation(function: Callable[[Array], Array], n: int, low: float = LOW, high: float = HIGH) -> ReluSum:
    """The sum of n ReLUs that meets `function` at n + 1 evenly spaced places from low to high.

    >>> relu_interpolation(np.abs, 2).weights
    array([-1.,  2.])
    """
    knots = np.linspace(low, high, n + 1)
    values = function(knots)
    slopes = np.diff(values) / np.diff(knots)
    return ReluSum(float(values[0]), knots[:-1], np.diff(slopes, prepend=0.0))


def largest_error(target: Target, n: int) -> float:
    """The largest distance between the target and its sum of n ReLUs, from LOW to HIGH."""
    pieces = np.linspace(np.linspace(LOW, HIGH, n + 1)[:-1], np.linspace(LOW, HIGH, n + 1)[1:], _A_PIECE)
    kinks = np.array(target.kinks)
    z = np.concatenate([pieces.ravel(), kinks, kinks - _SIDE, kinks + _SIDE])
    found = float(np.abs(target.function(z) - relu_interpolation(target.function, n)(z)).max())
    return found if found > 1e-12 else 0.0  # rounding


@lru_cache(maxsize=64)
def errors(target: Target) -> tuple[float, ...]:
    """The largest error with 1, 2, .. MOST ReLUs."""
    return tuple(largest_error(target, n) for n in range(1, MOST + 1))


def two_relus(steepness: float) -> ReluSum:
    """The piecewise-linear logistic: two ReLUs, tangent at 0 to the logistic function of that steepness.

    max(0, k z/4 + 1/2) - max(0, k z/4 - 1/2) = min(max(k z/4 + 1/2, 0), 1), with k the steepness.
    """
    reach = 2 / steepness
    return ReluSum(0.0, np.array([-reach, reach]), np.array([steepness / 4, -steepness / 4]))
