"""Softmax with cross-entropy for one sample, exact at the ends: large logits, shares that underflow.

Shapes: logits (classes,). With u = z / T: p_i = e^(u_i) / sum_j e^(u_j), C = -log p_t, dC/du = p - y.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import ACTIVATIONS

Array = NDArray[np.float64]
_SOFTMAX = ACTIVATIONS["softmax"]


@dataclass(frozen=True)
class Shares:
    """What softmax makes of logits: shares p, and the natural logarithms of p and of 1 - p, (classes,); the target's
    loss.

    `gradient` is dC/du = p - y of the cross-entropy, `squared` du of half the squared error |p - y|^2; dC/dz is
    either one divided by the temperature.
    """

    p: Array
    log_p: Array
    log_rest: Array
    loss: float
    gradient: Array
    squared: Array


def softmax(z: Array, temperature: float = 1.0) -> Array:
    """Shares at a temperature; the largest logit is taken off first, so that nothing overflows."""
    return _SOFTMAX.function((z - z.max()) / temperature)


def shares(z: Array, target: int, temperature: float = 1.0) -> Shares:
    """Softmax of the logits and its cross-entropy with the class `target` (from 0)."""
    u = (z - z.max()) / temperature
    p = _SOFTMAX.function(u)
    gradient = p.copy()
    gradient[target] = -np.delete(p, target).sum()  # p - 1 would lose all its digits where p is nearly 1
    top = int(u.argmax())
    log_p = u - np.log1p(np.exp(np.delete(u, top)).sum())
    log_rest = np.log1p(-np.where(np.arange(len(z)) == top, 0.0, p))
    log_rest[top] = np.logaddexp.reduce(np.delete(log_p, top))
    return Shares(p, log_p, log_rest, float(-log_p[target]), gradient, _SOFTMAX.vjp(u, gradient))


def naive(z: Array, temperature: float = 1.0) -> Array:
    """e^u / sum e^u as it is written: infinite and not a number where e^u overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z / temperature)
        found: Array = e / e.sum()
    return found
