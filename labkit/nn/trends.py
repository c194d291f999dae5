"""How the activations change from the first layer to the last, and the gradient from the last to the first."""

from dataclasses import dataclass
from math import inf, isinf, log10, nan

import numpy as np

from labkit.nn.statistics import Distribution, LayerStatistics
from labkit.nn.words import number, times


@dataclass(frozen=True)
class Trend:
    """RMS of the activations in the last layer over that in the first one, or of the gradient the other way round.

    NaN where there is none. `a_layer` is the factor of the mean square by layer.
    """

    quantity: str
    far: int
    near: int
    ratio: float
    missing: int | None = None
    """The layer in which numbers are not finite, the first on this way."""
    largest: float = 0.0
    """The largest RMS of a layer's finite values."""

    @property
    def a_layer(self) -> float:
        """The factor by which the mean square changes a layer, on average."""
        steps = abs(self.far - self.near)
        if not self.ratio > 0 or isinf(self.ratio) or not steps:
            return self.ratio if steps else nan
        return float(10 ** (2 * log10(self.ratio) / steps))

    def said(self, name: str) -> str:
        """It in words; `name` is what does it to the mean square."""
        if self.missing is not None:
            return f"layer {self.missing}: {self.quantity} with values that are infinite or not a number"
        text = f"layer {self.far}: {self.quantity} {times(self.ratio)} that in layer {self.near}"
        if not 0 < self.ratio < inf:
            return text
        keeps = f"keeps {number(self.a_layer)} of its mean square"
        grows = f"multiplies its mean square by {number(self.a_layer)}"
        return f"{text}; {name} {keeps if self.a_layer < 1 else grows} a layer"


def forward(statistics: LayerStatistics) -> Trend:
    """How the activations change from the first layer to the last."""
    return _way("activations", statistics.post, statistics.depth, 1)


def backward(statistics: LayerStatistics) -> Trend:
    """How the gradient dC/dz changes from the last layer to the first."""
    return _way("gradient", statistics.grad_pre, 1, statistics.depth)


def _way(quantity: str, found: Distribution, far: int, near: int) -> Trend:
    on_the_way = range(near, far + 1) if near <= far else range(near, far - 1, -1)
    missing = next((layer for layer in on_the_way if found.nonfinite[layer - 1]), None)
    ratio = _ratio(float(found.rms[far - 1]), float(found.rms[near - 1])) if far != near else nan
    return Trend(quantity, far, near, ratio, missing, float(np.fmax.reduce(found.rms, initial=0.0)))


def _ratio(far: float, near: float) -> float:
    """0 where both are: nothing arrives, and nothing set out. NaN where something comes from nothing."""
    if near == 0:
        return 0.0 if far == 0 else nan
    with np.errstate(all="ignore"):
        return float(np.divide(far, near))
