"""What follows from an activation function, computed from it."""

from functools import lru_cache

import numpy as np

from labkit.nn.activations import Activation

_SIZES = np.concatenate([np.linspace(0, 20, 4001), np.geomspace(20, 1e4, 200)])
_GRID = np.concatenate([-_SIZES[::-1], _SIZES])


@lru_cache(maxsize=1024)
def largest_slope(activation: Activation, alpha: float | None = None) -> float:
    """The largest |f'(z)|."""
    return float(np.abs(activation.derivative(_GRID, alpha)).max())


@lru_cache(maxsize=1024)
def output_range(activation: Activation, alpha: float | None = None) -> tuple[float, float]:
    """The least and the largest value that the function takes or tends to; infinite where it has no bound."""
    values = activation.function(_GRID, alpha)
    low, high = float(values.min()), float(values.max())
    far = activation.function(np.array([-1e4, -5e3, 5e3, 1e4]), alpha)
    if (far[0] < far[1] and far[0] == low) or (far[3] < far[2] and far[3] == low):
        low = -np.inf
    if (far[0] > far[1] and far[0] == high) or (far[3] > far[2] and far[3] == high):
        high = np.inf
    return low, high
