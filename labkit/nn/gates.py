"""Rows of ACTIVATIONS: softplus, and the gated units z * gate(z).

Far left a gate is tiny and the product with it is kept to full relative precision; beyond the place where the gate
underflows, z is clipped, so that -inf gives 0 and no NaN.
"""

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn import kernels
from labkit.nn.activation import Activation, Alpha
from labkit.nn.code import Code

Array = NDArray[np.float64]
_Parts = Callable[[Array, Any, Array, Array], None]
_CHUNK = 2**13  # values at a time: their work arrays stay in the cache


def _whole(parts: _Parts) -> dict[str, Any]:
    """Function, derivative and fused form of a row, all from `parts(z, alpha, value, slope)` for flat arrays."""

    def fused(z: Array, alpha: float | None, value: Array, slope: Array) -> None:
        flat, values, slopes = z.reshape(-1), value.reshape(-1), slope.reshape(-1)
        with np.errstate(over="ignore"):  # exp(-z) far left, where the gate is 0
            for start in range(0, flat.size, _CHUNK):
                part = slice(start, start + _CHUNK)
                parts(flat[part], alpha, values[part], slopes[part])

    def both(z: Array, alpha: float | None = None) -> tuple[Array, Array]:
        value, slope = np.empty(z.shape, z.dtype), np.empty(z.shape, z.dtype)
        fused(z, alpha, value, slope)
        return value, slope

    return {
        "function": lambda z, *alpha: both(z, *alpha)[0], "derivative": lambda z, *alpha: both(z, *alpha)[1],
        "fused": fused,
    }  # fmt: skip


def _gelu(z: Array, _alpha: None, value: Array, slope: Array) -> None:
    from scipy.special import ndtr  # only now: `import labkit` loads no SciPy

    gate = ndtr(z)
    np.multiply(np.maximum(z, -40), gate, out=value)
    near = np.clip(z, -40, 40)
    np.add(gate, near * np.exp(-near * near / 2) / sqrt(2 * pi), out=slope)


def _logistic(z: Array) -> tuple[Array, Array]:
    """1 / (1 + exp(-z)) and its slope."""
    e = np.exp(-z)
    gate = 1 / (1 + e)
    return gate, gate * (np.minimum(e, np.finfo(z.dtype).max) * gate)  # far left it is 0, not 0 times infinity


_CUBE = 0.044715  # of the paper


def _gelu_tanh(z: Array, _alpha: None, value: Array, slope: Array) -> None:
    """0.5 (1 + tanh(u)) is the logistic of 2 u."""
    near = np.clip(z, -100, 100)
    square = _CUBE * near * near
    gate, steep = _logistic(2 * sqrt(2 / pi) * near * (1 + square))
    np.multiply(np.maximum(z, -100), gate, out=value)
    np.add(gate, near * steep * (2 * sqrt(2 / pi) * (1 + 3 * square)), out=slope)


def _silu(z: Array, beta: float, value: Array, slope: Array) -> None:
    if beta == 0:
        np.divide(z, 2, out=value)
        slope.fill(0.5)
        kernels.keep_nan(z, slope)
        return
    most = min(800 / beta, float(np.finfo(z.dtype).max))
    scaled = beta * np.clip(z, -most, most)
    gate, steep = _logistic(scaled)
    np.multiply(np.maximum(z, -most), gate, out=value)
    np.add(gate, scaled * steep, out=slope)


def _mish(z: Array, _alpha: None, value: Array, slope: Array) -> None:
    """tanh(softplus(z)) without a difference: with e = exp(z) it is e (e + 2) / (e (e + 2) + 2); 1 beyond z = 40."""
    near = np.clip(z, -800, 40)
    e = np.exp(near)
    above = e * (e + 2)
    below = above + 2
    gate = above / below
    np.multiply(np.maximum(z, -800), gate, out=value)
    np.add(gate, near * (4 * e / below) * ((1 + e) / below), out=slope)


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


_CDF = "0.5 * np.vectorize(math.erfc, otypes=[float])(-z / np.sqrt(2))  # NumPy has no erf"

