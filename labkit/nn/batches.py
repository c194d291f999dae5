"""The samples that a step is made on: drawn with replacement from the training set, as the book does, or all of it."""

import numpy as np
from numpy.typing import NDArray

from labkit.nn.draws import Stream, generator
from labkit.nn.flat import Array, Scratch
from labkit.nn.samples import Data
from labkit.nn.tasks import Targets


class Batches:
    """An endless iterator of (inputs (batch, features), targets), decided by the seed.

    The inputs are one array, written anew for each batch. `size` None: all of the training set, in order.
    """

    def __init__(self, data: Data, size: int | None, seed: int) -> None:
        """Draw nothing yet."""
        self.data, self.size = data, size
        self._rng = generator(seed, Stream.BATCHES)
        self._scratch = Scratch()

    def __iter__(self) -> "Batches":
        """Itself."""
        return self

    def __next__(self) -> tuple[Array, Targets]:
        """The next batch."""
        train = self.data.train
        if self.size is None:
            return self._scratch.get_or_make("x", lambda: train.inputs(slice(None))), train.y
        rows: NDArray[np.intp] = self._rng.integers(len(train), size=self.size)
        x = self._scratch.get_or_make("x", lambda: np.empty((len(rows), self.data.features)))
        return train.inputs(rows, out=x), train.y[rows]
