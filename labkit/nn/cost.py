"""What an activation costs on this machine: measured, never tabulated."""

from functools import lru_cache
from statistics import median
from time import perf_counter

import numpy as np

from labkit.nn.activation import Activation, Array
from labkit.nn.activations import ACTIVATIONS

REFERENCE = "relu"
_VALUES, _TURNS = 2**14, 15


@lru_cache(maxsize=256)
def relative_cost(activation: Activation) -> float:
    """Time for value and slope together, relative to ReLU's; measured once in a process.

    The two take turns on the same 16384 values from N(0, 1), and the median of the ratios counts: what else the
    machine does meanwhile falls on both.
    """
    reference = ACTIVATIONS[REFERENCE]
    if activation is reference:
        return 1.0
    z = np.random.default_rng(0).standard_normal((_VALUES // 2, 2))
    value, slope = np.empty_like(z), np.empty_like(z)
    alpha = activation.alpha.default if activation.alpha else None
    ratios = []
    for _ in range(_TURNS + 1):
        base = _seconds(reference, z, None, value, slope)
        ratios.append(_seconds(activation, z, alpha, value, slope) / base)
    return median(ratios[1:])  # the first turn warms up


def _seconds(activation: Activation, z: Array, alpha: float | None, value: Array, slope: Array) -> float:
    start = perf_counter()
    with np.errstate(all="ignore"):
        activation.value_and_slope(z, alpha, value, slope)
    return max(perf_counter() - start, 1e-9)
