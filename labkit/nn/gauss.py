"""Gaussian expectations of an activation that stay right for kinks and for any scale.

An activation varies on its own scale of z, a Gaussian on its standard deviation s; the two may differ by hundreds of
orders of magnitude. So the z axis is cut into panels (octaves of |z|, kinks, and halves of whatever a polynomial of
degree 15 does not follow), on each of which Gauss-Legendre's rule of 16 nodes is exact to rounding.

Shapes: z and its values are (nodes,); standard deviations are (points,).
"""

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import sqrt, tau

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import Activation

Array = NDArray[np.float64]
ORDER = 16
NODES, WEIGHTS = np.polynomial.legendre.leggauss(ORDER)
_TO_COEFFICIENTS = (
    (np.arange(ORDER) + 0.5)[:, None] * np.polynomial.legendre.legvander(NODES, ORDER - 1).T * WEIGHTS
)  # of Legendre's series, from the values at the nodes
SMOOTH = 1e-11
"""Last coefficients below this share of the largest value: the panel is resolved."""
HALVINGS = 9
TAIL = 4
"""A Gaussian is cut at 2**TAIL of its standard deviations, where its density is 1e-56 of the largest."""
CENTER = 34
"""Octaves of |z| kept below min(s, 1); what lies nearer to 0 has a share of 5e-11."""


def panel_nodes(edges: Array) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre's rule between consecutive edges (last axis); both (..., panels * ORDER)."""
    half = np.diff(edges) / 2
    middle = edges[..., :-1] + half
    shape = (*edges.shape[:-1], -1)
    return (middle[..., None] + half[..., None] * NODES).reshape(shape), (half[..., None] * WEIGHTS).reshape(shape)


class Panels:
    """The z axis cut into panels for one activation, with its values and slopes at the nodes, evaluated once."""

    def __init__(self, function: Callable[[Array], Array], derivative: Callable[[Array], Array],
                 kinks: Sequence[float]) -> None:
        """Evaluate nothing yet."""
        self._function, self._derivative, self._kinks = function, derivative, np.array(sorted(kinks), float)
        self._octaves: dict[int, tuple[Array, ...]] = {}
        self._windows: dict[tuple[int, int], tuple[Array, ...]] = {}
        self._lock = threading.RLock()

    def octave(self, k: int) -> tuple[Array, ...]:
        """Nodes, weights, values, slopes and panel edges with 2**k <= |z| <= 2**(k+1), both signs."""
        if k not in self._octaves:
            with np.errstate(all="ignore"):
                floors = self._floors() if k > 0 else (0.0, 0.0)
                sides = [self._refined(self._cut(sign * 2.0**k, sign * 2.0 ** (k + 1)), floors) for sign in (-1, 1)]
            self._octaves[k] = tuple(np.concatenate(pair) for pair in zip(*sides, strict=True))
        return self._octaves[k]

    def _cut(self, a: float, b: float) -> Array:
        low, high = min(a, b), max(a, b)
        return np.unique([low, *self._kinks[(self._kinks > low) & (self._kinks < high)], high])

    def _floors(self) -> tuple[float, float]:
        """What is small for f and for f' far out: a decaying tail need not be exact relative to itself."""
        z = np.array([-4.0, -2.0, -1.0, 1.0, 2.0, 4.0])
        return 1e-4 * float(np.abs(self._function(z)).max()), 1e-4 * float(np.abs(self._derivative(z)).max())

    def _refined(self, edges: Array, floors: tuple[float, float]) -> tuple[Array, ...]:
        for halving in range(HALVINGS + 1):
            z, w = panel_nodes(edges)
            f, slope = self._function(z), self._derivative(z)
            bad = _unresolved(f, floors[0]) | _unresolved(slope, floors[1])
            if halving == HALVINGS or not bad.any():
                break
            edges = np.sort(np.concatenate([edges, (edges[:-1] + np.diff(edges) / 2)[bad]]))
        return z, w, f, slope, edges

    def window(self, low: int, high: int) -> tuple[Array, ...]:
        """Nodes, weights, values, slopes and sorted edges of the octaves low .. high - 1 and of the gap around 0."""
        with self._lock:
            if (low, high) not in self._windows:
                gap = np.array([-0.5, 0.5]) * 2.0**low
                with np.errstate(all="ignore"):
                    center = (gap, np.full(2, 2.0**low), self._function(gap), self._derivative(gap), 2 * gap)
                parts = [center, *(self.octave(k) for k in range(low, high))]
                joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
                if len(self._windows) > 64:
                    self._windows.clear()
                self._windows[low, high] = (*joined[:4], np.unique(joined[4]))
            return self._windows[low, high]


def _unresolved(values: Array, floor: float) -> NDArray[np.bool_]:
    panels = values.reshape(-1, ORDER)
    tail = np.abs(panels @ _TO_COEFFICIENTS[-3:].T).max(axis=1)
    bad: NDArray[np.bool_] = tail > SMOOTH * np.maximum(np.abs(panels).max(axis=1), floor)
    return bad


@lru_cache(maxsize=64)
def panels(activation: Activation, alpha: float | None) -> Panels:
    """The Panels of an activation, kept."""
    return Panels(
        lambda z: np.asarray(activation.function(z, alpha), float),
        lambda z: np.asarray(activation.derivative(z, alpha), float),
        activation.kinks_at(alpha),
    )


def centered(panels: Panels, s: Array) -> tuple[Array, Array, Array, Array]:
    """Rule for E g(z), z ~ N(0, s**2), for standard deviations within one octave or near it.

    Returns z, f(z), f'(z), each (nodes,), and probability weights (points, nodes): every s has the same nodes.
    """
    lowest, highest = (int(e) - 1 for e in np.frexp([s.min(), s.max()])[1])
    z, w, f, slope, _ = panels.window(min(lowest, 0) - CENTER, max(highest + 1, lowest) + TAIL)
    u = z / s[:, None]
    return z, f, slope, np.exp(-0.5 * u * u) * w / (s[:, None] * sqrt(tau))


def split_at(panels: Panels, low: float, high: float, scale: float, mean: float, extra: Sequence[float] = ()) -> Array:
    """Panel edges in [low, high] for a Gaussian around `mean`: the activation's, whole `scale`s and `extra`."""
    top = int(np.frexp(max(abs(low), abs(high), scale))[1])
    bottom = int(np.frexp(min(scale, 1.0))[1]) - CENTER
    edges = panels.window(bottom, max(top, bottom + 1))[4]
    own = edges[(edges > low) & (edges < high)]
    sds = np.arange(np.ceil((low - mean) / scale), np.floor((high - mean) / scale) + 1) * scale + mean
    inner = np.concatenate([own, panels._kinks, sds, np.asarray(extra, float)])
    return np.unique(np.concatenate([[low], inner[(inner > low) & (inner < high)], [high]]))


def shifted(panels: Panels, mean: float, s: float, reach: float = 2.0**TAIL) -> tuple[Array, Array, Array, Array]:
    """Rule for E g(z), z ~ N(mean, s**2): z, f(z), f'(z) and probability weights, each (nodes,).

    It evaluates the function anew on panels cut at whole standard deviations too, out to `reach` of them.
    """
    z, w = panel_nodes(split_at(panels, mean - reach * s, mean + reach * s, s, mean))
    u = (z - mean) / s
    with np.errstate(all="ignore"):
        return z, panels._function(z), panels._derivative(z), np.exp(-0.5 * u * u) * w / (s * sqrt(tau))
