"""Angles between a few inputs of one's own, layer by layer: measured, and by mean-field theory.

Shapes: inputs and activations are (inputs, features); cosines are (inputs, inputs); curves are (depth,).
Sources: Cho and Saul (2009), Kernel methods for deep learning; Poole et al. (2016).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import acos, cos, floor, inf, log2, nan, pi, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.band import NORMAL_95, spread
from labkit.nn.draws import Stream, drawn
from labkit.nn.expectations import expectation_table
from labkit.nn.initializers import orthogonal
from labkit.nn.meanfield import angle, fixed_point, trajectory
from labkit.nn.network import Network
from labkit.nn.pairs import hermite_shares
from labkit.nn.prediction import Band, reason_band
from labkit.nn.validity import sigma_w, std_of, unfit

Array = NDArray[np.float64]
_LINEAR = 1 - 1e-9
"""A map whose first Hermite share is this or more is linear: it keeps every angle."""
_NODES = 10


def fan(count: int, width: int, degrees: float, seed: int) -> Array:
    """`count` inputs at equal angles, `degrees` from the first to the last, on a circle in a random plane.

    Shape (count, width), `width` at least 2; the mean square of each is 1, as that of N(0, 1).
    """
    plane = drawn(orthogonal, seed, Stream.INPUT, 1, 2, width)
    places = [radians(degrees * i / max(count - 1, 1)) for i in range(count)]
    return sqrt(width) * np.array([[cos(t), sin(t)] for t in places]) @ plane


def cosines(h: Array) -> Array:
    """Cosine of the angle between each two rows; NaN for a row that is zero or not finite."""
    unit = unit_rows(h)
    found: Array = np.clip(unit @ unit.T, -1.0, 1.0)
    return found


def row_cosines(a: Array, b: Array) -> Array:
    """Cosine of the angle between each row of `a` and the same row of `b`, (rows,); NaN as in `cosines`."""
    found: Array = np.clip(np.sum(unit_rows(a) * unit_rows(b), axis=1), -1.0, 1.0)
    return found


def unit_rows(h: Array) -> Array:
    """Rows of length 1; NaN for a row that is zero or not finite."""
    with np.errstate(all="ignore"):
        scaled = h / np.abs(h).max(axis=1, keepdims=True)  # squares under- and overflow
        unit: Array = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return unit


def in_plane(cosines: Array, start: Array) -> tuple[Array, float]:
    """Unit vectors of these `cosines` in the plane that keeps most of them, (inputs, 2), turned to lie near `start`.

    And the share of their squared length that it keeps (classical scaling). NaN for vectors without a direction.
    """
    there = np.isfinite(np.diagonal(cosines))
    places = np.full((len(cosines), 2), nan)
    if not there.any():
        return places, nan
    values, vectors = np.linalg.eigh(cosines[np.ix_(there, there)])
    values, vectors = np.maximum(values[-2:], 0), vectors[:, -2:]
    found = vectors * np.sqrt(values)
    if found.shape[1] < 2:
        found = np.pad(found, ((0, 0), (0, 1)))
    left, _, right = np.linalg.svd(found.T @ start[there])  # Procrustes
    places[there] = found @ left @ right
    return places, float(values.sum() / there.sum())


@dataclass(frozen=True)
class Pair:
    """Pairs of inputs: cosine of their z (around bias_mean, biases included) and of their h by layer, (depth, pairs).

    `scale` is the standard deviation of z, `std` that of the activations, (depth,); NaN where they leave float64.
    """

    scale: Array
    std: Array
    pre: Array
    post: Array


def pair(network: Network, c0: Array | float, square: float = 1.0) -> Pair:
    """What theory says of inputs of mean square `square` and of the cosines `c0`, a number or (pairs,).

    By a Hermite series of 128 terms: off by at most 1e-5 for kinked activations near c = 1. ValueError where theory
    does not hold, or c0 is no cosine. Where c0 is a number, `pre` and `post` are (depth,).

    >>> pair(Network(activation="relu", initializer="he_normal", depth=3), 0.0).post.round(3).tolist()
    [0.318, 0.494, 0.605]
    """
    net, c = network, np.asarray(c0, float)
    reason = unfit(net)
    if reason or not (np.abs(c) <= 1).all():
        raise ValueError(reason or f"c0 must lie in [-1, 1], got {c0!r}")
    table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
    first = std_of(net, 0) * sqrt(net.fan_ins[0] * square)
    with np.errstate(all="ignore"):
        s = trajectory(table, sigma_w(net), net.bias_std, np.array([np.hypot(first, net.bias_std)]), net.depth)[:, 0]
        at = table.at(s)
    pre, post = np.full((2, net.depth, *c.shape), nan)
    weights = (first / s[0]) ** 2 if s[0] else 0.0
    for layer, scale in enumerate(s.tolist()):
        pre[layer] = weights * c + 1 - weights
        if not 0 < scale < inf:
            break
        post[layer] = c = _map(net, scale, pre[layer])
        signal = sigma_w(net) * float(at.rms[layer])
        after = np.hypot(signal, net.bias_std)
        weights = (signal / after) ** 2 if after else 0.0
    return Pair(s, at.std, pre, post)


def std_band(network: Network, theory: Pair, cosines: Array) -> Band:
    """Where the measured std of the activations lies for 95 % of the seeds, for inputs of these mutual `cosines`.

    NaN where no band is given; see `reason_band`.
    """
    net, s = network, theory.scale
    table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
    if reason_band(net, table.at(s).saturated):
        none = np.full_like(s, nan)
        return Band(none, none)
    others = cosines[np.triu_indices(len(cosines), 1)]
    weights = 1 - (net.bias_std / float(s[0])) ** 2 if s[0] else 0.0
    mean, scatter = weights * float(others.mean()) + 1 - weights, weights * float(others.std())
    found = spread(table, s, sigma_w(net), net.bias_std, net.width, len(cosines), mean, scatter)
    with np.errstate(all="ignore"):
        low, high = (np.exp(found.std_shift + way * NORMAL_95 * found.std) for way in (-1, 1))
        return Band(theory.std * low, theory.std * high)


def _map(net: Network, scale: float, c: Array | float) -> Array:
    """Cosine of h where z has the standard deviation `scale` and the correlation `c`."""
    return np.asarray(np.polynomial.polynomial.polyval(c, _shares(net, scale)))


def _shares(net: Network, scale: float) -> Array:
    """The Hermite shares at `scale`, interpolated in its logarithm: a slider asks for ever new scales."""
    place = log2(min(max(scale, 2.0**-20), 2.0**40))
    octave = min(floor(place), 39)
    nodes = _octave(net.activation_row, net.alpha, net.bias_mean, octave)
    basis = np.cos(np.arange(_NODES) * acos(min(max(2 * (place - octave) - 1, -1.0), 1.0)))
    return np.asarray(basis @ nodes)


@lru_cache(maxsize=256)
def _octave(activation: Activation, alpha: float | None, mean: float, octave: int) -> Array:
    """Chebyshev coefficients of the shares over log2 of a scale in [octave, octave + 1], (_NODES, terms)."""
    angles = (np.arange(_NODES) + 0.5) * pi / _NODES
    scales = 2.0 ** (octave + (np.cos(angles) + 1) / 2)
    values = np.array([hermite_shares(activation, alpha, mean, float(s)) for s in scales])
    coefficients: Array = 2 / _NODES * np.cos(np.arange(_NODES)[:, None] * angles) @ values
    coefficients[0] /= 2
    return coefficients


@dataclass(frozen=True)
class Goal:
    """Where every pair goes: the stable correlation of z (`c_star`, None where each angle is kept) and the cosine of h
    there, and the depth scale xi_c, infinite where the approach is slower than any exponential.
    """

    c_star: float | None
    cosine: float | None
    xi_c: float


def goal(network: Network, scale: float) -> Goal:
    """Where deep layers lead two inputs, from the standard deviation `scale` of z in the first layer."""
    net = network
    end = fixed_point(net.activation_row, net.alpha, net.bias_mean, sigma_w(net), net.bias_std, scale)
    last = sqrt(end.q) if end.q < inf else inf
    if not net.bias_std and _shares(net, last)[1] >= _LINEAR:
        return Goal(None, None, inf)
    there = angle(net.activation_row, net.alpha, net.bias_mean, sigma_w(net), net.bias_std, end.q)
    return Goal(there.c_star, float(_map(net, last, there.c_star)), there.xi_c)
