"""Units that stay identical: how many different ones there are in a layer."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_SAME = 1e-9
"""Relative to a column's largest value: far above rounding, far below any difference that was put in."""


def distinct_units(values: Array) -> int:
    """Number of different columns of `values` (rows, units), equal up to rounding; one that is not finite differs from
    all.

    Only columns whose largest values agree are compared, each with the first of its kind.

    >>> distinct_units(np.array([[1.0, 2.0, 1.0], [0.5, 0.5, 0.5]]))
    2
    """
    columns = values.T[np.isfinite(values).all(axis=0)]
    sizes = np.abs(columns).max(axis=1, initial=0.0)
    columns, sizes = columns[np.argsort(sizes)], np.sort(sizes)
    left, found = np.arange(len(columns)), int(values.shape[1]) - len(columns)
    while len(left):
        first, most = columns[left[0]], _SAME * float(sizes[left[0]])
        near = int(np.searchsorted(sizes[left], sizes[left[0]] + most, side="right"))
        with np.errstate(over="ignore"):
            differs = np.abs(columns[left[:near]] - first).max(axis=1, initial=0.0) > most
        left = np.concatenate([left[:near][differs], left[near:]])
        found += 1
    return found
