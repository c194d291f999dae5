"""The randomness of a network: independent streams of one seed, each drawn once and kept.

A stream has a number, a layer has an index in it. So a deeper network keeps the layers that it had, and dragging a
standard deviation shows its effect and not that of new noise.
"""

import threading
from collections.abc import Callable
from enum import IntEnum

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Stream(IntEnum):
    """What a stream of random numbers is for."""

    INPUT = 0
    WEIGHTS = 1
    BIASES = 2
    COTANGENT = 3
    READOUT = 4
    SAMPLES = 5
    BATCHES = 6
    SLOPES = 7


def generator(seed: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """The generator of one stream: the same as that of SeedSequence(seed)'s spawned descendant (stream, index)."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, index)))


KEPT_BYTES = 64 * 2**20
_cache: LRUCache[object, Array] = LRUCache(KEPT_BYTES, getsizeof=lambda array: array.nbytes)


@cached(_cache, lock=threading.RLock())
def drawn(
    draw: Callable[[np.random.Generator, int, int], Array], seed: int, stream: Stream, index: int, rows: int, cols: int
) -> Array:
    """draw(generator, rows, cols) of this stream, read-only, made once (up to 64 MiB of them are kept)."""
    array = draw(generator(seed, stream, index), rows, cols)
    array.flags.writeable = False
    return array
