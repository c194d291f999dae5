"""The user's own activation: a formula such as `x * tanh(softplus(x))` becomes a row like any other.

Nothing is compiled, and arrays are worked through in chunks; `reader` says what is taken.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation, Alpha
from labkit.nn.expression import Node, evaluate
from labkit.nn.formula_code import code_of
from labkit.nn.latex import latex
from labkit.nn.reader import LENGTH, Reader, operations
from labkit.nn.reader import FormulaError as FormulaError

Array = NDArray[np.float64]

PREFIX = "formula:"
ALPHA = Alpha("alpha", default=1.0, low=0.0, high=10.0)


def parse(text: str) -> Activation:
    """The row that a formula in x (or z) makes; FormulaError when it is none.

    >>> row = parse("min(max(alpha*x, x), 6)")
    >>> row.function([-2.0, 1.0, 9.0], alpha=0.5)
    array([-1.,  1.,  6.])
    """
    if not isinstance(text, str):
        raise FormulaError(1, f"expected a text, got {type(text).__name__}")
    if len(text) > LENGTH:
        raise FormulaError(LENGTH + 1, f"expected at most {LENGTH} characters, got {len(text)}")
    try:
        return _row(text.strip(" "))
    except FormulaError as error:
        raise FormulaError(error.column + len(text) - len(text.lstrip(" ")), error.problem) from None


@lru_cache(maxsize=256)
def _row(text: str) -> Activation:
    tree = Reader(text).tree()
    formula, alpha = _Formula(tree), ALPHA if "alpha" in operations(tree) else None
    middle = np.linspace(-10, 10, 81)
    both = formula.value(middle, ALPHA.default), formula.slope(middle, ALPHA.default)
    if not np.isfinite(both).all(axis=0).any():
        raise FormulaError(1, "expected a formula with values, got none that is finite for x from -10 to 10")
    return Activation(
        key=f"{PREFIX} {text}", label=text, function=formula.value, derivative=formula.slope, formula=latex(tree),
        source="a formula of one's own", alpha=alpha, kinks=formula.kinks(ALPHA.default), fused=formula.fused,
        moving_kinks=formula.kinks, code=lambda at: code_of(tree, at),
    )  # fmt: skip


_CHUNK = 2**14  # bounds the work arrays, of which deep formulas need many
_SIZES = np.concatenate([np.arange(4097) / 64, np.geomspace(64, 1e6, 85)[1:]])
_GRID = np.concatenate([-_SIZES[:0:-1], _SIZES])
_MOST_KINKS = 64


class _Formula:
    """A tree as functions of arrays."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree

    def fused(self, z: Array, alpha: float | None, value: Array, slope: Array) -> None:
        """Value and slope into buffers of z's shape; NaN is handed on."""
        flat, values, slopes = z.reshape(-1), np.empty(z.size), np.empty(z.size)
        with np.errstate(all="ignore"):
            for start in range(0, flat.size, _CHUNK):
                part = slice(start, start + _CHUNK)
                near = flat[part].astype(np.float64)
                found = evaluate(self.tree, near, alpha, [])
                values[part] = np.where(np.isnan(near), near, found.value)
                slopes[part] = np.where(np.isnan(near), near, 0.0 if found.slope is None else found.slope)
            value[...] = values.reshape(z.shape)
            slope[...] = slopes.reshape(z.shape)

    def value(self, z: Array, alpha: float | None = None) -> Array:
        """The formula's value, of z's shape and dtype."""
        return self._both(z, alpha)[0]

    def slope(self, z: Array, alpha: float | None = None) -> Array:
        """Its derivative, of z's shape and dtype."""
        return self._both(z, alpha)[1]

    def _both(self, z: Array, alpha: float | None) -> tuple[Array, Array]:
        value, slope = np.empty_like(z), np.empty_like(z)
        self.fused(z, alpha, value, slope)
        return value, slope

    def _switches(self, z: Array, alpha: float | None) -> Array:
        """What each kink is a zero of, (switches, places)."""
        switches: list[Array] = []
        with np.errstate(all="ignore"):
            evaluate(self.tree, z, alpha, switches)
            return np.stack([np.broadcast_to(switch, z.shape) for switch in switches] or [np.ones(z.shape)])

    def kinks(self, alpha: float | None) -> tuple[float, ...]:
        """Where a branch of the formula is switched, a denominator is 0 or a domain ends; at most 64, the nearest to 0.

        Sign changes on a grid, halved down to the last digit.
        """
        signs = np.sign(self._switches(_GRID, alpha))
        zero = signs == 0
        at_grid = (zero[:, 1:-1] & ~(zero[:, :-2] & zero[:, 2:])).any(axis=0)
        which, left = np.nonzero(signs[:, :-1] * signs[:, 1:] < 0)
        nearest = np.argsort(np.abs(_GRID[left]), kind="stable")[:_MOST_KINKS]
        which, left = which[nearest], left[nearest]
        low, high, sign = _GRID[left], _GRID[left + 1], signs[which, left]
        for _ in range(60 if len(left) else 0):
            middle = (low + high) / 2
            same = np.sign(self._switches(middle, alpha)[which, np.arange(len(which))]) == sign
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        found = sorted({*high.tolist(), *_GRID[1:-1][at_grid].tolist()}, key=abs)
        return tuple(sorted(found[:_MOST_KINKS]))
