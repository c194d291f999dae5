"""Rows of ACTIVATIONS: the rectifiers, and the exponential units that grew out of them.

At a kink every slope here is PyTorch's, which is the one on the left (at 6: 0, the one on the right).
"""

import numpy as np
from numpy.typing import NDArray

from labkit.nn import kernels
from labkit.nn.activation import Activation, Alpha, InTraining
from labkit.nn.code import Code

Array = NDArray[np.float64]

RRELU_RANGE = (1 / 8, 1 / 3)
RRELU_SLOPE = sum(RRELU_RANGE) / 2
SELU_ALPHA = 1.6732632423543772848
SELU_LAMBDA = 1.0507009873554804935


def _between(z: Array, low: float, high: float, inside: float) -> Array:
    """`inside` for low < z < high, else 0; NaN stays NaN."""
    slope = np.where((z > low) & (z < high), z.dtype.type(inside), z.dtype.type(0))
    kernels.keep_nan(z, slope)
    return slope


def _leaky_relu6_slope(z: Array, alpha: float) -> Array:
    slope = np.where(z < 6, kernels.leaky_relu_slope(z, alpha), z.dtype.type(0))
    kernels.keep_nan(z, slope)
    return slope


def _elu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def _elu_slope(z: Array, alpha: float) -> Array:
    slope = np.where(z > 0, z.dtype.type(1), alpha * np.exp(np.minimum(z, 0)))
    kernels.keep_nan(z, slope)
    return slope


def _selu(z: Array) -> Array:
    with np.errstate(over="ignore"):  # the largest number times lambda
        return np.where(z > 0, SELU_LAMBDA * z, _elu(z, SELU_ALPHA * SELU_LAMBDA))


def _selu_slope(z: Array) -> Array:
    slope = np.where(z > 0, z.dtype.type(SELU_LAMBDA), SELU_ALPHA * SELU_LAMBDA * np.exp(np.minimum(z, 0)))
    kernels.keep_nan(z, slope)
    return slope


def _scaled(z: Array, alpha: float) -> Array:
    """min(z, 0) / alpha, not below -1000: its exponential is 0 there. `alpha` > 0."""
    scaled: Array = np.maximum(np.minimum(z, 0), -1000 * alpha) / alpha
    return scaled


def _celu(z: Array, alpha: float) -> Array:
    if alpha == 0:  # the limit
        return np.maximum(z, 0)
    return np.where(z > 0, z, alpha * np.expm1(_scaled(z, alpha)))


def _celu_slope(z: Array, alpha: float) -> Array:
    if alpha == 0:
        return kernels.relu_slope(z)
    slope = np.where(z > 0, z.dtype.type(1), np.exp(_scaled(z, alpha)))
    kernels.keep_nan(z, slope)
    return slope


def _sloped(z: Array, a: Array, value: Array, slope: Array) -> None:
    """Z and 1 for z > 0, a z and a otherwise; `a` broadcasts to z."""
    np.copyto(slope, a)
    np.copyto(slope, 1.0, where=z > 0)
    np.multiply(z, slope, out=value)


_LEAKY = "np.where(z > 0, z, alpha * z)", "np.where(z > 0, 1.0, alpha)"
_SLOPED = Code(*_LEAKY, "torch.where(z > 0, z, alpha * z)")

