"""What follows from an activation function, computed from it and never tabulated.

A function that couples its units (softmax) is looked at along one unit of two, the other at 0; moments over a Gaussian
then depend on the width, and are NaN.
"""

from collections.abc import Callable
from functools import lru_cache
from math import inf, nan, sqrt
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.quadrature import expectation

Array = NDArray[np.float64]
Interval = tuple[float, float]
T = TypeVar("T")

SATURATED_BELOW = 1 - 0.97**2
"""A unit is saturated where |f'(z)| is below this share of its largest value: for tanh, |f(z)| > 0.97."""
EFFECTIVE_FROM = 0.01
"""The effective range is where |f'(z)| is at least this share of its largest value."""

_SIZES = np.concatenate([np.linspace(0, 20, 4001), np.geomspace(20, 1e4, 200)[1:], np.geomspace(1e4, 1e12, 81)[1:]])
_GRID = np.concatenate([-_SIZES[:0:-1], _SIZES])
_FAR = 10.0 ** np.arange(3, 301, 3)
_SIDE = 1e-9  # how far beside a kink its two slopes are taken, relative to it where that is more than 1


def _kept(method: Callable[..., T]) -> Callable[..., T]:
    """Computed once for each activation and alpha; overflow and NaN go their way without a warning."""

    @lru_cache(maxsize=1024)
    def quietly(activation: Activation, alpha: float | None, **more: Any) -> T:
        with np.errstate(all="ignore"):
            return method(activation, alpha, **more)

    def call(activation: Activation, alpha: float | None = None, **more: Any) -> T:
        return quietly(activation, alpha, **more)

    call.__doc__, call.__name__ = method.__doc__, method.__name__
    return call


def along(function: Callable[..., Array], activation: Activation, z: Array, alpha: float | None) -> Array:
    """The row's function or derivative at z; of one that couples its units: along one unit of two, the other at 0."""
    if activation.elementwise:
        return function(z, alpha)
    pair = np.stack([z, np.zeros_like(z)], axis=-1)
    return function(pair, alpha)[..., 0]


def _values(activation: Activation, z: Array, alpha: float | None) -> Array:
    return along(activation.function, activation, z, alpha)


def _slopes(activation: Activation, z: Array, alpha: float | None) -> Array:
    return np.abs(along(activation.derivative, activation, z, alpha))


def _places(activation: Activation, alpha: float | None, grid: Array = _GRID) -> Array:
    """The grid, and both sides of every kink."""
    kinks = np.array(activation.kinks_at(alpha), float)
    side = _SIDE * np.maximum(1, np.abs(kinks))
    return np.unique(np.concatenate([grid, kinks, kinks - side, kinks + side]))


def _refined(of: Callable[[Array], Array], z: Array) -> float:
    """The largest finite of(z), looked for again between the neighbors of the best place found."""
    best = -inf
    for _ in range(6):
        found = of(z)
        found = np.where(np.isfinite(found), found, -inf)
        place = int(np.argmax(found))
        best = max(best, float(found[place]))
        z = np.linspace(z[max(place - 1, 0)], z[min(place + 1, len(z) - 1)], 65)
    return best


@_kept
def largest_slope(activation: Activation, alpha: float | None = None) -> float:
    """The largest |f'(z)|; infinite where it grows without bound far out."""
    far = np.array([1e10, 1e12])
    for side in (-far, far):
        near, farther = _slopes(activation, side, alpha)
        if farther > 2 * near and farther > 1e3:
            return inf
    return max(_refined(lambda z: _slopes(activation, z, alpha), _places(activation, alpha)), 0.0)


def largest_learned_slope(activation: Activation, alphas: Array) -> Array:
    """The largest |f'(z)| with each of many alphas, (alphas,), that are learned: at the kinks and on a coarse grid."""
    training = activation.in_training
    if training is None:
        raise ValueError(f"activation must learn its alpha, got {activation.key!r}")
    places = _places(activation, None, _GRID[::40])
    z = np.broadcast_to(places[:, None], (len(places), len(alphas)))
    value, slope = np.empty(z.shape), np.empty(z.shape)
    training.value_and_slope(z, alphas, value, slope)
    largest: Array = np.abs(slope).max(axis=0)
    return largest


def _limit(activation: Activation, alpha: float | None, side: float) -> float:
    """Of f at infinity: what the function itself says there, else its last value far out."""
    at_infinity = float(_values(activation, np.array([side * inf]), alpha)[0])
    if not np.isnan(at_infinity):
        return at_infinity
    values = _values(activation, np.multiply(side, _FAR), alpha)
    values = values[~np.isnan(values)]
    if not len(values):
        return nan
    last = float(values[-1])
    return float(np.copysign(inf, last)) if abs(last) > 1e200 else last


@_kept
def output_range(activation: Activation, alpha: float | None = None) -> Interval:
    """The least and the largest value that the function takes or tends to; infinite where it has no bound."""
    z = _places(activation, alpha)
    values = _values(activation, z, alpha)
    ends = [_limit(activation, alpha, side) for side in (-1.0, 1.0)]
    limits = [end for end in (*ends, *values[np.isinf(values)].tolist()) if not np.isnan(end)]
    low = -_refined(lambda z: -_values(activation, z, alpha), z)
    high = _refined(lambda z: _values(activation, z, alpha), z)
    return min([low, *limits]) + 0.0, max([high, *limits]) + 0.0


