"""The finite-width band: where 95 % of the networks of this width and batch lie, by a formula.

To first order in 1/width, on a log axis. Given the layer below, the n units of a layer are independent draws; so the
mean square of f in a layer scatters relatively by

    v = [ K(1) / B + (1 - 1/B) * K(c) ] / n,    K(c) = Cov(f(z1)^2, f(z2)^2) / E[f^2]^2 at correlation c,

for B rows of mutual correlation c (one row alone: K(1) / n). It is handed on by the slope g = d log q' / d log q of the
variance map: P' = g^2 P + w^2 v, with w the weights' share of q'. The gradient gains [K'(1) / B + ...] / n likewise in
each layer (K' of f'^2 times a Gaussian squared), and what the forward scatter of q does to E f'^2. The curvature of
the maps and of the logarithm moves the center (at width 100 below theory). The formula assumes independent weights;
of an orthogonal matrix it is too wide. It is the leading order: good while depth / width is well below 1.

Shapes: everything is (depth,).
"""

from math import hypot, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labkit.nn.expectations import Expectations, ExpectationTable

Array = NDArray[np.float64]
NORMAL_95 = 1.959963984540054
_STEP = 0.05  # of log q, for the derivatives


class Spread(NamedTuple):
    """How far the center lies from theory, and the standard deviation: of the logarithms of std, rms and grad_rms, and
    of the mean in units of rms (last).
    """

    std_shift: Array
    std: Array
    rms_shift: Array
    rms: Array
    grad_shift: Array
    grad: Array
    mean_shift: Array
    mean: Array


class _Slopes(NamedTuple):
    """First and second derivatives by log q, of log Var f, log E f^2, log E f'^2 and of E f in units of rms."""

    var: Array
    var2: Array
    square: Array
    square2: Array
    slope: Array
    slope2: Array
    mean: Array
    mean2: Array


def _slopes(table: ExpectationTable, s: Array) -> tuple[Expectations, _Slopes]:
    """The expectations at `s`, and how they change."""
    steps = np.exp(np.array([-_STEP, 0.0, _STEP]) / 2)
    around = np.array(table.at((steps[:, None] * s).ravel())).reshape(6, 3, -1)  # by quantity, step, layer
    e = Expectations(*around[:, 1])
    logs = 2 * np.log(np.maximum(around[1:4], 1e-300))  # of std, rms and slope
    low, middle, high = np.concatenate([logs, around[:1] / np.maximum(e.rms, 1e-300)]).transpose(1, 0, 2)
    first, second = (high - low) / (2 * _STEP), (high - 2 * middle + low) / _STEP**2
    return e, _Slopes(*(row for pair in zip(first, second, strict=True) for row in pair))


def spread(
    table: ExpectationTable, s: Array, sigma_w: float, sigma_b: float, width: int, batch: int, correlation: float,
    scatter: float,
) -> Spread:
    """The scatter from seed to seed at the standard deviations `s` of z; the rows' correlation is that of z_1."""
    with np.errstate(all="ignore"):
        e, d = _slopes(table, s)
        next_s = np.hypot(sigma_w * e.rms, sigma_b)
        weights = (sigma_w * e.rms / next_s) ** 2
        shares = table.hermite(s)
        pairs, cosine = _pairs(e.mean / e.rms, shares, weights, width, correlation, scatter)
        one = 1 / batch
        alone = [share.sum(axis=0) / width for share in shares]
        common = [np.maximum(one * a + (1 - one) * p / width, 0) for a, p in zip(alone, pairs, strict=True)]
        gain = weights * d.square
        row = _accumulate(gain, weights**2 * alone[1])
        all_rows = _accumulate(gain, weights**2 * common[1])
        curved = weights * d.square2 + weights * (1 - weights) * d.square**2
        drift = _drift(gain, 0.5 * curved * row - 0.5 * weights**2 * alone[1])
        among = np.maximum(row - all_rows, 0)
        over = (e.rms / np.maximum(e.std, 1e-300)) ** 4
        std2 = d.var**2 * all_rows + common[3] * over
        std_shift = d.var * drift + 0.5 * d.var2 * row + 0.5 * (d.var**2 + 2 * d.mean**2 * np.sqrt(over)) * among
        rms2 = d.square**2 * all_rows + common[1]
        rms_shift = d.square * drift + 0.5 * d.square2 * row + 0.5 * d.square**2 * among - 0.5 * common[1]
        grad_shift, grad = _gradient(d, shares[2], pairs[2], cosine, width, batch, gain, drift, row, all_rows,
                                     weights**2 * alone[1], weights**2 * common[1])  # fmt: skip
        mean_shift = d.mean * drift + 0.5 * d.mean2 * row
        mean2 = d.mean**2 * all_rows + common[0]
        half = [0.5 * (std_shift - 0.5 * common[3] * over), 0.5 * np.sqrt(std2), 0.5 * rms_shift, 0.5 * np.sqrt(rms2),
                0.5 * grad_shift, 0.5 * np.sqrt(grad), mean_shift, np.sqrt(mean2)]  # fmt: skip
        return Spread(*(np.nan_to_num(a, nan=0.0, posinf=0.0, neginf=0.0) for a in half))


