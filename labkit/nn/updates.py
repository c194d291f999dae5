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

    def apply(self, parameters: Flat, gradients: Flat, step: int, rate: float, far: bool = True) -> bool:
        """Move the parameters on; whether they, and what the optimizer remembers, are still finite.

        The latter is looked at where gradients are `far` out, `huge`: where their squares are finite it cannot
        leave the numbers, unless the parameters do so too.
        """
        row = OPTIMIZERS[self.optimizer]
        for start in range(0, len(self.last.vector), _PIECE):
            part = slice(start, start + _PIECE)
            slots, out = self._slots[:, part], self.last.vector[part]
            row.update(gradients.vector[part], slots, step, rate, out, **self.options)
            parameters.vector[part] -= out
        return all_finite(parameters.vector) and not (far and not all_finite(self._slots))

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
    return not huge(array) or bool(np.isfinite(array).all())


def huge(array: Array) -> bool:
    """Whether the sum of its squares is infinite or NaN, which is quickly seen."""
    flat = array.reshape(-1)
    return not np.isfinite(np.dot(flat, flat))
