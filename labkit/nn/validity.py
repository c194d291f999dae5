"""Where mean-field theory holds, and the weights that enter it by their initializer's promise."""

from functools import lru_cache
from math import sqrt

import numpy as np

from labkit.nn.activation import Activation
from labkit.nn.network import Network


def std_of(network: Network, layer: int) -> float:
    """Standard deviation of the weights of a layer."""
    return network.initializer_row.std(network.fan_ins[layer], network.width, **network.options)


def sigma_w(network: Network) -> float:
    """sqrt(fan_in) * std of the weights between hidden layers."""
    net = network
    return sqrt(net.width) * net.initializer_row.std(net.width, net.width, **net.options)


@lru_cache(maxsize=256)
def without_value(activation: Activation, alpha: float | None) -> float | None:
    """A place within 10 of 0, the nearest, where an elementwise activation has no finite value; None: there is none."""
    z = np.linspace(-10, 10, 401)
    with np.errstate(all="ignore"):
        missing = z[~np.isfinite(activation.function(z, alpha))]
    return float(missing[np.argmin(np.abs(missing))]) if missing.size else None


def unfit_layers(network: Network) -> str | None:
    """Why the theory does not hold for these layers, whatever the weights; None where it holds."""
    if network.batch_norm != "none":
        return "batch normalization sets the variance by the batch: the theory of plain layers does not hold"
    row = network.activation_row
    if not row.elementwise:
        return f"{row.label} mixes the units of a layer: the theory is for elementwise activations"
    place = without_value(row, network.alpha)
    if place is not None:
        return f"{row.label} has no finite value at z = {place:g}: there is no mean to predict"
    return None


def unfit(network: Network) -> str | None:
    """Why the theory does not hold for this network, forward and backward; None where it holds."""
    net = network
    reason = unfit_layers(net)
    if reason:
        return reason
    for fan_in in set(net.fan_ins) | ({net.width} if net.depth > 1 else set()):
        if net.initializer_row.mean(fan_in, net.width, **net.options) != 0:
            return "the weights have a nonzero mean: units of a layer are correlated, and their sum is not a Gaussian"
        if net.initializer_row.variance(fan_in, net.width, **net.options) == 0:
            return "the weights are all zero: no signal passes, and there is no distribution to predict"
    return None
