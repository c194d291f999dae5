"""What an activation function is: a row that holds everything specific to it.

Shapes: functions and derivatives take the pre-activation `z`, any shape, and return a new array of the same shape and
dtype; they never edit `z`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from unicodedata import lookup

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labkit.nn.checks import number_within
from labkit.nn.code import Code

Array = NDArray[np.float64]
"""A real floating-point array; float32 stays float32."""


_VALUES = 2**15  # computed at a time, so that work arrays stay in the cache


@dataclass(frozen=True)
class Alpha:
    """The shape parameter of an activation that has one: its meaning, default and range."""

    label: str
    default: float
    low: float = 0.0
    high: float = 1.0
    name: str = "alpha"

    @property
    def note(self) -> str:
        """Its meaning, and what the function's own literature calls it where that is another name."""
        return self.label if self.name == "alpha" else f"{self.name}, {self.label}"

    @property
    def symbol(self) -> str:
        """The Greek letter of its name."""
        return lookup(f"GREEK SMALL LETTER {self.name.upper()}")

    def check(self, alpha: float | None) -> float:
        """`alpha`, or the default for None. ValueError when it lies outside the range."""
        if alpha is None:
            return self.default
        try:
            return number_within(alpha, float(self.low), float(self.high))
        except ValueError as error:
            raise ValueError(f"alpha {error}") from None


@dataclass(frozen=True)
class InTraining:
    """How an activation with a slope for z < 0 differs while a network is trained: the slope is learned, or random.

    `value_and_slope(z, a, value, slope)` takes the slope `a` as any array that broadcasts to z. `by_slope(z)` is
    df/da, where it is learned; `uniform` the range that it is drawn from, where it is random for every value. `code`
    is what scripts say of value and slope, with `alpha` for a, and `by_slope_code` of df/da, in NumPy.
    """

    value_and_slope: Callable[[Array, Array, Array, Array], None]
    by_slope: Callable[[Array], Array] | None = None
    uniform: tuple[float, float] | None = None
    code: Code | None = None
    by_slope_code: str | None = None


@dataclass(frozen=True)
class Activation:
    """One activation function.

    `function` and `derivative` are given as f(z), or f(z, alpha) where there is an `alpha`; once in the row both are
    called as f(z, alpha=None). `kinks` are the places where the function jumps, its slope jumps, or its curvature
    does: where a quadrature has to be split; `moving_kinks(alpha)` gives them where they depend on alpha.

    `fused(z, alpha, value, slope)`, if given, writes function and derivative into two buffers at once, to the same
    numbers within a few units in the last place: it only saves time. A function that couples the units of a layer
    gives `jacobian_product(z, g)`, the gradient's way back; its `derivative` is the Jacobian's diagonal. `torch_gain`
    is that of PyTorch's calculate_gain, a number or one for each alpha; some are conventions. A row that is not the
    same while a network is trained says so `in_training`. `code`, for each alpha or for all, is what scripts say
    that are handed out.
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
    jacobian_product: Callable[[Array, Array], Array] | None = None
    moving_kinks: Callable[[float], tuple[float, ...]] | None = None
    torch_gain: float | Callable[[float], float] | None = None
    in_training: InTraining | None = None
    code: Code | Callable[[float | None], Code] | None = None

    def __post_init__(self) -> None:
        """Give function and derivative the one signature f(z, alpha=None)."""
        object.__setattr__(self, "function", _with_alpha(self.function, self.alpha))
        object.__setattr__(self, "derivative", _with_alpha(self.derivative, self.alpha))

    def named(self, alpha: float | None) -> str:
        """The label with its parameter: "leaky ReLU (alpha 0.1)"; the label alone where alpha is None."""
        return self.label if self.alpha is None or alpha is None else f"{self.label} ({self.alpha.name} {alpha:g})"

    @property
    def learned(self) -> bool:
        """Whether alpha is learned in training."""
        return self.in_training is not None and self.in_training.by_slope is not None

    @property
    def elementwise(self) -> bool:
        """Whether each output depends on its own input alone."""
        return self.jacobian_product is None

    def code_at(self, alpha: float | None) -> Code:
        """What scripts say, at this alpha; ValueError where the row does not say it."""
        if self.code is None:
            raise ValueError(f"activation {self.key!r} has no code for a script: give its row a `code`")
        return self.code(alpha) if callable(self.code) else self.code

    def kinks_at(self, alpha: float | None = None) -> tuple[float, ...]:
        """The kinks for this alpha (None: the default)."""
        if self.alpha is None or self.moving_kinks is None:
            return self.kinks
        return self.moving_kinks(self.alpha.check(alpha))

    def vjp(self, z: ArrayLike, g: ArrayLike, alpha: float | None = None) -> Array:
        """The gradient's way back: dC/dz from g = dC/d function(z); shape of z."""
        if self.jacobian_product is not None:
            return self.jacobian_product(_floating(z), np.asarray(g))
        slope: Array = self.derivative(z, alpha)
        back: Array = slope * np.asarray(g)
        return back

    def value_and_slope(self, z: Array, alpha: float | None, value: Array, slope: Array) -> None:
        """Write function(z) into `value` and derivative(z) into `slope`, both of z's shape."""
        if self.fused is not None:
            self.fused(z, alpha if self.alpha is None else self.alpha.check(alpha), value, slope)
            return
        rows = max(1, _VALUES * len(z) // max(z.size, 1)) if self.elementwise else len(z)
        for start in range(0, len(z), rows):
            part = slice(start, start + rows)
            value[part] = self.function(z[part], alpha)
            slope[part] = self.derivative(z[part], alpha)


def _floating(z: ArrayLike) -> Array:
    z = np.asarray(z)
    return z if np.issubdtype(z.dtype, np.floating) else z.astype(np.float64)


def _with_alpha(function: Callable[..., Array], parameter: Alpha | None) -> Callable[..., Array]:
    if getattr(function, "takes_alpha", False):  # already wrapped: a row made from a row by dataclasses.replace
        return function

    def call(z: ArrayLike, alpha: float | None = None) -> Array:
        z = _floating(z)
        return function(z) if parameter is None else function(z, parameter.check(alpha))

    call.takes_alpha = True  # type: ignore[attr-defined]
    call.__doc__ = function.__doc__
    return call
