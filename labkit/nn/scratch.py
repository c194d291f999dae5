"""Work arrays of the live path, kept by thread: fresh memory costs as much as two passes over it."""

import threading

import numpy as np
from numpy.typing import NDArray

CHUNK = 2**17
"""Work is done in parts of at most so many values: that bounds the arrays."""


class _Kept(threading.local):
    def __init__(self) -> None:
        self.arrays: dict[int, NDArray[np.float64]] = {}


_kept = _Kept()


def scratch(number: int, size: int) -> NDArray[np.float64]:
    """Work array `number`, (size,), size <= CHUNK, uninitialized; the caller's until it calls what asks for it too."""
    array = _kept.arrays.get(number)
    if array is None:
        array = _kept.arrays[number] = np.empty(CHUNK)
    return array[:size]
