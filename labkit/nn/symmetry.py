"""Units that stay identical: how many different ones there are in a layer."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_SAME = 1e-9
"""Relative to the largest value: far above rounding, far below any difference that was put in."""


def distinct_units(values: Array) -> int:
    """Number of different columns of `values` (rows, units), equal up to rounding; NaN where one is differs from all.

    The columns are told apart by their product with one random direction.

    >>> distinct_units(np.array([[1.0, 2.0, 1.0], [0.5, 0.5, 0.5]]))
    2
    """
    direction = np.random.default_rng(0).standard_normal(len(values))
    largest = float(np.abs(values).max()) or 1.0
    places = np.sort(direction / np.linalg.norm(direction) @ (values / largest))
    gaps: NDArray[np.bool_] = ~(np.diff(places) <= _SAME)
    return 1 + int(np.count_nonzero(gaps))
