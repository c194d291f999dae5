"""Expressions in z and alpha: value and slope together, by forward automatic differentiation.

A Dual is a value and its derivative by z; the derivative is None where the value does not depend on z, so that a
constant never meets an infinity in a product. Where two branches tie (max, min) the flatter one gives the slope, so
that max(x, 0) has relu'(0) = 0, as PyTorch's relu; PyTorch's maximum gives each branch half.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import e, pi, sqrt
from typing import Any, NamedTuple

import numpy as np

from labkit.nn import kernels
from labkit.nn.gates import softplus

Array = Any  # float64: of z's shape, or a scalar where z is not in it
Slope = Array | None


class Dual(NamedTuple):
    """A value and its slope."""

    value: Array
    slope: Slope = None


@dataclass(frozen=True)
class Node:
    """One operation and what it acts on. A leaf is "z", "alpha" or "number"."""

    operation: str
    arguments: tuple["Node", ...] = ()
    number: float = 0.0


Switches = list[Array]  # what a kink or a pole is a zero of


def _scaled(factor: Array, slope: Slope) -> Slope:
    return None if slope is None else factor * slope


def _saturating(factor: Array, slope: Slope) -> Slope:
    """Like `_scaled`; but a flat outer function stays flat, however steep the inner one."""
    return None if slope is None else np.where(factor == 0, 0.0, factor * slope)


def _sum(a: Slope, b: Slope) -> Slope:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _add(a: Dual, b: Dual, _: Switches) -> Dual:
    return Dual(a.value + b.value, _sum(a.slope, b.slope))


def _subtract(a: Dual, b: Dual, _: Switches) -> Dual:
    return Dual(a.value - b.value, _sum(a.slope, _scaled(-1.0, b.slope)))


def _multiply(a: Dual, b: Dual, _: Switches) -> Dual:
    return Dual(a.value * b.value, _sum(_scaled(b.value, a.slope), _scaled(a.value, b.slope)))


def _divide(a: Dual, b: Dual, switches: Switches) -> Dual:
    if b.slope is not None:
        switches.append(b.value)
    value = np.divide(a.value, b.value)
    own = None if a.slope is None else np.divide(a.slope, b.value)
    below = None if b.slope is None else -value * np.divide(b.slope, b.value)
    return Dual(value, _sum(own, below))


def _power(a: Dual, b: Dual, switches: Switches) -> Dual:
    value = np.power(a.value, b.value)
    whole = np.ndim(b.value) == 0 and b.value >= 0 and b.value % 1 == 0
    if a.slope is not None and not whole:
        switches.append(a.value)
    if b.slope is None:
        if b.value == 0:
            return Dual(value)
        return Dual(value, None if a.slope is None else b.value * np.power(a.value, b.value - 1) * a.slope)
    slope = value * np.log(a.value) * b.slope
    if a.slope is not None:
        slope = slope + b.value * np.power(a.value, b.value - 1) * a.slope
    return Dual(value, slope)


def _choice(first: bool) -> Callable[[Dual, Dual, Switches], Dual]:
    """max (first) or min of two."""

    def choose(a: Dual, b: Dual, switches: Switches) -> Dual:
        value = (np.maximum if first else np.minimum)(a.value, b.value)
        if a.slope is None and b.slope is None:
            return Dual(value)
        switches.append(a.value - b.value)
        one = 0.0 if a.slope is None else a.slope
        other = 0.0 if b.slope is None else b.slope
        flatter = np.where(np.abs(one) <= np.abs(other), one, other)
        wins = a.value > b.value if first else a.value < b.value
        return Dual(value, np.where(wins, one, np.where(a.value == b.value, flatter, other)))

    return choose


def _unary(
    function: Callable[[Array], Array], derivative: Callable[[Array], Array], *, saturating: bool = False,
    switch: Callable[[Array], Array] | None = None,
) -> Callable[[Dual, Switches], Dual]:  # fmt: skip
    """A function of one argument. `switch` of the argument is 0 where it bends, jumps or ends."""
    chain = _saturating if saturating else _scaled

    def apply(a: Dual, switches: Switches) -> Dual:
        if a.slope is None:
            return Dual(function(a.value))
        if switch is not None:
            switches.append(switch(a.value))
        return Dual(function(a.value), chain(derivative(a.value), a.slope))

    return apply


def _erf(x: Array) -> Array:
    from scipy.special import erf  # only now: `import labkit` loads no SciPy

    return erf(x)


def _itself(x: Array) -> Array:
    return x


def _step(x: Array) -> Array:
    return np.where(np.isnan(x), x, np.where(x > 0, 1.0, 0.0))


UNARY: dict[str, Callable[[Dual, Switches], Dual]] = {
    "negative": _unary(np.negative, lambda x: -1.0),
    "exp": _unary(np.exp, np.exp),
    "expm1": _unary(np.expm1, np.exp),
    "log": _unary(np.log, lambda x: np.divide(1.0, x), switch=_itself),
    "log1p": _unary(np.log1p, lambda x: np.divide(1.0, 1 + x), switch=lambda x: 1 + x),
    "sqrt": _unary(np.sqrt, lambda x: np.divide(0.5, np.sqrt(x)), switch=_itself),
    "abs": _unary(np.abs, np.sign, saturating=True, switch=_itself),
    "sign": _unary(np.sign, np.zeros_like, saturating=True, switch=_itself),
    "step": _unary(_step, np.zeros_like, saturating=True, switch=_itself),
    "relu": _unary(lambda x: np.maximum(x, 0), _step, saturating=True, switch=_itself),
    "tanh": _unary(np.tanh, kernels.tanh_slope, saturating=True),
    "sin": _unary(np.sin, np.cos),
    "cos": _unary(np.cos, lambda x: -np.sin(x)),
    "sigmoid": _unary(kernels.sigmoid, kernels.sigmoid_slope, saturating=True),
    "softplus": _unary(softplus, kernels.sigmoid, saturating=True),
    "erf": _unary(_erf, lambda x: 2 / sqrt(pi) * np.exp(-x * x), saturating=True),
}
BINARY: dict[str, Callable[[Dual, Dual, Switches], Dual]] = {
    "add": _add, "subtract": _subtract, "multiply": _multiply, "divide": _divide, "power": _power,
    "max": _choice(True), "min": _choice(False),
}  # fmt: skip
COMPARISONS: dict[str, Callable[[Array, Array], Array]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
CONSTANTS = {"e": e, "pi": pi}


def evaluate(node: Node, z: Array, alpha: float | None, switches: Switches) -> Dual:
    """Value and slope at `z` (float64, one dimension). Collects what each kink is a zero of, always in one order."""
    if node.operation == "number":
        return Dual(np.float64(node.number))
    if node.operation == "alpha":
        return Dual(np.float64(alpha))
    if node.operation == "z":
        return Dual(z, np.ones_like(z))
    given = [evaluate(argument, z, alpha, switches) for argument in node.arguments]
    if node.operation in UNARY:
        return UNARY[node.operation](given[0], switches)
    if node.operation in BINARY:
        result = given[0]
        for other in given[1:]:
            result = BINARY[node.operation](result, other, switches)
        return result
    left, right, a, b = given  # where(left < right, a, b)
    if left.slope is not None or right.slope is not None:
        switches.append(left.value - right.value)
    holds = COMPARISONS[node.operation](left.value, right.value)
    slopes = [0.0 if branch.slope is None else branch.slope for branch in (a, b)]
    return Dual(np.where(holds, a.value, b.value), np.where(holds, *slopes))