def _pairs(mean: Array, shares: tuple[Array, ...], weights: Array, width: int, c: float, scatter: float
           ) -> tuple[list[Array], Array]:
    """Covariances between two rows by layer, of f, f^2, f'^2 and (f - E f)^2; and E f'f' / E f'^2.

    The correlation's own scatter is kept as two values, center +- sd, that go through the map.
    """
    first = shares[0].T.tolist()  # plain numbers: the recursion is 100 layers of a few operations
    mean2, lows, highs, centers = np.square(mean).tolist(), [], [], []
    for i, share in enumerate(weights.tolist()):
        low, high = max(c - scatter, -1.0), min(c + scatter, 1.0)
        lows.append(low)
        highs.append(high)
        centers.append(c)
        low, high = (share * (mean2[i] + _series(first[i], x)) + 1 - share for x in (low, high))
        fresh = share * (1 - c * c) / sqrt(width)
        c, scatter = (low + high) / 2, hypot((high - low) / 2, fresh)
    k = np.arange(1, len(shares[0]) + 1)[:, None]
    powers = (np.array(lows) ** k + np.array(highs) ** k) / 2
    derivative = shares[0] * k
    full = derivative.sum(axis=0)
    cosine = np.sum(derivative * np.array(centers) ** (k - 1), axis=0) / np.where(full > 0, full, 1)
    return [np.sum(share * powers, axis=0) for share in shares], cosine


def _series(shares: list[float], c: float) -> float:
    """Sum of shares[k - 1] * c**k."""
    total = 0.0
    for share in reversed(shares):
        total = (total + share) * c
    return total


def _accumulate(gain: Array, noise: Array) -> Array:
    """Variance of log q in each layer: P' = gain^2 P + noise; the first layer's is known."""
    return _drift(gain**2, noise)


def _drift(gain: Array, push: Array) -> Array:
    result, value = [], 0.0
    for g, by in zip(gain.tolist(), push.tolist(), strict=True):
        result.append(value)
        value = g * value + by
    return np.array(result)


def _gradient(d: _Slopes, shares: Array, pair: Array, cosine: Array, width: int, batch: int, gain: Array, drift: Array,
              row: Array, common: Array, row_noise: Array, common_noise: Array) -> tuple[Array, Array]:
    """Shift and variance of log(mean square of dC/dz), from the last layer down."""
    alone = (3 * (1 + shares.sum(axis=0)) - 1) / width
    push = (0.5 * d.slope2 * row + d.slope * drift - 0.5 * alone).tolist()
    lists = (a.tolist() for a in (d.slope, gain, row_noise, common_noise, alone, pair, cosine))
    columns: list[list[float]] = [[] for _ in range(6)]
    overlap = reach = own = shared = fed = fed_row = moved = 0.0
    layers = list(zip(push, *lists, strict=True))
    for by, slope, g, by_row, by_common, one, together, same in reversed(layers):
        own += one
        shared += one / batch + (1 - 1 / batch) * ((1 + together) * (1 + 2 * overlap) - 1) / width
        fed, fed_row = fed + reach**2 * by_common, fed_row + reach**2 * by_row
        reach = slope + g * reach
        moved += by
        for column, value in zip(columns, (moved, reach, fed, fed_row, own, shared), strict=True):
            column.append(value)
        overlap = overlap * same**2 + (1 + together) / width
    shift, reaches, feds, feds_row, owns, shareds = (np.array(column[::-1]) for column in columns)
    variance = reaches**2 * common + feds + shareds
    return shift + 0.5 * np.maximum(reaches**2 * row + feds_row + owns - variance, 0), variance
