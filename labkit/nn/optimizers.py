"""Optimizers: a row is the whole of one, from the gradient to what is subtracted from the parameters.

Shapes: gradient, update and each slot (what the optimizer remembers) are vectors of one length. Every operation is
elementwise, so a long vector can be taken in pieces.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn.initializers import Option

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Optimizer:
    """One optimizer.

    `update(gradient, slots, step, rate, out, **options)` writes into `out` what is to be subtracted from the parameters
    at this step (t = 1 at first), and moves the `slots` (slots, n), zero at first, on; `out` is not the gradient.
    `code` is what scripts say: the body of a function of w, its gradient g, the list `slots`, step, rate and the
    options, that changes w and the slots in place.
    """

    key: str
    label: str
    update: Callable[..., None]
    slots: int
    formula: str
    source: str
    torch: str
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    code: str | None = None

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every option with its value; ValueError names what does not fit."""
        if not isinstance(given, Mapping):
            raise ValueError(f"optimizer_options must map names to values, got {given!r}")
        for name, value in given.items():
            if name not in self.options:
                raise ValueError(f"options of {self.key} may name {', '.join(self.options) or 'none'}, got {name!r}")
            try:
                self.options[name].check(value)
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None
        return {name: given.get(name, option.default) for name, option in self.options.items()}


def _sgd(gradient: Array, slots: Array, step: int, rate: float, out: Array) -> None:
    np.multiply(gradient, rate, out=out)


def _momentum(gradient: Array, slots: Array, step: int, rate: float, out: Array, momentum: float) -> None:
    velocity = slots[0]
    velocity *= momentum
    velocity += gradient
    np.multiply(velocity, rate, out=out)


def _adam(
    gradient: Array, slots: Array, step: int, rate: float, out: Array, beta_1: float, beta_2: float, epsilon: float
) -> None:
    mean, square = slots
    np.multiply(gradient, 1 - beta_1, out=out)
    mean *= beta_1
    mean += out
    np.multiply(gradient, gradient, out=out)
    out *= 1 - beta_2
    square *= beta_2
    square += out
    np.sqrt(square, out=out)
    out /= sqrt(1 - beta_2**step)
    out += epsilon
    np.divide(mean, out, out=out)
    out *= rate / (1 - beta_1**step)


OPTIMIZERS: Mapping[str, Optimizer] = {
    row.key: row
    for row in (
        Optimizer(
            "sgd", "SGD", _sgd, slots=0, formula=r"w \leftarrow w - \eta g",
            source="Robbins and Monro (1951), A stochastic approximation method", torch="torch.optim.SGD(p, lr)",
            code="w -= rate * g",
        ),
        Optimizer(
            "momentum", "momentum", _momentum, slots=1, formula=r"v \leftarrow \mu v + g,\ w \leftarrow w - \eta v",
            source="Polyak (1964), Some methods of speeding up the convergence of iteration methods; as written in "
            "PyTorch", torch="torch.optim.SGD(p, lr, momentum)",
            options={"momentum": Option("momentum", 0.9, 0.0, 1.0)},
            code="slots[0] = momentum * slots[0] + g\nw -= rate * slots[0]",
        ),
        Optimizer(
            "adam", "Adam", _adam, slots=2,
            formula=r"m \leftarrow \beta_1 m + (1 - \beta_1) g,\ v \leftarrow \beta_2 v + (1 - \beta_2) g^2,\ "
            r"w \leftarrow w - \eta \hat{m} / (\sqrt{\hat{v}} + \epsilon),\ "
            r"\hat{m} = m / (1 - \beta_1^t),\ \hat{v} = v / (1 - \beta_2^t)",
            source="Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1",
            torch="torch.optim.Adam(p, lr, (beta_1, beta_2), epsilon)",
            options={
                "beta_1": Option("decay of the mean", 0.9, 0.0, 0.999_999),
                "beta_2": Option("decay of the mean square", 0.999, 0.0, 0.999_999),
                "epsilon": Option("epsilon", 1e-8, 1e-300, 1.0),
            },
            code="slots[0] = beta_1 * slots[0] + (1 - beta_1) * g\n"
            "slots[1] = beta_2 * slots[1] + (1 - beta_2) * g**2\n"
            "mean, square = slots[0] / (1 - beta_1**step), slots[1] / (1 - beta_2**step)\n"
            "w -= rate * mean / (np.sqrt(square) + epsilon)",
        ),
    )
}  # fmt: skip
