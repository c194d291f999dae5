"""Shares of a layer's values that are saturated, exactly 0, or of a unit that is dead or has a twin.

Shapes: values and slopes are (batch, width) by layer; the results are (depth,), from 0 to 1.
"""

import numpy as np
from numpy.typing import NDArray

from labkit.nn.properties import SATURATED_BELOW, largest_learned_slope, largest_slope
from labkit.nn.scratch import CHUNK, scratch
from labkit.nn.symmetry import twins
from labkit.nn.traced import Layers, Traced

Array = NDArray[np.float64]


def saturated(trace: Traced) -> Array:
    """Share of values whose slope is below SATURATED_BELOW of the largest that the function has."""
    return np.array([_saturated(trace, layer) for layer in range(trace.network.depth)])


def _saturated(trace: Traced, layer: int) -> float:
    net, slope = trace.network, trace.slopes[layer]
    if trace.alphas:
        bounds = SATURATED_BELOW * largest_learned_slope(net.activation_row, trace.alphas[layer])
        return float(np.mean(np.abs(slope) < bounds))
    bound = SATURATED_BELOW * largest_slope(net.activation_row, net.alpha)
    if bound == np.inf:  # a slope without bound saturates nowhere
        return 0.0
    return _count_below(slope.reshape(-1), bound) / slope.size


def _count_below(values: Array, bound: float) -> int:
    """How many magnitudes are below `bound`."""
    parts = (values[start : start + CHUNK] for start in range(0, values.size, CHUNK))
    return sum(int(np.count_nonzero(np.abs(part, out=scratch(0, part.size)) < bound)) for part in parts)


def zero(layers: Layers) -> Array:
    """Share of exact zeros."""
    return np.array([np.count_nonzero(layer == 0) / layer.size for layer in layers])


def dead(slopes: Layers) -> Array:
    """Share of units whose slope is 0 for every sample."""
    return np.array([_dead(slope) for slope in slopes])


def _dead(slope: Array) -> float:
    """Share of columns that are 0 throughout; those that the first row lets live need no further look."""
    candidates = np.flatnonzero(slope[0] == 0)
    alive = (slope[:, candidates] != 0).any(axis=0)
    return float(np.count_nonzero(~alive)) / len(slope[0])


def twin(trace: Traced) -> Array:
    """Share of units whose incoming weights and bias are those of another unit, up to rounding."""
    return np.array([_twin(trace, layer) for layer in range(len(trace.weights))])


def _twin(trace: Traced, layer: int) -> float:
    return twins(trace.weights[layer], lambda: trace.biases[layer])