ROWS = (
    Activation(
        key="relu", label="ReLU", function=lambda z: np.maximum(z, 0), derivative=kernels.relu_slope,
        formula=r"\max(0, z)", source="Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann "
        "machines; slope 0 at z = 0 as in PyTorch", kinks=(0.0,), fused=kernels.relu_fused, torch_gain=2**0.5,
        code=Code("np.maximum(z, 0)", "np.where(z > 0, 1.0, 0.0)", "F.relu(z)"),
    ),
    Activation(
        key="leaky_relu", label="leaky ReLU", function=kernels.leaky_relu, derivative=kernels.leaky_relu_slope,
        formula=r"z \text{ for } z > 0,\ \alpha z \text{ otherwise}",
        source="Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models; slope "
        "alpha at z = 0 as in PyTorch", alpha=Alpha("slope for z < 0", default=0.01), kinks=(0.0,),
        torch_gain=lambda alpha: (2 / (1 + alpha**2)) ** 0.5,
        code=Code(*_LEAKY, "F.leaky_relu(z, alpha)"),
    ),
    Activation(
        key="prelu", label="PReLU", function=kernels.leaky_relu, derivative=kernels.leaky_relu_slope,
        formula=r"z \text{ for } z > 0,\ \alpha z \text{ otherwise; } \alpha \text{ is learned}",
        source="He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, sec. 2.1, started at 0.25; slope alpha "
        "at z = 0 as in PyTorch", alpha=Alpha("first slope for z < 0", default=0.25), kinks=(0.0,),
        in_training=InTraining(
            _sloped, by_slope=lambda z: np.minimum(z, 0), code=_SLOPED, by_slope_code="np.minimum(z, 0)",
        ),
        code=Code(*_LEAKY, "F.leaky_relu(z, alpha)"),
    ),
    Activation(
        key="rrelu", label="RReLU", function=lambda z: kernels.leaky_relu(z, RRELU_SLOPE),
        derivative=lambda z: kernels.leaky_relu_slope(z, RRELU_SLOPE),
        formula=r"z \text{ for } z > 0,\ a z \text{ otherwise},\ a \sim U(1/8, 1/3)"
        r"\text{ in training},\ a = 11/48 \text{ after}",
        source="Xu, Wang, Chen and Li (2015), Empirical evaluation of rectified activations in convolutional network; "
        "range [1/8, 1/3] and the mean slope in evaluation as in PyTorch", kinks=(0.0,),
        in_training=InTraining(_sloped, uniform=RRELU_RANGE, code=_SLOPED),
        code=Code("np.where(z > 0, z, 11 / 48 * z)", "np.where(z > 0, 1.0, 11 / 48)", "F.leaky_relu(z, 11 / 48)"),
    ),
    Activation(
        key="relu6", label="ReLU6", function=lambda z: np.clip(z, 0, 6), derivative=lambda z: _between(z, 0, 6, 1),
        formula=r"\min(\max(0, z), 6)", source="Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10; "
        "slope 0 at z = 0 and 6 as in PyTorch", kinks=(0.0, 6.0),
        code=Code("np.clip(z, 0, 6)", "np.where((z > 0) & (z < 6), 1.0, 0.0)", "F.relu6(z)"),
    ),
    Activation(
        key="leaky_relu6", label="leaky ReLU6", function=lambda z, alpha: np.minimum(kernels.leaky_relu(z, alpha), 6),
        derivative=_leaky_relu6_slope, formula=r"\min(\max(\alpha z, z), 6)",
        source="leaky ReLU (Maas, Hannun and Ng, 2013) with ReLU6's bound (Krizhevsky, 2010); slopes alpha at z = 0 "
        "and 0 at z = 6 as in PyTorch's leaky_relu and relu6", alpha=Alpha("slope for z < 0", default=0.01),
        kinks=(0.0, 6.0),
        code=Code(
            "np.minimum(np.where(z > 0, z, alpha * z), 6)", "np.where(z < 6, np.where(z > 0, 1.0, alpha), 0.0)",
            "torch.where(z < 6, F.leaky_relu(z, alpha), 6.0)",
        ),
    ),
    Activation(
        key="elu", label="ELU", function=_elu, derivative=_elu_slope,
        formula=r"z \text{ for } z > 0,\ \alpha (e^z - 1) \text{ otherwise}",
        source="Clevert, Unterthiner and Hochreiter (2016), Fast and accurate deep network learning by exponential "
        "linear units (ELUs); slope alpha at z = 0 as in PyTorch",
        alpha=Alpha("minus the value far left", default=1.0, high=5.0), kinks=(0.0,),
        code=Code(
            "np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))",
            "np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))", "F.elu(z, alpha)",
        ),
    ),
    Activation(
        key="selu", label="SELU", function=_selu, derivative=_selu_slope,
        formula=r"\lambda z \text{ for } z > 0,\ \lambda \alpha (e^z - 1) \text{ otherwise},\ "
        r"\lambda = 1.0507\ldots,\ \alpha = 1.6732\ldots",
        source="Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-normalizing neural networks; slope "
        "lambda alpha at z = 0 as in PyTorch", kinks=(0.0,), torch_gain=3 / 4,
        code=Code(
            f"{SELU_LAMBDA} * np.where(z > 0, z, {SELU_ALPHA} * np.expm1(np.minimum(z, 0)))",
            f"{SELU_LAMBDA} * np.where(z > 0, 1.0, {SELU_ALPHA} * np.exp(np.minimum(z, 0)))", "F.selu(z)",
        ),
    ),
    Activation(
        key="celu", label="CELU", function=_celu, derivative=_celu_slope,
        formula=r"\max(0, z) + \min(0, \alpha (e^{z/\alpha} - 1))",
        source="Barron (2017), Continuously differentiable exponential linear units; alpha = 0 is its limit, ReLU",
        alpha=Alpha("minus the value far left", default=1.0, high=5.0), kinks=(0.0,),
        code=Code(
            "if alpha == 0:  # the limit\n    return np.maximum(z, 0)\n"
            "return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0) / alpha))",
            "if alpha == 0:  # the limit\n    return np.where(z > 0, 1.0, 0.0)\n"
            "return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0) / alpha))",
            "return alpha * F.elu(z / alpha) if alpha else F.relu(z)  # F.celu takes a float32 1 / alpha",
        ),
    ),
)  # fmt: skip