ROWS = (
    Activation(
        key="gelu", label="GELU", **_whole(_gelu),
        formula=r"z\,\Phi(z) = \frac{z}{2}\left(1 + \operatorname{erf}(z / \sqrt{2})\right)",
        source="Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs)",
        code=Code(
            f"cdf = {_CDF}\nreturn z * cdf",
            f"cdf = {_CDF}\nreturn cdf + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)",
            "z * 0.5 * torch.erfc(-z / math.sqrt(2))",
        ),
    ),
    Activation(
        key="gelu_tanh", label="GELU (tanh form)", **_whole(_gelu_tanh),
        formula=r"\frac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)\right)",
        source="Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs); PyTorch's approximate='tanh'",
        code=Code(
            f"u = np.sqrt(2 / np.pi) * (z + {_CUBE} * z**3)\nreturn z / (1 + np.exp(-2 * u))",
            "z = np.clip(z, -100, 100)  # beyond, the gate is 0 or 1\n"
            f"u = np.sqrt(2 / np.pi) * (z + {_CUBE} * z**3)\ngate = 1 / (1 + np.exp(-2 * u))  # 0.5 (1 + tanh u)\n"
            f"return gate + 2 * z * gate * (1 - gate) * np.sqrt(2 / np.pi) * (1 + {3 * _CUBE} * z**2)",
            "near = z.clamp(-100, 100)  # beyond, the gate is 0 or 1\n"
            f"u = math.sqrt(2 / math.pi) * (near + {_CUBE} * near**3)\n"
            "return z * torch.exp(F.logsigmoid(2 * u))  # 0.5 (1 + tanh u)",
        ),
    ),
    Activation(
        key="silu", label="SiLU (Swish)", **_whole(_silu),
        formula=r"\frac{z}{1 + e^{-\beta z}}", source="Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units "
        "for neural network function approximation in reinforcement learning; with beta: Ramachandran, Zoph and Le "
        "(2017), Searching for activation functions",
        alpha=Alpha("the gate's steepness", default=1.0, high=10.0, name="beta"),
        code=Code(
            "z / (1 + np.exp(-alpha * z))",
            "gate = 1 / (1 + np.exp(-alpha * z))\nreturn gate + alpha * z * gate * (1 - gate)",
            "z * torch.exp(F.logsigmoid(alpha * z))  # its gate keeps its slope far out",
        ),
    ),
    Activation(
        key="hardswish", label="hard Swish", function=_hardswish, derivative=_hardswish_slope,
        formula=r"z\,\frac{\min(\max(0, z + 3), 6)}{6}",
        source="Howard et al. (2019), Searching for MobileNetV3, sec. 5.2; slopes 0 at z = -3 and 1 at z = 3 as in "
        "PyTorch since its pull request 148049 (before it: -0.5 and 1.5)", kinks=(-3.0, 3.0),
        code=Code(
            "z * np.clip(z + 3, 0, 6) / 6", "np.where(z > -3, np.where(z < 3, z / 3 + 0.5, 1.0), 0.0)",
            "F.hardswish(z)",
        ),
    ),
    Activation(
        key="softplus", label="softplus", function=softplus, derivative=kernels.sigmoid,
        formula=r"\log(1 + e^z)", source="Dugas, Bengio, Bélisle, Nadeau and Garcia (2001), Incorporating second-order "
        "functional knowledge for better option pricing",
        code=Code("np.logaddexp(z, 0)", "1 / (1 + np.exp(-z))", "F.softplus(z, threshold=40)"),
    ),
    Activation(
        key="mish", label="Mish", **_whole(_mish),
        formula=r"z \tanh(\log(1 + e^z))",
        source="Misra (2020), Mish: a self regularized non-monotonic activation function",
        code=Code(
            "z * np.tanh(np.logaddexp(z, 0))",
            "gate = np.tanh(np.logaddexp(z, 0))\nreturn gate + z * (1 - gate**2) / (1 + np.exp(-z))",
            "z * torch.tanh(F.softplus(z, threshold=40))",
        ),
    ),
)  # fmt: skip
