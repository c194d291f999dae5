"""A deep network of one unit a layer, and the chain rule through it, factor by factor.

z_l = w_l h_(l-1) + b_l and h_l = f(z_l), from h_0 = x; the cost is the output itself, C = h_L. So

    dC/dx = w_1 f'(z_1) * w_2 f'(z_2) * ... * w_L f'(z_L).

Products of many small factors leave what a float64 can hold: sizes are kept as logarithms. Shapes: (depth,).
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation

Array = NDArray[np.float64]


class Signed(NamedTuple):
    """Numbers as their sign (-1, 0, 1, or NaN) and the logarithm to base 10 of their size (-inf for 0)."""

    sign: Array
    log: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Take plain numbers apart."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(np.sign(values), np.log10(np.abs(values)))

    def times(self, other: "Signed") -> "Signed":
        """The product, place by place."""
        with np.errstate(invalid="ignore"):
            return Signed(self.sign * other.sign, self.log + other.log)

    def product(self) -> "Signed":
        """The product of all of them, (1,)."""
        with np.errstate(invalid="ignore"):
            return Signed(np.prod(self.sign, keepdims=True), np.sum(self.log, keepdims=True))

    def at(self, index: int) -> tuple[float, float]:
        """Sign and logarithm of one of them."""
        return float(self.sign[index]), float(self.log[index])


@dataclass(frozen=True)
class Chain:
    """One pass through the thin network: weights and, by layer, pre-activations, outputs and slopes f'(z)."""

    x: float
    weights: Array
    pre: Array
    post: Array
    slopes: Array

    @property
    def grad_post(self) -> Signed:
        """dC/dh_l for l = 0 .. depth, (depth + 1,): the first is dC/dx, the last 1. The product as it runs back."""
        factors = Signed.of(self.weights).times(Signed.of(self.slopes))
        with np.errstate(invalid="ignore"):
            sign, log = np.cumprod(factors.sign[::-1])[::-1], np.cumsum(factors.log[::-1])[::-1]
        return Signed(np.append(sign, 1.0), np.append(log, 0.0))

    @property
    def grad_weights(self) -> Signed:
        """dC/dw_l = h_(l-1) f'(z_l) dC/dh_l."""
        back = self.grad_post
        inputs = Signed.of(np.concatenate([[self.x], self.post[:-1]]))
        return inputs.times(Signed.of(self.slopes)).times(Signed(back.sign[1:], back.log[1:]))


def chain(row: Activation, alpha: float | None, x: float, weights: Array, biases: Array) -> Chain:
    """Send x through one unit a layer; what overflows is infinite or not a number."""
    pre, post, signal = np.empty_like(weights), np.empty_like(weights), np.array([x], dtype=np.float64)
    with np.errstate(all="ignore"):
        for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            z = weight * signal + bias
            signal = row.function(z, alpha)
            pre[layer], post[layer] = z[0], signal[0]
        # one place a call: softmax, which couples what it is given, then sees one unit
        slopes = np.array([row.derivative(pre[i : i + 1], alpha)[0] for i in range(len(pre))])
    return Chain(float(x), weights, pre, post, slopes)
