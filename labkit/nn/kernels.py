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
    return np.where(z < 0, e, 1) / (1 + e)


def sigmoid_slope(z: Array) -> Array:
    """Derivative of `sigmoid`: e / (1 + e)**2 with e = exp(-|z|)."""
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


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
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def identity(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """The identity and its slope, 1."""
    np.copyto(value, z)
    slope.fill(1.0)


def relu_slope(z: Array) -> Array:
    """1 for z > 0, 0 otherwise; NaN stays NaN."""
    slope = np.greater(z, 0).astype(z.dtype)
    _keep_nan(z, slope)
    return slope


def relu_fused(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """ReLU and its slope; NaN stays NaN in both."""
    np.maximum(z, 0, out=value)
    np.greater(z, 0, out=slope, casting="unsafe")
    _keep_nan(z, slope)


def _keep_nan(z: Array, slope: Array) -> None:
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
    _keep_nan(z, slope)
    return slope


# tanh by table: tanh(a + b) = (tanh a + tanh b) / (1 + tanh a tanh b), with a on a grid of 1/64 and tanh b from its
# Taylor series, exact to the last digit for |b| <= 1/128. Around 0, a is 0, so that tiny values keep their relative
# precision. NumPy's own tanh takes about 2.5 times as long without AVX-512.
_STEPS = 64.0
_EDGE = 20  # tanh is 1 to the last digit from 19.07 on
_TABLE = np.tanh(np.arange(-_EDGE * _STEPS, _EDGE * _STEPS + 1) / _STEPS)
_ROUND = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits of a float64
_FIRST = int(np.float64(_ROUND).view(np.int64)) - int(_EDGE * _STEPS)
_LOST = 1e-12  # below this, (1 - t)(1 + t) has lost four digits of the slope
_CHUNK = 16384  # so that the work arrays stay in the cache


def tanh_fused(z: Array, _alpha: float | None, value: Array, slope: Array) -> None:
    """Tanh (within 3 units in the last place) and its slope, for C-contiguous float64 arrays."""
    flat, values, slopes = z.reshape(-1), value.reshape(-1), slope.reshape(-1)
    work = np.empty((3, min(_CHUNK, flat.size)))
    index = np.empty(work.shape[1], np.int64)
    for start in range(0, flat.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        n = flat[part].size
        _tanh_by_table(flat[part], values[part], slopes[part], work[:, :n], index[:n])
    far = np.flatnonzero(slopes < _LOST)
    if far.size:
        slopes[far] = _tanh_slope_far(flat[far])


def _tanh_slope_far(z: Array) -> Array:
    """4 exp(-2|z|) as the 16th power of a float32 exponential, to 1 part in 10**4; 0 beyond |z| = 350, where it is
    below 1e-303 (subnormal numbers would cost a hundred times as much).
    """
    size = np.abs(z).astype(np.float32)
    root = np.exp(size * np.float32(-1 / 8)).astype(np.float64)
    root[size > 350] = 0
    for _ in range(4):
        np.multiply(root, root, out=root)
    return root * 4


def _tanh_by_table(z: Array, value: Array, slope: Array, work: Array, index: NDArray[np.int64]) -> None:
    b, grid, square = work
    np.maximum(z, -_EDGE, out=b)
    np.minimum(b, _EDGE, out=b)
    np.multiply(b, _STEPS, out=grid)
    np.add(grid, _ROUND, out=grid)
    np.subtract(grid.view(np.int64), _FIRST, out=index)
    np.subtract(grid, _ROUND, out=grid)
    np.multiply(grid, 1 / _STEPS, out=grid)
    np.subtract(b, grid, out=b)
    tanh_a = np.take(_TABLE, index, out=value, mode="clip")
    np.multiply(b, b, out=square)
    np.multiply(square, -17 / 315, out=grid)
    np.add(grid, 2 / 15, out=grid)
    np.multiply(grid, square, out=grid)
    np.subtract(grid, 1 / 3, out=grid)
    np.multiply(grid, square, out=grid)
    np.multiply(grid, b, out=grid)
    tanh_b = np.add(grid, b, out=b)
    np.multiply(tanh_a, tanh_b, out=square)
    np.add(square, 1, out=square)
    np.add(tanh_a, tanh_b, out=value)
    np.divide(value, square, out=value)
    np.subtract(1, value, out=slope)
    np.add(value, 1, out=square)
    np.multiply(slope, square, out=slope)
