"""The intervals of z in which a condition holds, and the share of a Gaussian that lies in them."""

from collections.abc import Callable
from functools import lru_cache
from math import erf, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import Activation
from labkit.nn.properties import largest_slope
from labkit.nn.statistics import SATURATED_BELOW

Array = NDArray[np.float64]
_POSITIVE = np.concatenate([np.geomspace(1e-8, 20, 200), np.linspace(0, 20, 4001), np.geomspace(20, 1e4, 200)])
_GRID = np.unique(np.concatenate([-_POSITIVE, _POSITIVE]))
HALVINGS = 60


def intervals(
    condition: Callable[[Array], NDArray[np.bool_]], kinks: tuple[float, ...] = ()
) -> list[tuple[float, float]]:
    """Intervals (low, high) of z in which `condition` holds: found on a grid of |z| <= 1e4, ends by bisection.

    The first and last may be infinite. What is narrower than the grid (0.005 for |z| < 20) can be missed.
    """
    near = np.array([np.nextafter(kink, side) for kink in kinks for side in (-inf, inf)])
    grid = np.unique(np.concatenate([_GRID, near]))
    with np.errstate(all="ignore"):
        holds = condition(grid)
        turns = np.flatnonzero(holds[1:] != holds[:-1])
        low, high, before = grid[turns], grid[turns + 1], holds[turns]
        for _ in range(HALVINGS if len(turns) else 0):
            middle = low + (high - low) / 2
            same = condition(middle) == before
            low, high = np.where(same, middle, low), np.where(same, high, middle)
    ends = [*([-inf] if holds[0] else []), *(low + (high - low) / 2).tolist(), *([inf] if holds[-1] else [])]
    return list(zip(ends[::2], ends[1::2], strict=True))


@lru_cache(maxsize=256)
def saturated_intervals(activation: Activation, alpha: float | None) -> list[tuple[float, float]]:
    """Where |f'(z)| is below SATURATED_BELOW of its largest value."""
    bound = SATURATED_BELOW * largest_slope(activation, alpha)
    if not 0 < bound < inf:  # a slope without bound saturates nowhere
        return []
    return intervals(lambda z: np.abs(activation.derivative(z, alpha)) < bound, activation.kinks_at(alpha))


@lru_cache(maxsize=256)
def inactive_intervals(activation: Activation, alpha: float | None) -> list[tuple[float, float]]:
    """Where f(z) is exactly 0."""
    return intervals(lambda z: activation.function(z, alpha) == 0, activation.kinks_at(alpha))


def _below(z: float, mean: float, s: float) -> float:
    """P(x < z) for x ~ N(mean, s**2)."""
    return 0.5 * (1 + erf((z - mean) / (s * sqrt(2)))) if abs(z) < inf else float(z > 0)


def share(where: list[tuple[float, float]], mean: float, s: float) -> float:
    """Share of N(mean, s**2) that lies in the intervals; s > 0."""
    return sum(_below(high, mean, s) - _below(low, mean, s) for low, high in where)
