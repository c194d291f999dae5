"""Where mean-field theory holds, and the weights that enter it by their initializer's promise."""

from math import sqrt

from labkit.nn.network import Network


def std_of(network: Network, layer: int) -> float:
    """Standard deviation of the weights of a layer."""
    return network.initializer_row.std(network.fan_ins[layer], network.width, **network.options)


def sigma_w(network: Network) -> float:
    """sqrt(fan_in) * std of the weights between hidden layers."""
    net = network
    return sqrt(net.width) * net.initializer_row.std(net.width, net.width, **net.options)


def unfit_layers(network: Network) -> str | None:
    """Why the theory does not hold for these layers, whatever the weights; None where it holds."""
    if network.batch_norm != "none":
        return "batch normalization sets the variance by the batch: the theory of plain layers does not hold"
    if not network.activation_row.elementwise:
        return f"{network.activation_row.label} mixes the units of a layer: the theory is for elementwise activations"
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
