"""The functions behind the rows of `activations`, where one line of NumPy is not exact or not fast enough.

Far out in a tail a slope is tiny and not zero: these forms keep it (1 - tanh(z)**2 is 0 beyond |z| = 19). The fused
forms compute value and slope together, into buffers, for the live path.
"""

import numpy as np
from numpy.typing import NDArray

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


# tanh and its slope by table: with a on a grid of 1/64 and T = tanh, S = 1 - T**2 of it,
#   tanh(a + b) = (T(a) + T(b)) / (1 + T(a) T(b)),   1 - tanh(a + b)**2 = S(a) (1 - T(b)**2) / (1 + T(a) T(b))**2,
# where T(b) = b (15 + b**2) / (15 + 6 b**2), exact to the last digit for |b| <= 1/128. Nothing is lost in a
# difference: tiny values (a = 0) and tiny slopes (large a) keep their relative precision. NumPy's own tanh alone takes
# twice as long without AVX-512.
_STEPS = 64.0
_EDGE = 350  # the slope is below 1e-303 from here on, and taken as 0: subnormal numbers cost a hundred times as much
_GRID = np.arange(-_EDGE * _STEPS, _EDGE * _STEPS + 1) / _STEPS
_TANH, _SLOPE = np.tanh(_GRID), tanh_slope(_GRID)
_SLOPE[[0, -1]] = 0.0
_ROUND = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits of a float64
_FIRST = int(np.float64(_ROUND).view(np.int64)) - int(_EDGE * _STEPS)
_MOST = 1e12  # beyond, or for NaN, the low bits hold no integer
_CHUNK = 2**17  # bounds the work arrays


def tanh_fused(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """Tanh and its slope, within 8 units in the last place, for C-contiguous float64 arrays."""
    flat, values, slopes = z.reshape(-1), value.reshape(-1), slope.reshape(-1)
    work = np.empty((3, min(_CHUNK, flat.size)))
    index = np.empty(work.shape[1], np.int64)
    for start in range(0, flat.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        n = flat[part].size
        if flat[part].min() > -_MOST and flat[part].max() < _MOST:
            _tanh_by_table(flat[part], values[part], slopes[part], work[:, :n], index[:n])
        else:
            np.tanh(flat[part], out=values[part])
            slopes[part] = tanh_slope(flat[part])


def _tanh_by_table(z: Array, value: Array, slope: Array, work: Array, index: NDArray[np.int64]) -> None:
    b, grid, square = work  # b and the grid in steps of the table
    np.multiply(z, _STEPS, out=b)
    np.add(b, _ROUND, out=grid)
    np.subtract(grid.view(np.int64), _FIRST, out=index)
    np.subtract(grid, _ROUND, out=grid)
    np.subtract(b, grid, out=b)
    np.multiply(b, b, out=square)
    above = np.add(square, 15 * _STEPS**2, out=grid)
    np.multiply(above, b, out=above)
    np.multiply(square, 6 * _STEPS, out=square)
    below = np.add(square, 15 * _STEPS**3, out=square)  # T(b) = above / below
    tanh_a = np.take(_TANH, index, out=value, mode="clip")
    np.multiply(tanh_a, above, out=b)
    one_plus = np.add(b, below, out=b)
    np.multiply(tanh_a, below, out=value)
    np.add(value, above, out=value)
    np.divide(value, one_plus, out=value)
    np.take(_SLOPE, index, out=slope, mode="clip")
    np.multiply(above, above, out=above)
    np.multiply(below, below, out=below)
    np.subtract(below, above, out=below)
    np.multiply(slope, below, out=slope)
    np.multiply(one_plus, one_plus, out=one_plus)
    np.divide(slope, one_plus, out=slope)
