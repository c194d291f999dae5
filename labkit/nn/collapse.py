"""The one affine map that a network's matrices multiply to: all of it where it has no non-linearity.

Shapes: weights are (fan_in, fan_out) by layer, biases (fan_out,); a row x goes to x @ matrix + offset.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def product(weights: Sequence[Array], biases: Sequence[Array]) -> tuple[Array, Array]:
    """The matrix W_1 W_2 ... and the offset of layers one after the other, without an activation.

    >>> matrix, offset = product([np.array([[2.0]]), np.array([[3.0]])], [np.array([1.0]), np.array([5.0])])
    >>> matrix.item(), offset.item()
    (6.0, 8.0)
    """
    matrix, offset = weights[0].copy(), biases[0].copy()
    with np.errstate(all="ignore"):
        for w, b in zip(weights[1:], biases[1:], strict=True):
            matrix, offset = matrix @ w, offset @ w + b
    return matrix, offset
