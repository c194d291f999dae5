"""Histograms with equal bins, and limits that stand still while a slider moves."""

from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from labkit.nn.scratch import CHUNK, scratch

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


def step_above(size: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is at least `size` (> 0)."""
    power = floor(log10(size))
    for exponent in (power, power + 1):
        for step in (1, 2, 5):
            # written and read in decimal, so that 5e-3 is that number and no neighbor of it
            bound = float(f"{step}e{exponent}")
            if bound >= size:
                return bound
    return float(f"5e{power + 1}")


def rounded_up(size: float) -> float:
    """The least of 1, 1.5, 2, 3, 4, 6, 8 times a power of ten that is at least `size` (> 0)."""
    power = floor(log10(size))
    bounds = (float(f"{step}e{power}") for step in (1, 1.5, 2, 3, 4, 6, 8))
    return next((bound for bound in bounds if bound >= size), float(f"1e{power + 1}"))


_SMALLEST, _LARGEST = 1e-300, 5e307  # below the first, bins would be narrower than the numbers lie apart


def snapped(low: float, high: float) -> tuple[float, float]:
    """Limits that hold [low, high] and move in 1-2-5 steps; 0 is always within them. They end at +-5e307, so that their
    difference is finite.

    Two sides that lie within one step of each other get the same one.
    """
    if not (low <= high):  # no finite value at all
        return -1.0, 1.0
    below = step_above(min(max(-low, _SMALLEST), _LARGEST)) if low < 0 else 0.0
    above = step_above(min(max(high, _SMALLEST), _LARGEST)) if high > 0 else 0.0
    if below == above == 0:
        return -1.0, 1.0
    if below and above and max(below, above) <= 2.5 * min(below, above):
        below = above = max(below, above)
    return -below or 0.0, above


def bin_edges(low: float, high: float, bins: int) -> Array:
    """The bins + 1 edges of equal bins over [low, high]; ValueError when that is no range."""
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"range must be (low, high), finite, with low < high, got ({low!r}, {high!r})")
    return np.linspace(low, high, bins + 1)


def count(array: Array, edges: Array, low: float, high: float, finite: bool) -> Counts:
    """How many finite values of `array` lie in each bin, shape (bins,); the last bin holds its right edge.

    `low` and `high` are the least and largest finite value, and `finite` says whether all are: the caller knows.
    """
    bins = len(edges) - 1
    values = array.reshape(-1)
    if not low <= high:
        return np.zeros(bins, np.int64)
    with np.errstate(over="ignore"):
        per_value = bins / (edges[-1] - edges[0])
    if finite and edges[0] <= low and high <= edges[-1] and np.isfinite(per_value):
        return _count_within(values, edges[0], per_value, bins)
    return np.histogram(values[np.isfinite(values)], edges)[0]


_PAIRED_BINS = 250  # up to here two bin numbers are counted as one


def _count_within(values: Array, low: float, per_value: float, bins: int) -> Counts:
    """`count` for values that are all within the edges: scaled to bin numbers and counted."""
    counts = np.zeros(bins + 1, np.int64)
    for start in range(0, values.size, CHUNK):
        part = values[start : start + CHUNK]
        place = np.subtract(part, low, out=scratch(0, part.size))
        np.multiply(place, per_value, out=place)
        number = _integers(1, part.size)
        np.copyto(number, place, casting="unsafe")
        counts += _count_numbers(number, bins + 1)
    counts[-2] += counts[-1]
    within: Counts = counts[:-1]
    return within


def _integers(number: int, size: int) -> NDArray[np.int32]:
    return scratch(number, size).view(np.int32)[:size]


def _count_numbers(number: NDArray[np.int32], bins: int) -> Counts:
    """np.bincount, in half the time: two halves of the array give the row and the column of a table of counts."""
    half, odd = divmod(number.size, 2)
    if bins > _PAIRED_BINS or half < bins * bins:
        return np.bincount(number, minlength=bins)
    pair = np.multiply(number[:half], np.int32(bins), out=_integers(0, half))
    pair += number[half : 2 * half]
    table = np.bincount(pair, minlength=bins * bins).reshape(bins, bins)
    counts: Counts = table.sum(axis=0) + table.sum(axis=1)
    if odd:
        counts[number[-1]] += 1
    return counts


def bin_of(value: float, edges: Array) -> int | None:
    """The bin in which `count` puts `value`; None when it is outside."""
    if not edges[0] <= value <= edges[-1]:
        return None
    bins = len(edges) - 1
    return min(bins - 1, int((value - edges[0]) * (bins / (edges[-1] - edges[0]))))


def decades(low: float, high: float) -> tuple[float, float]:
    """Exponents of limits for a log axis that hold [low, high] (> 0): whole, at least two apart, in 1-2-5 steps."""
    bottom, top = float(floor(log10(low))), float(ceil(log10(high)))
    step = step_above(max(1.0, (top - bottom) / 8))
    bottom, top = floor(bottom / step) * step, ceil(top / step) * step
    if top - bottom < 2:
        bottom -= 1
        top = max(top, bottom + 2)
    return bottom, top
