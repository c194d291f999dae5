"""Batch normalization: each unit's values over the batch are brought to mean 0 and variance 1, then gamma x + beta.

Ioffe and Szegedy (2015), Batch normalization: accelerating deep network training by reducing internal covariate shift.
Shapes: values are (batch, width); gamma, beta, means and variances are (width,).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EPSILON = 1e-5
"""Added to the variance, as in PyTorch: a layer of variance v leaves with v / (v + EPSILON)."""
MOMENTUM = 0.1
"""Share of the newest batch in the running mean and variance, as in PyTorch."""


def normalize(values: Array, gamma: Array, beta: Array, hat: Array, out: Array) -> tuple[Array, Array, Array]:
    """Training mode: by the batch's own mean and variance, into `out`, which may be `values`.

    `hat` keeps the values before gamma and beta. Returns mean, variance and 1 / sqrt(variance + EPSILON).
    """
    mean = np.mean(values, axis=0)
    np.subtract(values, mean, out=hat)
    variance: Array = np.einsum("bi,bi->i", hat, hat)
    variance /= len(values)
    scale: Array = 1 / np.sqrt(variance + EPSILON)
    hat *= scale
    np.multiply(hat, gamma, out=out)
    out += beta
    return mean, variance, scale


def normalize_by(values: Array, mean: Array, variance: Array, gamma: Array, beta: Array, out: Array) -> None:
    """Evaluation mode: by the running mean and variance, into `out`, which may be `values`."""
    scale = gamma / np.sqrt(variance + EPSILON)
    np.multiply(values, scale, out=out)
    out += beta - mean * scale


def move_on(running_mean: Array, running_variance: Array, mean: Array, variance: Array, batch: int) -> None:
    """Take a batch into the running statistics; its variance counts with batch - 1 for the divisor, as in PyTorch."""
    running_mean += MOMENTUM * (mean - running_mean)
    running_variance += MOMENTUM * (variance * (batch / max(batch - 1, 1)) - running_variance)


def back(g: Array, hat: Array, scale: Array, gamma: Array, by_gamma: Array, by_beta: Array, out: Array) -> None:
    """The gradient's way back through `normalize`: `out` gets dC/dvalues from g = dC/dout, and may be g.

    `by_gamma` and `by_beta` get dC/dgamma and dC/dbeta. `hat` is used up.
    """
    np.einsum("bi,bi->i", g, hat, out=by_gamma)
    np.sum(g, axis=0, out=by_beta)
    hat *= by_gamma / len(g)
    np.subtract(g, hat, out=out)
    out -= by_beta / len(g)
    out *= gamma * scale
