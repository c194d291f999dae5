"""Rows of ACTIVATIONS: the identity and the functions with two bounds, softmax among them."""

import numpy as np
from numpy.typing import NDArray

from labkit.nn import kernels
from labkit.nn.activation import Activation
from labkit.nn.code import Code

Array = NDArray[np.float64]


def _between(z: Array, edge: float, inside: float) -> Array:
    """`inside` for |z| < edge, else 0; NaN stays NaN."""
    slope = np.where(np.abs(z) < edge, z.dtype.type(inside), z.dtype.type(0))
    kernels.keep_nan(z, slope)
    return slope


def _softsign(z: Array) -> Array:
    most = float(np.finfo(z.dtype).max) / 2  # 1 beyond, to the last digit
    near = np.clip(z, -most, most)
    value: Array = near / (1 + np.abs(near))
    return value


def _softsign_slope(z: Array) -> Array:
    slope: Array = (1 / (1 + np.abs(z))) ** 2
    return slope


def _shares(z: Array) -> tuple[Array, Array, NDArray[np.intp]]:
    """Softmax over the last axis, one minus it, and the place of the largest: nothing is lost in a difference."""
    top = np.argmax(z, axis=-1, keepdims=True)
    e = np.exp(z - np.take_along_axis(z, top, axis=-1))
    others = e.copy()
    np.put_along_axis(others, top, 0, axis=-1)
    rest = others.sum(axis=-1, keepdims=True)
    total = rest + 1
    without = total - e
    np.put_along_axis(without, top, rest, axis=-1)
    return e / total, without / total, top


def _softmax(z: Array) -> Array:
    return _shares(np.atleast_1d(z))[0].reshape(z.shape)


def _softmax_slope(z: Array) -> Array:
    share, without, _ = _shares(np.atleast_1d(z))
    slope: Array = (share * without).reshape(z.shape)
    return slope


def _softmax_vjp(z: Array, g: Array) -> Array:
    """s (g - sum s g), with g counted from the one at the largest share, which then drops out of the sum."""
    share, _, top = _shares(np.atleast_1d(z))
    from_top = g - np.take_along_axis(np.atleast_1d(g), top, axis=-1)
    back: Array = share * (from_top - np.sum(share * from_top, axis=-1, keepdims=True))
    return back.reshape(z.shape)


ROWS = (
    Activation(
        key="identity", label="identity", function=np.copy, derivative=np.ones_like,
        formula="z", source="no activation: the network is linear", fused=kernels.identity, torch_gain=1.0,
        code=Code("z", "np.ones_like(z)", "z.clone()"),
    ),
    Activation(
        key="sigmoid", label="sigmoid", function=kernels.sigmoid, derivative=kernels.sigmoid_slope,
        formula=r"\frac{1}{1 + e^{-z}}", source="Rumelhart, Hinton and Williams (1986), Learning representations "
        "by back-propagating errors", fused=kernels.sigmoid_fused, torch_gain=1.0,
        code=Code(
            "1 / (1 + np.exp(-z))", "0.5 / (1 + np.cosh(z))",
            "# torch.sigmoid(z) alone takes y (1 - y) for its slope, which is 0 from z = 37 on\n"
            "return torch.where(z < 0, torch.sigmoid(z), 1 - torch.sigmoid(-z))",
        ),
    ),
    Activation(
        key="tanh", label="tanh", function=np.tanh, derivative=kernels.tanh_slope,
        formula=r"\tanh z", source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, sec. 4.4",
        fused=kernels.tanh_fused, torch_gain=5 / 3,
        code=Code(
            "np.tanh(z)", "1 / np.cosh(z) ** 2",
            "# torch.tanh(z) alone takes 1 - y * y for its slope, which is 0 beyond |z| = 19\n"
            "far = torch.sign(z) * (1 - 2 * torch.sigmoid(-2 * z.abs()))\n"
            "return torch.where(z.abs() < 2, torch.tanh(z), far)",
        ),
    ),
    Activation(
        key="hardsigmoid", label="hard sigmoid", function=lambda z: np.clip(z + 3, 0, 6) / 6,
        derivative=lambda z: _between(z, 3, 1 / 6), formula=r"\frac{\min(\max(0, z + 3), 6)}{6}",
        source="Howard et al. (2019), Searching for MobileNetV3, sec. 5.2; slope 0 at z = -3 and 3 as in PyTorch",
        kinks=(-3.0, 3.0),
        code=Code("np.clip(z + 3, 0, 6) / 6", "np.where(np.abs(z) < 3, 1 / 6, 0.0)", "F.relu6(z + 3) / 6"),
    ),
    Activation(
        key="hardtanh", label="hard tanh", function=lambda z: np.clip(z, -1, 1), derivative=lambda z: _between(z, 1, 1),
        formula=r"\min(\max(-1, z), 1)", source="Collobert et al. (2011), Natural language processing (almost) from "
        "scratch; slope 0 at z = -1 and 1 as in PyTorch", kinks=(-1.0, 1.0),
        code=Code("np.clip(z, -1, 1)", "np.where(np.abs(z) < 1, 1.0, 0.0)", "F.hardtanh(z)"),
    ),
    Activation(
        key="softsign", label="softsign", function=_softsign, derivative=_softsign_slope,
        formula=r"\frac{z}{1 + |z|}", source="Bergstra, Desjardins, Lamblin and Bengio (2009), Quadratic polynomials "
        "learn better image features; Glorot and Bengio (2010), sec. 3.3", kinks=(0.0,),
        code=Code("z / (1 + np.abs(z))", "1 / (1 + np.abs(z)) ** 2", "F.softsign(z)"),
    ),
    Activation(
        key="softmax", label="softmax", function=_softmax, derivative=_softmax_slope, jacobian_product=_softmax_vjp,
        formula=r"\frac{e^{z_i}}{\sum_j e^{z_j}}", source="Bridle (1990), Probabilistic interpretation of feedforward "
        "classification network outputs, with relationships to statistical pattern recognition",
        code=Code(
            "e = np.exp(z - z.max(axis=-1, keepdims=True))\nreturn e / e.sum(axis=-1, keepdims=True)",
            "s = f(z)\nreturn s * (1 - s)", "torch.softmax(z, dim=-1)",
            back="s = f(z)\nreturn s * (g - (s * g).sum(axis=-1, keepdims=True))",
            torch_slope="s = f(z)\nreturn s * (1 - s)",
        ),
    ),
)  # fmt: skip
