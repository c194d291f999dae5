"""The functions behind the rows of `activations`, where one line of NumPy is not exact or not fast enough.

Far out in a tail a slope is tiny and not zero: these forms keep it (1 - tanh(z)**2 is 0 beyond |z| = 19). The fused
forms compute value and slope together, into buffers, for the live path.
"""

import numpy as np
from numpy.typing import NDArray

from labkit.nn.scratch import CHUNK, scratch

Array = NDArray[np.float64]  # float32 is kept as well


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), to full relative precision in both tails."""
    e = np.exp(-np.abs(z))
    value: Array = np.where(z < 0, e, 1) / (1 + e)
    return value


def sigmoid_slope(z: Array) -> Array:
    """Derivative of `sigmoid`: e / (1 + e)**2 with e = exp(-|z|)."""
    e = np.exp(-np.abs(z))
    slope: Array = e / (1 + e) ** 2
    return slope


def sigmoid_fused(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """Sigmoid and its slope from one exponential."""
    np.abs(z, out=slope)
    np.negative(slope, out=slope)
    np.exp(slope, out=slope)
    one_plus = slope + 1
    np.divide(1, one_plus, out=value)  # sigmoid(|z|)
    np.divide(slope, one_plus, out=slope)  # sigmoid(-|z|)
    np.copyto(one_plus, value)
    np.copyto(value, slope, where=z < 0)
    np.multiply(slope, one_plus, out=slope)


def tanh_slope(z: Array) -> Array:
    """Derivative of tanh: 4 e / (1 + e)**2 with e = exp(-2|z|)."""
    e = np.exp(-2 * np.minimum(np.abs(z), 1e4))
    slope: Array = 4 * e / (1 + e) ** 2
    return slope


def identity(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """The identity and its slope, 1."""
    np.copyto(value, z)
    slope.fill(1.0)


def relu_slope(z: Array) -> Array:
    """1 for z > 0, 0 otherwise; NaN stays NaN."""
    slope = np.greater(z, 0).astype(z.dtype)
    keep_nan(z, slope)
    return slope


def relu_fused(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """ReLU and its slope; NaN stays NaN in both."""
    np.maximum(z, 0, out=value)
    np.greater(z, 0, out=slope, casting="unsafe")
    keep_nan(z, slope)


def keep_nan(z: Array, slope: Array) -> None:
    """Write NaN into `slope` where z is NaN."""
    if z.size and np.isnan(z.max()):  # max hands NaN on, and is faster than isnan
        slope[...] = np.where(np.isnan(z), z, slope)


def leaky_relu(z: Array, alpha: float) -> Array:
    """Z for z > 0, alpha z otherwise. (At z = -inf and alpha = 0 the product would be NaN: it is 0.)"""
    if alpha == 0:
        return np.maximum(z, 0)
    return np.where(z > 0, z, alpha * z)


def leaky_relu_slope(z: Array, alpha: float) -> Array:
    """1 for z > 0, alpha otherwise; NaN stays NaN."""
    slope = np.where(z > 0, z.dtype.type(1), z.dtype.type(alpha))
    keep_nan(z, slope)
    return slope


# tanh and its slope by table: with a on a grid of 1/64, T = tanh a, S = 1 - T**2 and t = tanh b of the rest b,
#   r = t / (1 + T t),   tanh(a + b) = T + S r,   1 - tanh(a + b)**2 = S (1 - r (T + tanh(a + b))),
# where t = b (1 + p b**2 + q b**4). Tiny values (a = 0) and tiny slopes (large a) keep their relative precision.
# NumPy's own tanh alone takes twice as long without AVX-512.
_STEPS = 64.0
# Taylor's -1/3 and 2/15, with the next term, -17/315 x**3 (x = b**2), replaced by the nearest polynomial without a
# constant for x <= X: their difference has the zeros 0, 0.4641 X and 0.9282 X of a Chebyshev polynomial. t is exact to
# 5e-16.
_X = (0.5 / _STEPS) ** 2
_P, _Q = -1 / 3 + 17 / 315 * 0.43078 * _X**2, 2 / 15 - 17 / 315 * 1.3923 * _X
_EDGE = 350  # the slope is below 1e-303 from here on, and taken as 0: subnormal numbers cost a hundred times as much
_GRID = np.arange(-_EDGE * _STEPS, _EDGE * _STEPS + 1) / _STEPS
_TANH, _SLOPE = np.tanh(_GRID), tanh_slope(_GRID)
_SLOPE[[0, -1]] = 0.0
_ROUND = 1.5 * 2.0**52 / _STEPS  # adding it leaves the nearest multiple of 1/64 in the low bits of a float64
_FIRST = int(np.float64(_ROUND).view(np.int64)) - int(_EDGE * _STEPS)
_MOST = 1e12  # beyond, or for NaN, the low bits hold no integer


def tanh_fused(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """Tanh and its slope, within 8 units in the last place, for C-contiguous float64 arrays."""
    flat, values, slopes = z.reshape(-1), value.reshape(-1), slope.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        part = slice(start, start + CHUNK)
        if flat[part].min() > -_MOST and flat[part].max() < _MOST:
            _tanh_by_table(flat[part], values[part], slopes[part])
        else:
            np.tanh(flat[part], out=values[part])
            slopes[part] = tanh_slope(flat[part])


def _tanh_by_table(z: Array, value: Array, slope: Array) -> None:
    t, grid, square, tanh_a = (scratch(number, z.size) for number in range(4))
    index = square.view(np.int64)
    np.add(z, _ROUND, out=grid)
    np.subtract(grid.view(np.int64), _FIRST, out=index)
    np.take(_TANH, index, out=tanh_a, mode="clip")
    np.take(_SLOPE, index, out=slope, mode="clip")
    np.subtract(grid, _ROUND, out=grid)
    b = np.subtract(z, grid, out=grid)
    np.multiply(b, b, out=square)
    np.multiply(square, _Q, out=t)
    np.add(t, _P, out=t)
    np.multiply(t, square, out=t)
    np.add(t, 1, out=t)
    np.multiply(t, b, out=t)
    one_plus = np.multiply(tanh_a, t, out=square)
    np.add(one_plus, 1, out=one_plus)
    r = np.divide(t, one_plus, out=t)
    np.multiply(slope, r, out=value)
    np.add(value, tanh_a, out=value)
    np.add(value, tanh_a, out=grid)
    np.multiply(grid, r, out=grid)
    np.subtract(1, grid, out=grid)
    np.multiply(slope, grid, out=slope)
