"""The (sigma_w, sigma_b) plane of an activation: all its points at once.

Shapes: (sigma_b values, sigma_w values); inside, (points,).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labkit.nn.activations import Activation
from labkit.nn.critical import CRITICAL, LOG_S, POINTS
from labkit.nn.expectations import ExpectationTable, expectation_table
from labkit.nn.meanfield import depth_scale
from labkit.nn.pairs import TERMS, hermite_shares

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
KNOTS = 40


class PhasePlane(NamedTuple):
    """q*, chi_1 and the depth scale xi over a grid, each (sigma_b values, sigma_w values).

    q* is 0 or infinite where the variance has no other end: there, and where chi_1 < 1 (ordered), xi is
    1/|log chi_1|. Where chi_1 > 1 (chaotic) it is -1/log chi_c at the stable correlation. On the critical line it is
    infinite.
    """

    q_star: Array
    chi_1: Array
    xi: Array


def phase_plane(
    activation: Activation, alpha: float | None, sigma_w_values: ArrayLike, sigma_b_values: ArrayLike
) -> PhasePlane:
    """The phases of an activation on a grid of (sigma_w, sigma_b), started from q = 1."""
    table = expectation_table(activation, alpha)
    sw, sb = (a.ravel() for a in np.meshgrid(np.asarray(sigma_w_values, float), np.asarray(sigma_b_values, float)))
    shape = (np.size(sigma_b_values), np.size(sigma_w_values))
    with np.errstate(all="ignore"):
        s = _ends(table, sw, sb)
        chi = (sw * _Interpolated(table, "slope")(np.log(s))) ** 2
        xi = np.array([depth_scale(c) for c in chi])
        chaotic = np.flatnonzero((chi > 1 + CRITICAL) & (s > np.exp(LOG_S[0])) & (s < np.exp(LOG_S[1])))
        if len(chaotic):
            xi[chaotic] = _chaotic_scale(activation, alpha, sw[chaotic], sb[chaotic], s[chaotic])
        out = np.where(s <= np.exp(LOG_S[0]), 0.0, np.where(s >= np.exp(LOG_S[1]), np.inf, s * s))
    return PhasePlane(out.reshape(shape), chi.reshape(shape), xi.reshape(shape))


class _Interpolated:
    """log of a curve of the table by log s, on a grid, cubic between."""

    def __init__(self, table: ExpectationTable, name: str) -> None:
        self.x = np.linspace(*LOG_S, 4 * POINTS)
        self.y = np.log(np.maximum(getattr(table.at(np.exp(self.x)), name), 1e-300))  # f may be 0
        self.slope = np.gradient(self.y, self.x, edge_order=2)

    def __call__(self, x: Array) -> Array:
        step = self.x[1] - self.x[0]
        place = np.clip((x - self.x[0]) / step, 0, len(self.x) - 1)
        i = np.minimum(np.nan_to_num(place).astype(int), len(self.x) - 2)  # what is NaN stays so by `place` itself
        t = place - i
        a, b, c, d = self.y[i], self.y[i + 1], self.slope[i] * step, self.slope[i + 1] * step
        cubic = a + t * (c + t * ((3 * (b - a) - 2 * c - d) + t * (2 * (a - b) + c + d)))
        value: Array = np.exp(cubic)
        return value


def _ends(table: ExpectationTable, sw: Array, sb: Array) -> Array:
    """The s that each point's variance runs into from q = 1: all march at once until they turn, then are bisected."""
    rms = _Interpolated(table, "rms")

    def step(x: Array, which: Indices) -> Array:
        moved: Array = np.log(np.hypot(sw[which] * rms(x), sb[which])) - x
        return moved

    everyone = np.arange(len(sw))
    x = np.zeros(len(sw))
    first = step(x, everyone)
    way = np.where(np.abs(first) < 1e-10, 0.0, np.sign(first))
    low, high, stride = x.copy(), x.copy(), 0.02
    going = everyone[way != 0]
    while len(going):
        low[going] = high[going]
        high[going] = np.clip(high[going] + way[going] * stride, *LOG_S)
        ended = ~((high[going] > LOG_S[0]) & (high[going] < LOG_S[1]))  # what is not a number has ended, too
        turned = way[going] * step(high[going], going) <= -1e-10
        low[going[ended & ~turned]] = high[going[ended & ~turned]]
        going = going[~(turned | ended)]
        stride = min(1.15 * stride, 0.3)
    for _ in range(40):
        middle = (low + high) / 2
        onward = way * step(middle, everyone) > 0
        low, high = np.where(onward, middle, low), np.where(onward, high, middle)
    end: Array = np.exp((low + high) / 2)
    return end


def _chaotic_scale(activation: Activation, alpha: float | None, sw: Array, sb: Array, s: Array) -> Array:
    """-1/log of the correlation map's slope at its stable fixed point.

    At q*, with w the weights' share of q, the map is c' = w P(c) + 1 - w, P the series at s. So c = c* where
    w = (1 - c) / (1 - P(c)): at each knot of s that is a table from w to the slope w P'(c), read backwards.
    """
    table = expectation_table(activation, alpha)
    x = np.log(s)
    knots = np.linspace(x.min() - 1e-9, x.max() + 1e-9, KNOTS)
    share = (sw * table.at(s).rms / s) ** 2
    near = np.clip(np.rint((x - knots[0]) / (knots[1] - knots[0])).astype(int), 1, KNOTS - 2)
    t = (x - knots[near]) / (knots[1] - knots[0])
    lagrange = {-1: t * (t - 1) / 2, 0: 1 - t * t, 1: t * (t + 1) / 2}
    slope = np.zeros_like(s)
    distance = np.geomspace(1e-7, 1, 1200)  # 1 - c
    powers = (1 - distance)[:, None] ** np.arange(TERMS + 2)
    for knot in range(KNOTS):
        users = np.flatnonzero(np.abs(near - knot) <= 1)
        if len(users):
            p = hermite_shares(activation, alpha, 0.0, float(np.exp(knots[knot])))
            value, rise = powers @ p, powers[:, :-1] @ (p[1:] * np.arange(1, len(p)))
            w = distance / (1 - value)
            slopes = np.interp(share[users], w, np.log(w * rise))
            for beside, weight in lagrange.items():
                mine = near[users] + beside == knot
                slope[users[mine]] += weight[users[mine]] * slopes[mine]
    return np.where(slope < 0, -1 / slope, np.inf)
