"""An activation drawn as a curve: places, values and slopes, with gaps where a line would draw what is not there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.properties import along, bends, jumps

Array = NDArray[np.float64]
_PLACES = 601
_SIDE = 1e-9  # how far beside a kink its two sides are taken, relative to it where that is more than 1


@dataclass(frozen=True)
class Curve:
    """Values and slopes at the places `z`, all of one shape; NaN where the value, or the slope, jumps."""

    z: Array
    value: Array
    slope: Array


def curve(activation: Activation, alpha: float | None, reach: float) -> Curve:
    """The function and its derivative from -reach to reach.

    A function that couples its units is taken along one unit of two, the other at 0.
    """
    jumping, bending = jumps(activation, alpha), bends(activation, alpha)
    z = _places(activation.kinks_at(alpha), reach)
    with np.errstate(all="ignore"):
        value = along(activation.function, activation, z, alpha)
        slope = along(activation.derivative, activation, z, alpha)
    value[np.isin(z, jumping)] = np.nan
    slope[np.isin(z, (*jumping, *bending))] = np.nan
    return Curve(z, value, slope)


def _places(kinks: tuple[float, ...], reach: float) -> Array:
    """An even grid, and every kink with both its sides."""
    inside = np.array([kink for kink in kinks if abs(kink) < reach], float)
    side = _SIDE * np.maximum(1, np.abs(inside))
    return np.unique(np.concatenate([np.linspace(-reach, reach, _PLACES), inside, inside - side, inside + side]))
