"""Two inputs at once: expectations over a pair of Gaussians of correlation c.

Shapes: c is a number, or (points,) where it says so.
"""

from functools import lru_cache
from math import sqrt, tau

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import Activation
from labkit.nn.gauss import panel_nodes, panels, shifted

Array = NDArray[np.float64]
REACH = 9.0
_SDS = np.array([-REACH, -6.0, -4.5, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.5, 6.0, REACH])
TERMS = 128


def _edges(activation: Activation, alpha: float | None, scale: float, farthest: float) -> Array:
    """Where f bends or turns on a scale below `scale`, out to |z| = farthest."""
    bottom = int(np.frexp(min(scale, 1.0))[1]) - 3
    window = panels(activation, alpha).window(bottom, max(int(np.frexp(farthest)[1]), bottom + 1))[4]
    own = window[(np.abs(window) >= min(scale, 0.5)) | (window == 0)]
    return np.unique(np.concatenate([own, np.array(activation.kinks_at(alpha), float)]))


@lru_cache(maxsize=4096)
def pair_expectations(
    activation: Activation, alpha: float | None, mean: float, s: float, c: float
) -> tuple[float, float]:
    """E[f(z1) f(z2)] and E[f'(z1) f'(z2)] for z1, z2 ~ N(mean, s**2) of correlation c, -1 < c < 1.

    The inner integral is split at the kinks for every outer node, the outer one where the inner bends.
    """
    f, slope = activation.function, activation.derivative
    rest = sqrt((1 - c) * (1 + c))
    own = _edges(activation, alpha, s, abs(mean) + REACH * s)
    bends = np.array(activation.kinks_at(alpha), float)
    seen = mean + (bends - mean) / c if abs(c) > 0.05 else np.empty(0)
    near = (seen[:, None] + np.array([-8, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 8]) * rest * s / max(abs(c), 0.05)).ravel()
    low, high = mean - REACH * s, mean + REACH * s
    edges = np.concatenate([mean + s * _SDS, own, near])
    z1, w1 = panel_nodes(np.unique(edges[(edges >= low) & (edges <= high)]))
    w1 = w1 * np.exp(-0.5 * ((z1 - mean) / s) ** 2) / (s * sqrt(tau))
    width = rest * s
    middle = mean + c * (z1 - mean)
    inner = _edges(activation, alpha, width, abs(mean) + 2 * REACH * s)
    cuts = np.concatenate([middle[:, None] + width * _SDS, np.tile(inner, (len(z1), 1))], axis=1)
    cuts = np.sort(np.clip(cuts, (middle - REACH * width)[:, None], (middle + REACH * width)[:, None]), axis=1)
    z2, w2 = panel_nodes(cuts)
    w2 = w2 * np.exp(-0.5 * ((z2 - middle[:, None]) / width) ** 2) / (width * sqrt(tau))
    values, slopes = np.sum(w2 * f(z2, alpha), axis=1), np.sum(w2 * slope(z2, alpha), axis=1)
    return float(w1 @ (f(z1, alpha) * values)), float(w1 @ (slope(z1, alpha) * slopes))


@lru_cache(maxsize=4096)
def hermite_shares(activation: Activation, alpha: float | None, mean: float, s: float) -> Array:
    """Shares p_k of E[f(z1) f(z2)] = E[f**2] * sum of p_k c**k, k = 0 .. TERMS + 1, shape (TERMS + 2,).

    The last share holds the rest of the series. For kinked functions that rest is about 1e-5 (error at c near 1); for
    smooth ones with s below 10 it is rounding.
    """
    z, f, _, w = shifted(panels(activation, alpha), mean, s, REACH + 3)
    u = (z - mean) / s
    square = float(w @ (f * f))
    before, now, coefficients = np.zeros_like(w), w, [float(w @ f)]
    for k in range(TERMS):
        before, now = now, (u * now - sqrt(k) * before) / sqrt(k + 1)
        coefficients.append(float(now @ f))
    shares = np.square(coefficients) / square
    return np.append(shares, max(1 - float(shares.sum()), 0.0))
