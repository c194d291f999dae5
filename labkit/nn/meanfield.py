"""Mean-field theory of a wide random network: the map of the pre-activations' variance and its fixed points.

The state is s = sqrt(q), the standard deviation of the pre-activations, since q itself leaves float64 in deep networks.
Sources: Poole et al. (2016), Exponential expressivity in deep neural networks through transient chaos; Schoenholz et
al. (2017), Deep information propagation.
"""

from functools import lru_cache
from math import exp, hypot, inf, log, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import Activation
from labkit.nn.expectations import ExpectationTable, expectation_table
from labkit.nn.pairs import pair_expectations

Array = NDArray[np.float64]
LARGEST = 1e300
"""Beyond this the standard deviation of z counts as overflow."""
STILL = 1e-13
_TINY, _HUGE = 1e-200, 1e200


def trajectory(table: ExpectationTable, sigma_w: float, sigma_b: float, first: Array, depth: int) -> Array:
    """Standard deviation of z in each layer, (depth, atoms), from that of the first layer, (atoms,); NaN: overflow."""
    result = np.empty((depth, len(first)))
    for atom, s in enumerate(first.tolist()):
        values = []
        for _ in range(depth):
            values.append(s)
            if not s < LARGEST:
                values[-1] = s = nan
                break
            after = hypot(sigma_w * table.rms(s), sigma_b)
            if after == s:
                break
            s = after
        result[:, atom] = values + [s] * (depth - len(values))
    return result


class FixedPoint(NamedTuple):
    """Where the variance of z ends: q (0: the signal dies out; infinite: it explodes) and chi_1 there."""

    q: float
    chi_1: float


def _step(table: ExpectationTable, sigma_w: float, sigma_b: float, s: float) -> float:
    """log of the factor by which one layer multiplies s."""
    after = hypot(sigma_w * table.rms(s), sigma_b)
    return log(after / s) if 0 < after < inf else (-inf if after == 0 else inf)


@lru_cache(maxsize=4096)
def fixed_point(
    activation: Activation, alpha: float | None, mean: float, sigma_w: float, sigma_b: float, start: float = 1.0
) -> FixedPoint:
    """The fixed point that the variance runs into from q = start**2; `sigma_w`**2 = fan_in * std**2."""
    table = expectation_table(activation, alpha, mean)
    s = _end(table, sigma_w, sigma_b, start or 1e-100)
    place = min(max(s, _TINY), _HUGE)
    chi = (sigma_w * float(table.at(np.array([place])).slope[0])) ** 2
    return FixedPoint(s * s, chi)


def _end(table: ExpectationTable, sigma_w: float, sigma_b: float, start: float) -> float:
    """March from `start` the way that the map goes, until it turns; then bisect. 0 or inf: it never turns.

    The variance never swings around its end: d log E f(z)**2 / d log s >= -1, since d/d log s of the density of
    N(0, s**2) is (z**2 / s**2 - 1) times it.
    """
    here = _step(table, sigma_w, sigma_b, start)
    if abs(here) < STILL:
        return start
    way = 1 if here > 0 else -1
    low, stride = log(start), 0.02
    high = low
    while way * _step(table, sigma_w, sigma_b, exp(high)) > -STILL:
        low, high, stride = high, high + way * stride, min(1.3 * stride, 0.7)
        if not -650 < high < 650:
            return 0.0 if way < 0 else inf
    for _ in range(60):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if way * _step(table, sigma_w, sigma_b, exp(middle)) > 0:
            low = middle
        else:
            high = middle
    return exp((low + high) / 2)


class Angle(NamedTuple):
    """The stable correlation of two inputs, the factor chi_c by which a small distance to it changes in a layer, and
    the depth scale xi_c = -1/log chi_c (infinite at chi_c = 1).
    """

    c_star: float
    chi_c: float
    xi_c: float


@lru_cache(maxsize=4096)
def angle(
    activation: Activation, alpha: float | None, mean: float, sigma_w: float, sigma_b: float, q: float
) -> Angle:
    """Stable correlation at the variance q; where q is 0 or infinite, in that limit.

    The correlation map has a power series with positive coefficients, so it is convex on [0, 1]: c = 1 is stable if
    the slope there is at most 1; else there is one more fixed point in [0, 1), found by Newton's method from the left.
    """
    s = min(max(q**0.5, 2.0**-20), 2.0**40)
    if not 2.0**-20 < q**0.5 < 2.0**40:
        sigma_b = 0.0
    at = expectation_table(activation, alpha, mean).at(np.array([s]))
    after = (sigma_w * float(at.rms[0])) ** 2 + sigma_b**2
    slope = (sigma_w * s * float(at.slope[0])) ** 2 / after
    if slope <= 1 + 1e-9:
        return Angle(1.0, slope, depth_scale(slope))
    c = 0.0
    for _ in range(60):
        values, slopes = pair_expectations(activation, alpha, mean, s, c)
        # with a mean, the correlation is that of z - mean: weights have mean 0 and biases are shared
        rest = (sigma_w**2 * values + sigma_b**2) / after - c
        slope = sigma_w**2 * s * s * slopes / after
        move = rest / (1 - slope) if slope < 1 else 0.0
        c = min(c + move, 1 - 1e-12)
        if abs(move) < 1e-14:
            break
    return Angle(c, slope, depth_scale(slope))


def depth_scale(factor: float) -> float:
    """1 / abs(log(factor)): the layers in which something that changes by `factor` a layer changes by e."""
    if factor <= 0:
        return 0.0
    return inf if abs(factor - 1) < 1e-9 else 1 / abs(log(factor))
