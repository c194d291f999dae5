"""Activations that the theory's tests need, written here and nowhere else, so that they share no code with labkit."""

import numpy as np
from scipy.special import erf, expit

from labkit.nn.activations import ACTIVATIONS, Activation, Alpha


def row(key, function, derivative, **fields):
    return Activation(key, key, function, derivative, formula=key, source="a test", **fields)


ERF = row("erf", erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-z * z))
GELU = row(
    "gelu", lambda z: z * 0.5 * (1 + erf(z / np.sqrt(2))),
    lambda z: 0.5 * (1 + erf(z / np.sqrt(2))) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
)  # fmt: skip
SILU = row("silu", lambda z: z * expit(z), lambda z: expit(z) * (1 + z * (1 - expit(z))))
SOFTPLUS = row("softplus", lambda z: np.logaddexp(z, 0), expit)
ELU = row(
    "elu", lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z: np.exp(np.minimum(z, 0)), kinks=(0,),
)  # fmt: skip
SELU = row(
    "selu", lambda z: 1.0507009873554804934 * np.where(z > 0, z, 1.6732632423543772848 * np.expm1(np.minimum(z, 0))),
    lambda z: 1.0507009873554804934 * np.where(z > 0, 1, 1.6732632423543772848 * np.exp(np.minimum(z, 0))), kinks=(0,),
)  # fmt: skip
RELU6 = row("relu6", lambda z: np.clip(z, 0, 6), lambda z: 1.0 * ((z > 0) & (z < 6)), kinks=(0, 6))
HARDSWISH = row(
    "hardswish", lambda z: z * np.clip(z + 3, 0, 6) / 6,
    lambda z: np.where(np.abs(z) < 3, (2 * z + 3) / 6, 1.0 * (z >= 3)), kinks=(-3, 3),
)  # fmt: skip
SOFTSIGN = row("softsign", lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2, kinks=(0,))
HARDTANH = row("hardtanh", lambda z: np.clip(z, -1, 1), lambda z: 1.0 * (np.abs(z) < 1), kinks=(-1, 1))
SINE = row("sine", np.sin, np.cos)
RAMP = row("ramp", lambda z, a: np.where(z > 0, z, a * z), lambda z, a: np.where(z > 0, 1.0, a), kinks=(0,),
           alpha=Alpha("slope", 0.2))  # fmt: skip
HINGE = row("hinge", lambda z: np.maximum(z - 0.7, 0), lambda z: 1.0 * (z > 0.7), kinks=(0.7,))  # no binary fraction
EXTRA = (HINGE, ERF, GELU, SILU, SOFTPLUS, ELU, SELU, RELU6, HARDSWISH, SOFTSIGN, HARDTANH, SINE, RAMP)
KNOWN = {r.key for r in EXTRA}
ALL = (*EXTRA, *(r for key, r in ACTIVATIONS.items() if key not in KNOWN and key != "softmax"))
