"""The phases of an activation as a map: what each point of the (sigma_w, sigma_b) plane does to a signal.

Shapes: the maps are (CELLS, CELLS), sigma_b down the rows; the critical line is (points,).
"""

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.critical import critical_line
from labkit.nn.expectations import expectation_table
from labkit.nn.phases import phase_plane

Array = NDArray[np.float64]
CELLS = 200
SIGMA_W, SIGMA_B = 4.0, 2.0
"""Where the plane ends; sigma_w later, in steps, where the critical point lies farther out."""
_STEPS = (SIGMA_W, 10.0, 20.0, 50.0)
_Q = np.geomspace(1e-5, 1e6, 1500)
_COLLAPSED = 1e-6
_MARGINAL = 1e-7  # a rectifier keeps every variance: its slope is 1 but for rounding


class Phase(IntEnum):
    """What deep layers do: two inputs become alike, or drift apart; or the variance has no end."""

    ORDERED = 0
    CHAOTIC = 1
    EXPLODING = 2


class PhaseMap(NamedTuple):
    """Depth scale xi and Phase of each cell of the plane [0, sigma_w] x [0, sigma_b], and the critical line in it.

    `line` is (2, points), sigma_w and sigma_b, NaN between its pieces; of the rectifiers it is one point.
    """

    sigma_w: float
    sigma_b: float
    xi: Array
    phase: NDArray[np.int8]
    line: Array


@lru_cache(maxsize=256)
def plane_end(activation: Activation) -> float:
    """Where sigma_w ends in the activation's plane: the first step beyond 1.5 times where its critical line begins."""
    if not activation.elementwise:
        return SIGMA_W
    alpha = None if activation.alpha is None else activation.alpha.default
    sigma_w, sigma_b = _stable_line(activation, alpha, _Q)
    start = float(np.nanmin(np.where(sigma_b <= SIGMA_B, sigma_w, np.nan), initial=_STEPS[-1] / 1.5))
    return next(end for end in _STEPS if end >= 1.5 * start) if (sigma_b <= SIGMA_B).any() else SIGMA_W


def phase_map(activation: Activation, alpha: float | None) -> PhaseMap:
    """The map of an activation: it depends on nothing else."""
    end = plane_end(activation)
    middles = (np.arange(CELLS) + 0.5) / CELLS
    plane = phase_plane(activation, alpha, end * middles, SIGMA_B * middles)
    phase = np.where(plane.chi_1 > 1, Phase.CHAOTIC, Phase.ORDERED)
    phase = np.where(np.isinf(plane.q_star), Phase.EXPLODING, phase).astype(np.int8)
    return PhaseMap(end, SIGMA_B, plane.xi, phase, _line(activation, alpha, end))


def _line(activation: Activation, alpha: float | None, end: float) -> Array:
    """The critical line within the plane, drawn with as many points there as it needs."""
    line = _within(_stable_line(activation, alpha, _Q), end)
    there = np.flatnonzero(np.isfinite(line[0]))
    if not len(there):
        return line[:, :0]
    if np.ptp(line[:, there], axis=1).max() < _COLLAPSED:
        return line[:, there[:1]]
    low, high = _Q[max(there[0] - 1, 0)], _Q[min(there[-1] + 1, len(_Q) - 1)]
    return _within(_stable_line(activation, alpha, np.geomspace(low, high, len(_Q))), end)


def _within(line: Array, end: float) -> Array:
    return np.where((line[0] <= end) & (line[1] <= SIGMA_B), line, np.nan)


def _stable_line(activation: Activation, alpha: float | None, q: Array) -> Array:
    """The critical line at these variances, (2, points); NaN where d q'/d q is above 1."""
    table = expectation_table(activation, alpha)
    h, s = 1e-3, np.sqrt(q)
    low, middle, high = (table.at(s * np.exp(step)) for step in (-h, 0.0, h))
    with np.errstate(all="ignore"):
        slope = (high.rms**2 - low.rms**2) / (2 * np.sinh(2 * h) * (s * middle.slope) ** 2)
    line = np.stack(critical_line(activation, alpha, q))
    return np.where((slope <= 1 + _MARGINAL) & np.isfinite(line[1]), line, np.nan)
