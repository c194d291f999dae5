"""The correlation map of two inputs by its power series, kept on a grid of standard deviations: quick enough to drag.

Shares p_k with E[f(z1) f(z2)] = E[f**2] * sum of p_k c**k are analytic in log s, so they are computed at 16 places an
octave and interpolated with four of them (to about 1e-7 of the whole).
"""

from functools import lru_cache
from math import floor, log2

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.expectations import expectation_table
from labkit.nn.meanfield import Angle, depth_scale
from labkit.nn.pairs import hermite_shares, pair_expectations

Array = NDArray[np.float64]
KNOTS_AN_OCTAVE = 16
_COARSE_FROM = 0.9
_INSIDE = 2.0**-20, 2.0**40


def shares_near(activation: Activation, alpha: float | None, mean: float, s: float) -> Array:
    """As `hermite_shares`, interpolated between kept places."""
    place = KNOTS_AN_OCTAVE * log2(min(max(s, _INSIDE[0]), _INSIDE[1]))
    first = floor(place) - 1
    t = place - first
    weights = (-(t - 1) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2, -t * (t - 1) * (t - 3) / 2,
               t * (t - 1) * (t - 2) / 6)  # fmt: skip
    knots = (hermite_shares(activation, alpha, mean, 2.0 ** ((first + i) / KNOTS_AN_OCTAVE)) for i in range(4))
    result: Array = np.asarray(sum(weight * knot for weight, knot in zip(weights, knots, strict=True)))
    return result


@lru_cache(maxsize=4096)
def angle_by_series(
    activation: Activation, alpha: float | None, mean: float, sigma_w: float, sigma_b: float, q: float
) -> Angle:
    """As meanfield.angle, by the series, a hundred times as quick; near c = 1, where that is too coarse for kinked
    functions, two more steps by quadrature.
    """
    s = min(max(q**0.5, _INSIDE[0]), _INSIDE[1])
    if not _INSIDE[0] < q**0.5 < _INSIDE[1]:
        sigma_b = 0.0
    at = expectation_table(activation, alpha, mean).at(np.array([s]))
    weights = (sigma_w * float(at.rms[0])) ** 2
    after = weights + sigma_b**2
    slope = (sigma_w * s * float(at.slope[0])) ** 2 / after
    if slope <= 1 + 1e-9:
        return Angle(1.0, slope, depth_scale(slope))
    shares = np.polynomial.Polynomial(shares_near(activation, alpha, mean, s))
    rise, w, c = shares.deriv(), weights / after, 0.0
    for _ in range(60):  # convex on [0, 1]: Newton's method comes from the left and never passes the fixed point
        slope = w * float(rise(c))
        move = (w * float(shares(c)) + 1 - w - c) / (1 - slope) if slope < 1 else 0.0
        c = min(c + move, 1 - 1e-12)
        if abs(move) < 1e-14:
            break
    for _ in range(2 if c > _COARSE_FROM and activation.kinks_at(alpha) else 0):
        values, slopes = pair_expectations(activation, alpha, mean, s, c)
        slope = sigma_w**2 * s * s * slopes / after
        c = min(c + ((sigma_w**2 * values + sigma_b**2) / after - c) / (1 - slope), 1 - 1e-12)
    return Angle(c, slope, depth_scale(slope))
