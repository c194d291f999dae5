"""Activation functions: a row holds everything that is specific to one of them.

Shapes: functions and derivatives take the pre-activation `z`, any shape, and return a new array of the same shape and
dtype; they never edit `z`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labkit.nn import kernels
from labkit.nn.checks import number_within

Array = NDArray[np.float64]
"""A real floating-point array; float32 stays float32."""


@dataclass(frozen=True)
class Alpha:
    """The shape parameter of an activation that has one: its meaning, default and range."""

    label: str
    default: float
    low: float = 0.0
    high: float = 1.0

    def check(self, alpha: float | None) -> float:
        """`alpha`, or the default for None. ValueError when it lies outside the range."""
        if alpha is None:
            return self.default
        try:
            return number_within(alpha, float(self.low), float(self.high))
        except ValueError as error:
            raise ValueError(f"alpha {error}") from None


@dataclass(frozen=True)
class Activation:
    """One activation function.

    `function` and `derivative` are given as f(z), or f(z, alpha) where there is an `alpha`; once in the row both are
    called as f(z, alpha=None). `kinks` are the places where the slope jumps. `fused(z, alpha, value, slope)`, if
    given, writes function and derivative into two buffers at once, to the same numbers within a few units in the last
    place: it only saves time.
    """

    key: str
    label: str
    function: Callable[..., Array]
    derivative: Callable[..., Array]
    formula: str
    source: str
    alpha: Alpha | None = None
    kinks: tuple[float, ...] = ()
    fused: Callable[[Array, float | None, Array, Array], None] | None = None

    def __post_init__(self) -> None:
        """Give function and derivative the one signature f(z, alpha=None)."""
        object.__setattr__(self, "function", _with_alpha(self.function, self.alpha))
        object.__setattr__(self, "derivative", _with_alpha(self.derivative, self.alpha))

    def vjp(self, z: ArrayLike, g: ArrayLike, alpha: float | None = None) -> Array:
        """The gradient's way back: dC/dz from g = dC/d function(z); shape of z."""
        slope: Array = self.derivative(z, alpha)
        back: Array = slope * np.asarray(g)
        return back

    def value_and_slope(self, z: Array, alpha: float | None, value: Array, slope: Array) -> None:
        """Write function(z) into `value` and derivative(z) into `slope`, both of z's shape."""
        if self.fused is not None:
            self.fused(z, alpha if self.alpha is None else self.alpha.check(alpha), value, slope)
        else:
            value[...] = self.function(z, alpha)
            slope[...] = self.derivative(z, alpha)


def _with_alpha(function: Callable[..., Array], parameter: Alpha | None) -> Callable[..., Array]:
    if getattr(function, "takes_alpha", False):  # already wrapped: a row made from a row by dataclasses.replace
        return function

    def call(z: ArrayLike, alpha: float | None = None) -> Array:
        z = np.asarray(z)
        if not np.issubdtype(z.dtype, np.floating):
            z = z.astype(np.float64)
        return function(z) if parameter is None else function(z, parameter.check(alpha))

    call.takes_alpha = True  # type: ignore[attr-defined]
    call.__doc__ = function.__doc__
    return call


def _table(*rows: Activation) -> dict[str, Activation]:
    return {row.key: row for row in rows}


ACTIVATIONS: Mapping[str, Activation] = _table(
    Activation(
        key="identity", label="identity", function=np.copy, derivative=np.ones_like,
        formula="z", source="no activation: the network is linear", fused=kernels.identity,
    ),
    Activation(
        key="sigmoid", label="sigmoid", function=kernels.sigmoid, derivative=kernels.sigmoid_slope,
        formula=r"\frac{1}{1 + e^{-z}}", source="Rumelhart, Hinton and Williams (1986), Learning representations "
        "by back-propagating errors, eq. 2", fused=kernels.sigmoid_fused,
    ),
    Activation(
        key="tanh", label="tanh", function=np.tanh, derivative=kernels.tanh_slope,
        formula=r"\tanh z", source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, sec. 4.4",
        fused=kernels.tanh_fused,
    ),
    Activation(
        key="relu", label="ReLU", function=lambda z: np.maximum(z, 0), derivative=kernels.relu_slope,
        formula=r"\max(0, z)", source="Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann "
        "machines; slope 0 at z = 0 as in PyTorch", kinks=(0.0,), fused=kernels.relu_fused,
    ),
    Activation(
        key="leaky_relu", label="leaky ReLU", function=kernels.leaky_relu, derivative=kernels.leaky_relu_slope,
        formula=r"z \text{ for } z > 0,\ \alpha z \text{ otherwise}",
        source="Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models, sec. 2; "
        "slope alpha at z = 0 as in PyTorch", alpha=Alpha("slope for z < 0", default=0.01), kinks=(0.0,),
    ),
)