def _intervals(
    inside: Callable[[Array], NDArray[np.bool_]], activation: Activation, alpha: float | None
) -> tuple[Interval, ...]:
    """Where `inside` holds; its ends are found by halving, and are infinite where it holds at the end of the grid."""
    z = _places(activation, alpha)
    held = inside(z)
    places = np.flatnonzero(held[1:] != held[:-1])
    low, high, of_low = z[places].copy(), z[places + 1].copy(), held[places]
    for _ in range(80):
        middle = (low + high) / 2
        same = inside(middle) == of_low
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    found = [_at_kink(edge, activation.kinks_at(alpha)) for edge in ((low + high) / 2).tolist()]
    edges = [*([-inf] if held[0] else []), *found, *([inf] if held[-1] else [])]
    return tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 4 * _SIDE)


def _at_kink(edge: float, kinks: tuple[float, ...]) -> float:
    near = [kink for kink in kinks if abs(kink - edge) <= 1e-14 * max(1.0, abs(kink))]
    return near[0] if near else edge


@_kept
def saturated_intervals(activation: Activation, alpha: float | None = None) -> tuple[Interval, ...]:
    """Where |f'(z)| is below SATURATED_BELOW of its largest value, from left to right; none for an unbounded slope."""
    bound = SATURATED_BELOW * largest_slope(activation, alpha)
    if not 0 < bound < inf:
        return ()
    return _intervals(lambda z: _slopes(activation, z, alpha) < bound, activation, alpha)


@_kept
def inactive_intervals(activation: Activation, alpha: float | None = None) -> tuple[Interval, ...]:
    """Where f(z) is exactly 0, from left to right."""
    return _intervals(lambda z: _values(activation, z, alpha) == 0, activation, alpha)


@_kept
def effective_range(activation: Activation, alpha: float | None = None) -> Interval:
    """The least interval that holds every z with |f'(z)| at least 1 % of its largest value."""
    bound = EFFECTIVE_FROM * largest_slope(activation, alpha)
    if not 0 < bound < inf:
        return -inf, inf
    parts = _intervals(lambda z: _slopes(activation, z, alpha) >= bound, activation, alpha)
    return (parts[0][0], parts[-1][1]) if parts else (nan, nan)


def _kinks_where(
    function: Callable[..., Array], activation: Activation, alpha: float | None, tolerance: float
) -> tuple[float, ...]:
    """The kinks whose two sides differ by more than `tolerance`, relative to values above 1."""
    found = []
    for kink in activation.kinks_at(alpha):
        side = _SIDE * max(1.0, abs(kink))
        left, right = along(function, activation, np.array([kink - side, kink + side]), alpha)
        if not abs(right - left) <= tolerance * max(1.0, abs(left), abs(right)):
            found.append(kink)
    return tuple(found)


@_kept
def jumps(activation: Activation, alpha: float | None = None) -> tuple[float, ...]:
    """The places where the function itself jumps."""
    return _kinks_where(activation.function, activation, alpha, 1e-4)


@_kept
def bends(activation: Activation, alpha: float | None = None) -> tuple[float, ...]:
    """The places where the slope jumps, for this alpha (leaky ReLU with alpha = 1 has none)."""
    return _kinks_where(activation.derivative, activation, alpha, 1e-6)


@_kept
def moment(activation: Activation, alpha: float | None = None, power: int = 1, std: float = 1.0) -> float:
    """E f(z)^power for z ~ N(0, std**2)."""
    if not activation.elementwise:
        return nan
    splits = activation.kinks_at(alpha)
    return expectation(lambda z: activation.function(z, alpha) ** power, std, splits=splits)


@_kept
def slope_moment(activation: Activation, alpha: float | None = None, std: float = 1.0) -> float:
    """E f'(z)^2 for z ~ N(0, std**2)."""
    if not activation.elementwise:
        return nan
    return expectation(lambda z: activation.derivative(z, alpha) ** 2, std, splits=activation.kinks_at(alpha))


def mean(activation: Activation, alpha: float | None = None) -> float:
    """E f(u), u ~ N(0, 1)."""
    return moment(activation, alpha, power=1)


def second_moment(activation: Activation, alpha: float | None = None) -> float:
    """E f(u)^2, u ~ N(0, 1)."""
    return moment(activation, alpha, power=2)


def zero_centered(activation: Activation, alpha: float | None = None) -> bool:
    """Whether E f(u) = 0, u ~ N(0, 1)."""
    return abs(mean(activation, alpha)) <= 1e-12 * max(1.0, sqrt(second_moment(activation, alpha)))


def forward_gain(activation: Activation, alpha: float | None = None) -> float:
    """1 / sqrt(E f(u)^2): the gain that keeps the second moment of activations, where it is 1."""
    return _gain(second_moment(activation, alpha))


def backward_gain(activation: Activation, alpha: float | None = None) -> float:
    """1 / sqrt(E f'(u)^2): the gain that keeps the gradient's size, where the second moment of z is 1."""
    return _gain(slope_moment(activation, alpha))


def _gain(square: float) -> float:
    return 1 / sqrt(square) if square > 0 else (inf if square == 0 else nan)
