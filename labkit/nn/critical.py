"""Criticality: the standard deviation of the weights with chi_1 = 1, and the critical line.

Critical line, parametrised by q: sigma_w**2 = 1 / E f'(z)**2 and sigma_b**2 = q - sigma_w**2 E f(z)**2 with
z ~ N(0, q). Source: Schoenholz et al. (2017), Deep information propagation.
"""

from functools import lru_cache
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labkit.nn.activations import Activation
from labkit.nn.expectations import ExpectationTable, expectation_table
from labkit.nn.network import Network
from labkit.nn.validity import unfit_layers

Array = NDArray[np.float64]
LOG_S = (log(2.0**-19), log(2.0**12))
"""Where critical points are looked for: s = sqrt(q) from 2e-6 to 4096."""
POINTS = 400
CRITICAL = 1e-9


class Critical(NamedTuple):
    """The standard deviation of the weights with chi_1 = 1 at a stable q, or None with the reason in words.

    `q` is the variance there (0: the limit of small variance).
    """

    std: float | None
    q: float | None
    reason: str | None


def critical(network: Network) -> Critical:
    """Where `network` would be critical: at its own biases, with q stable."""
    net = network
    reason = unfit_layers(net)
    if reason:
        return Critical(None, None, reason)
    point = critical_point(net.activation_row, net.alpha, net.bias_mean, net.bias_std)
    return point._replace(std=point.std / sqrt(net.width)) if point.std is not None else point


def critical_std(network: Network) -> float | None:
    """The std of the weights with chi_1(q*) = 1 at the network's bias, q* stable; None: see critical(network).reason.

    It is no promise that nothing dies: tanh without bias still shrinks as 1/sqrt(layer).

    >>> critical_std(Network(activation="relu")).__round__(6)
    0.141421
    """
    return critical(network).std


@lru_cache(maxsize=1024)
def critical_point(activation: Activation, alpha: float | None, mean: float, sigma_b: float) -> Critical:
    """As `critical`, with sigma_w in place of std."""
    table = expectation_table(activation, alpha, mean)
    x = np.linspace(*LOG_S, POINTS)
    excess = _excess(table, x, sigma_b)
    if not sigma_b and not mean and np.abs(excess).max() < CRITICAL:  # a rectifier: its chi_1 is 1 for every q
        return Critical(1 / float(table.at(np.ones(1)).slope[0]), None, None)
    found = []
    for i in np.flatnonzero((excess[:-1] < 0) != (excess[1:] < 0)):
        low, high, sign = x[i], x[i + 1], excess[i] < 0
        for _ in range(60):
            middle = (low + high) / 2
            if (_excess(table, np.array([middle]), sigma_b)[0] < 0) == sign:
                low = middle
            else:
                high = middle
        found.append(float(np.exp(low)))
    stable = [s for s in found if _stable(table, sigma_b, s)]
    if stable:
        s = stable[0]
        return Critical(1 / float(table.at(np.array([s])).slope[0]), s * s, None)
    small = None if sigma_b or mean else _limit(table, excess)
    if small is not None and small.reason is None:
        return small
    return Critical(None, None, small.reason if small and not found else _why(found, excess))


def _excess(table: ExpectationTable, x: Array, sigma_b: float) -> Array:
    """(sigma_b**2 + sigma_w**2 E f**2 - q) / q with sigma_w**2 = 1 / E f'**2: zero on the critical line; x = log s."""
    s = np.exp(x)
    e = table.at(s)
    with np.errstate(all="ignore"):
        result: Array = (sigma_b / s) ** 2 + (e.rms / (e.slope * s)) ** 2 - 1
    return np.where(np.isnan(result), np.inf, result)


def _stable(table: ExpectationTable, sigma_b: float, s: float) -> bool:
    """Whether d q'/d q is below 1 at s, with sigma_w critical there; it is never below -1/2."""
    h = 1e-3
    low, middle, high = (table.at(np.array([s * np.exp(step)])) for step in (-h, 0.0, h))
    sigma_w2 = 1 / float(middle.slope[0]) ** 2
    slope = sigma_w2 * float(high.rms[0] ** 2 - low.rms[0] ** 2) / (4 * h * s * s)
    return slope < 1


def _limit(table: ExpectationTable, excess: Array) -> Critical | None:
    """The critical point at q = 0, where f(z) = a z + ...: stable if at that sigma_w the variance falls from above."""
    e = table.at(np.array([2.0**-20, 0.25, 2.0**-4]))
    a = float(e.slope[0])
    if abs(excess[0]) > 1e-6 or not a:
        return None
    if ((e.rms[1:] / a) ** 2 < np.array([0.25, 2.0**-4]) ** 2).all():
        return Critical(1 / a, 0.0, None)
    where = f"chi_1 = 1 is met only at sigma_w = {1 / a:.4g} in the limit of small variance"
    return Critical(None, None, f"{where}, which is unstable: q grows")


def _why(found: list[float], excess: Array) -> str:
    if found:
        return f"chi_1 = 1 is met only at an unstable variance, q = {found[0] ** 2:.4g}: q runs away from it"
    way = "grows" if np.all(excess > 0) else "shrinks"
    return f"with the weights that make chi_1 = 1 at a variance, that variance {way}: there is no fixed point"


def critical_line(activation: Activation, alpha: float | None, q_values: ArrayLike) -> tuple[Array, Array]:
    """sigma_w and sigma_b of the critical line, each of the shape of `q_values` > 0 (without a mean of the biases).

    sigma_b is NaN where no bias makes that q critical.
    """
    q = np.asarray(q_values, float)
    e = expectation_table(activation, alpha).at(np.sqrt(q).ravel())
    with np.errstate(all="ignore"):
        square = q - (e.rms / e.slope).reshape(q.shape) ** 2
        square = np.where(np.abs(square) < 1e-12 * q, 0, square)
        return (1 / e.slope).reshape(q.shape), np.sqrt(square)
