"""Initializers: a row holds everything that is specific to one scheme for the first weights.

Shapes: weights are (fan_in, fan_out). `draw` is the randomness alone, free of parameters; `weights` turns it into
weights. So a slider moves the parameter and keeps the noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Array]


@dataclass(frozen=True)
class Option:
    """A parameter of an initializer: its meaning, default and range."""

    label: str
    default: float
    low: float = 0.0
    high: float = 100.0


@dataclass(frozen=True)
class Initializer:
    """One scheme for the first weights.

    `draw(rng, fan_in, fan_out)` is the randomness; `weights(draw, fan_in, fan_out, **options)` the weights;
    `variance(fan_in, fan_out, **options)` and `mean(fan_in, fan_out, **options)` are what `sample` promises. `options`
    names the parameters that the scheme takes; `torch` is the PyTorch call that does the same.
    """

    key: str
    label: str
    draw: Draw
    weights: Callable[..., Array]
    variance: Callable[..., float]
    formula: str
    source: str
    torch: str
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    mean: Callable[..., float] = lambda fan_in, fan_out, **options: 0.0

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int, **options: Any) -> Array:
        """Weights of shape (fan_in, fan_out), drawn with `rng`."""
        return self.weights(self.draw(rng, fan_in, fan_out), fan_in, fan_out, **options)

    def std(self, fan_in: int, fan_out: int, **options: Any) -> float:
        """The standard deviation that the weights are drawn with."""
        return sqrt(self.variance(fan_in, fan_out, **options))


def standard_normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """N(0, 1), shape (fan_in, fan_out)."""
    return rng.standard_normal((fan_in, fan_out))


def ones(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """No randomness: all ones, shape (fan_in, fan_out)."""
    return np.ones((fan_in, fan_out))


FANS: Mapping[str, Callable[[int, int], float]] = {
    "in": lambda fan_in, fan_out: fan_in,
    "out": lambda fan_in, fan_out: fan_out,
    "avg": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}


def variance_scaling(key: str, label: str, scale: float, fan: str, *, source: str, torch: str) -> Initializer:
    """Normal weights of variance scale / fan: the Glorot, He and LeCun schemes are this one formula."""

    def variance(fan_in: int, fan_out: int) -> float:
        return scale / FANS[fan](fan_in, fan_out)

    def weights(draw: Array, fan_in: int, fan_out: int) -> Array:
        return draw * sqrt(variance(fan_in, fan_out))

    size = {"in": r"n_{in}", "out": r"n_{out}", "avg": r"(n_{in} + n_{out}) / 2"}[fan]
    return Initializer(
        key=key, label=label, draw=standard_normal, weights=weights, variance=variance,
        formula=rf"N(0, \sigma^2),\ \sigma^2 = {scale:g} / ({size})", source=source, torch=torch,
    )


def _table(*rows: Initializer) -> dict[str, Initializer]:
    return {row.key: row for row in rows}


INITIALIZERS: Mapping[str, Initializer] = _table(
    Initializer(
        key="normal", label="normal (std)", draw=standard_normal,
        weights=lambda draw, fan_in, fan_out, std=0.01: draw * std,
        variance=lambda fan_in, fan_out, std=0.01: std * std,
        formula=r"N(0, \sigma^2)", source="the plain Gaussian start",
        torch="torch.nn.init.normal_(w, 0.0, std)", options={"std": Option("standard deviation", 0.01)},
    ),
    Initializer(
        key="zeros", label="zeros", draw=ones, weights=lambda draw, fan_in, fan_out: np.zeros((fan_in, fan_out)),
        variance=lambda fan_in, fan_out: 0.0, formula="0", source="the symmetric start that cannot learn",
        torch="torch.nn.init.zeros_(w)",
    ),
    Initializer(
        key="constant", label="constant", draw=ones,
        weights=lambda draw, fan_in, fan_out, constant=0.1: draw * constant,
        variance=lambda fan_in, fan_out, constant=0.1: 0.0,
        mean=lambda fan_in, fan_out, constant=0.1: constant,
        formula="c", source="the symmetric start: all units of a layer stay equal",
        torch="torch.nn.init.constant_(w, c)", options={"constant": Option("value", 0.1, -100.0, 100.0)},
    ),
    variance_scaling(
        "lecun_normal", "LeCun: the book's Xavier", 1.0, "in",
        source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, sec. 4.6",
        torch="torch.nn.init.kaiming_normal_(w, nonlinearity='linear')",
    ),
    variance_scaling(
        "xavier_normal", "Xavier (Glorot)", 1.0, "avg",
        source="Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, "
        "eq. 12 (its variance; drawn normal)", torch="torch.nn.init.xavier_normal_(w)",
    ),
    variance_scaling(
        "he_normal", "He", 2.0, "in",
        source="He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, eq. 10",
        torch="torch.nn.init.kaiming_normal_(w, nonlinearity='relu')",
    ),
)
