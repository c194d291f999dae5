"""Mean, standard deviation, extremes and counts of an array, in few passes and without overflow.

Values of 1e-215 and of 1e285 are met in deep networks; their squares are not representable. So squares are taken after
a division by a power of two near the largest magnitude wherever that lies beyond 1e+-140.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Moments(NamedTuple):
    """Of the finite values of an array: moments and extremes (NaN where there is none). `zeros` is the share of exact
    zeros among all values, `nonfinite` the number of infinite or NaN ones, `size` the number of values.
    """

    mean: float
    std: float
    rms: float
    min: float
    max: float
    zeros: float
    nonfinite: int
    size: int


def moments(array: Array) -> Moments:
    """The Moments of an array of any shape."""
    values = array.reshape(-1)
    size = values.size
    low, high = float(values.min()), float(values.max())  # both hand NaN on
    if not (np.isfinite(low) and np.isfinite(high)):
        values = values[np.isfinite(values)]
        if not values.size:
            return Moments(np.nan, np.nan, np.nan, np.nan, np.nan, 0.0, size, size)
        low, high = float(values.min()), float(values.max())
    zeros = np.count_nonzero(values == 0) / size if low <= 0 <= high else 0.0
    mean, std, rms = _scaled_moments(values, low, high)
    return Moments(mean, std, rms, low, high, zeros, size - values.size, size)


def _scaled_moments(values: Array, low: float, high: float) -> tuple[float, float, float]:
    largest = max(-low, high)
    if largest == 0 or 1e-140 < largest < 1e140:
        return _plain_moments(values, low, high)
    exponent = int(np.frexp(largest)[1])
    ends = float(np.ldexp(low, -exponent)), float(np.ldexp(high, -exponent))
    mean, std, rms = _plain_moments(np.ldexp(values, -exponent), *ends)
    return float(np.ldexp(mean, exponent)), float(np.ldexp(std, exponent)), float(np.ldexp(rms, exponent))


def _plain_moments(values: Array, low: float, high: float) -> tuple[float, float, float]:
    mean = float(values.sum()) / values.size
    square = float(np.dot(values, values)) / values.size
    variance = square - mean * mean
    if low == high:
        mean, variance = low, 0.0
    elif variance < 1e-4 * square:  # the difference of two near numbers: take the exact way
        rest = values - mean
        variance = float(np.dot(rest, rest)) / values.size
    return mean, variance**0.5, square**0.5
