"""Units that stay identical: how many different ones there are in a layer, and how many have a twin."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SAME = 1e-9
"""Relative to a column's largest value: far above rounding, far below any difference that was put in."""


def distinct_units(values: Array) -> int:
    """Number of different columns of `values` (rows, units), equal up to rounding; one that is not finite differs from
    all.

    >>> distinct_units(np.array([[1.0, 2.0, 1.0], [0.5, 0.5, 0.5]]))
    2
    """
    return len(kinds(values))


def kinds(values: Array) -> list[int]:
    """How many columns of `values` (rows, units) there are of each kind; see distinct_units.

    Only columns whose largest values agree are compared, each with the first of its kind.
    """
    columns = values.T[np.isfinite(values).all(axis=0)]
    sizes = np.abs(columns).max(axis=1, initial=0.0)
    columns, sizes = columns[np.argsort(sizes)], np.sort(sizes)
    left, found = np.arange(len(columns)), [1] * (int(values.shape[1]) - len(columns))
    while len(left):
        first, most = columns[left[0]], SAME * float(sizes[left[0]])
        near = int(np.searchsorted(sizes[left], sizes[left[0]] + most, side="right"))
        with np.errstate(over="ignore"):
            differs = np.abs(columns[left[:near]] - first).max(axis=1, initial=0.0) > most
        found.append(near - int(np.count_nonzero(differs)))
        left = np.concatenate([left[:near][differs], left[near:]])
    return found


def twins(weights: Array, biases: Callable[[], Array]) -> float:
    """Share of a layer's units that have a twin: the same incoming weights (fan_in, width) and bias, up to rounding.

    `biases()` gives (width,), and is asked for only where weights agree. Where none do, one row of them is looked at.
    """
    first = weights[0]
    in_order = np.sort(first)
    with np.errstate(all="ignore"):
        near = in_order[1:] - in_order[:-1] <= SAME * max(-in_order[0], in_order[-1])
    if not near.any():
        return 0.0
    order = np.argsort(first)
    if near.all() and (weights == weights[:, :1]).all() and np.ptp(biases()) == 0:
        return 1.0
    candidates = order[np.append(near, False) | np.append(False, near)]
    found = kinds(np.vstack([weights[:, candidates], biases()[candidates]]))
    return sum(size for size in found if size > 1) / len(first)
