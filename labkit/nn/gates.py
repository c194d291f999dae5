"""Rows of ACTIVATIONS: softplus, and the gated units z * gate(z).

Far left a gate is tiny and the product with it is kept to full relative precision; beyond the place where the gate
underflows, z is clipped, so that -inf gives 0 and no NaN.
"""

from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from labkit.nn import kernels
from labkit.nn.activation import Activation, Alpha

Array = NDArray[np.float64]


def _gelu(z: Array) -> Array:
    from scipy.special import ndtr  # only now: `import labkit` loads no SciPy

    value: Array = np.maximum(z, -40) * ndtr(z)
    return value


def _gelu_slope(z: Array) -> Array:
    from scipy.special import ndtr

    near = np.clip(z, -40, 40)
    slope: Array = ndtr(z) + near * np.exp(-near * near / 2) / sqrt(2 * pi)
    return slope


_CUBE = 0.044715  # of the paper


def _tanh_argument(z: Array) -> Array:
    """2 u, where 0.5 (1 + tanh(u)) = sigmoid(2 u)."""
    double: Array = 2 * sqrt(2 / pi) * z * (1 + _CUBE * z * z)
    return double


def _gelu_tanh(z: Array) -> Array:
    near = np.clip(z, -100, 100)
    value: Array = np.maximum(z, -100) * kernels.sigmoid(_tanh_argument(near))
    return value


def _gelu_tanh_slope(z: Array) -> Array:
    near = np.clip(z, -100, 100)
    double = _tanh_argument(near)
    inner = 2 * sqrt(2 / pi) * (1 + 3 * _CUBE * near * near)
    slope: Array = kernels.sigmoid(double) + near * kernels.sigmoid_slope(double) * inner
    return slope


def _gate(z: Array, beta: float) -> Array:
    """Beta z, within +-800: the sigmoid is 0 or 1 beyond."""
    most = min(800 / beta, float(np.finfo(z.dtype).max))
    gate: Array = beta * np.clip(z, -most, most)
    return gate


def _silu(z: Array, beta: float) -> Array:
    if beta == 0:
        return z / 2
    most = min(800 / beta, float(np.finfo(z.dtype).max))
    value: Array = np.maximum(z, -most) * kernels.sigmoid(_gate(z, beta))
    return value


def _silu_slope(z: Array, beta: float) -> Array:
    if beta == 0:
        slope = np.full_like(z, 0.5)
        kernels.keep_nan(z, slope)
        return slope
    gate = _gate(z, beta)
    silu_slope: Array = kernels.sigmoid(gate) + gate * kernels.sigmoid_slope(gate)
    return silu_slope


def _hardswish(z: Array) -> Array:
    value: Array = np.maximum(z, -3) * (np.clip(z + 3, 0, 6) / 6)
    return value


def _hardswish_slope(z: Array) -> Array:
    slope = np.where(z < 3, np.clip(z, -3, 3) / 3 + z.dtype.type(0.5), z.dtype.type(1))
    slope[z <= -3] = 0
    kernels.keep_nan(z, slope)
    return slope


def softplus(z: Array) -> Array:
    """log(1 + exp(z)), to full relative precision in both tails."""
    value: Array = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return value


def _mish_parts(z: Array) -> tuple[Array, Array]:
    """tanh(softplus(z)) and one minus it, without a difference: with n = e^z (e^z + 2) they are n and 2 over n + 2."""
    e = np.exp(-np.abs(z))
    above = np.where(z < 0, e * (e + 2), 1 + 2 * e)  # for z > 0 both are divided by e^(2 z)
    two = np.where(z < 0, z.dtype.type(2), 2 * e * e)
    return above / (above + two), two / (above + two)


def _mish(z: Array) -> Array:
    value: Array = np.maximum(z, -800) * _mish_parts(z)[0]
    return value


def _mish_slope(z: Array) -> Array:
    near = np.clip(z, -800, 800)
    t, rest = _mish_parts(near)
    slope: Array = t + near * rest * (1 + t) * kernels.sigmoid(near)
    return slope


ROWS = (
    Activation(
        key="gelu", label="GELU", function=_gelu, derivative=_gelu_slope,
        formula=r"z\,\Phi(z) = \frac{z}{2}\left(1 + \operatorname{erf}(z / \sqrt{2})\right)",
        source="Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs), sec. 2",
    ),
    Activation(
        key="gelu_tanh", label="GELU (tanh form)", function=_gelu_tanh, derivative=_gelu_tanh_slope,
        formula=r"\frac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)\right)",
        source="Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs), sec. 2; PyTorch's "
        "approximate='tanh'",
    ),
    Activation(
        key="silu", label="SiLU (Swish)", function=_silu, derivative=_silu_slope,
        formula=r"\frac{z}{1 + e^{-\beta z}}", source="Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units "
        "for neural network function approximation in reinforcement learning; with beta: Ramachandran, Zoph and Le "
        "(2017), Searching for activation functions",
        alpha=Alpha("the gate's steepness", default=1.0, high=10.0, name="beta"),
    ),
    Activation(
        key="hardswish", label="hard Swish", function=_hardswish, derivative=_hardswish_slope,
        formula=r"z\,\frac{\min(\max(0, z + 3), 6)}{6}",
        source="Howard et al. (2019), Searching for MobileNetV3, sec. 5.2; slopes 0 at z = -3 and 1 at z = 3 as in "
        "PyTorch since its pull request 148049 (before it: -0.5 and 1.5)", kinks=(-3.0, 3.0),
    ),
    Activation(
        key="softplus", label="softplus", function=softplus, derivative=kernels.sigmoid,
        formula=r"\log(1 + e^z)", source="Dugas, Bengio, Bélisle, Nadeau and Garcia (2001), Incorporating second-order "
        "functional knowledge for better option pricing",
    ),
    Activation(
        key="mish", label="Mish", function=_mish, derivative=_mish_slope,
        formula=r"z \tanh(\log(1 + e^z))",
        source="Misra (2020), Mish: a self regularized non-monotonic activation function",
    ),
)  # fmt: skip
