"""An optimizer at work on the parameters of a network: what it remembers, and its last update."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from labkit.nn.flat import Array, Flat, Shapes
from labkit.nn.optimizers import OPTIMIZERS

_PIECE = 2**14  # of the parameters, so that the passes of an optimizer stay in the processor's cache


class Updates:
    """The updates of one training; `last` holds the newest by part, as it was subtracted."""

    def __init__(self, optimizer: str, options: Mapping[str, Any], shapes: Shapes) -> None:
        """Of parameters that have these shapes. ValueError names the option that does not fit."""
        self.optimizer, self.options = optimizer, OPTIMIZERS[optimizer].checked(options)
        self.last = Flat(shapes)
        self._slots = np.zeros((OPTIMIZERS[optimizer].slots, len(self.last.vector)))

    def apply(self, parameters: Flat, gradients: Flat, step: int, rate: float) -> bool:
        """Move the parameters on; whether they, and what the optimizer remembers, are still finite."""
        row, finite = OPTIMIZERS[self.optimizer], True
        for start in range(0, len(self.last.vector), _PIECE):
            part = slice(start, start + _PIECE)
            moved, slots, out = parameters.vector[part], self._slots[:, part], self.last.vector[part]
            row.update(gradients.vector[part], slots, step, rate, out, **self.options)
            moved -= out
            finite = finite and all_finite(moved) and all(map(all_finite, slots))
        return finite

    def first_nonfinite(self, parameters: Flat) -> tuple[int, str]:
        """Layer and quantity that is the first not to be finite; the optimizer's state comes before what it moves."""
        state = [Flat(parameters.shapes, slot) for slot in self._slots]
        for name, layer in parameters.shapes:
            for quantity, kept in (("optimizer state", state), (name, [parameters])):
                if not all(all_finite(each[name, layer]) for each in kept):
                    return layer, quantity
        raise ValueError("all of it is finite")


def all_finite(array: Array) -> bool:
    """Whether no value is infinite or NaN."""
    flat = array.reshape(-1)  # its square is quick, but may be infinite when it is not
    return bool(np.isfinite(np.dot(flat, flat)) or np.isfinite(flat).all())
