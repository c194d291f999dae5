"""predict(): the statistics of a network by mean-field theory, under the names that LayerStatistics has.

Infinitely wide layers, Gaussian pre-activations z_l ~ N(bias_mean, q_l), weights that the backward pass meets as if for
the first time. The real batch enters by the norms of its rows. Shapes: (depth,), index 0 first.
Sources: Poole et al. (2016); Schoenholz et al. (2017), Deep information propagation.
"""

from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from labkit.nn.cosines import pair
from labkit.nn.expectations import Expectations, expectation_table
from labkit.nn.meanfield import trajectory
from labkit.nn.network import Network
from labkit.nn.prediction import Curve, Prediction
from labkit.nn.rows import rows_of
from labkit.nn.validity import sigma_w, std_of, unfit

Array = NDArray[np.float64]


def predict(network: Network) -> Prediction:
    """The statistics of `network` by mean-field theory; see Prediction.

    >>> from labkit import Network
    >>> predict(Network(activation="relu", initializer="he_normal")).chi_1.__round__(6)
    1.0
    """
    net = network
    reason = unfit(net)
    if reason:
        return Prediction(net, reason, reason)
    table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
    rows = rows_of(net)
    with np.errstate(all="ignore"):
        first = np.hypot(np.sqrt(net.fan_ins[0] * rows.squares) * std_of(net, 0), net.bias_std)
        s = trajectory(table, sigma_w(net), net.bias_std, first, net.depth)
        e = Expectations(*(column.reshape(s.shape) for column in table.at(s.ravel())))
        return _assemble(net, s, e, rows.squares, rows.shares)


def _assemble(net: Network, s: Array, e: Expectations, squares: Array, p: Array) -> Prediction:
    mean, std = e.mean @ p, _root(e.std, p)
    post = Curve(mean, np.hypot(std, _root(e.mean - mean[:, None], p)), _root(e.rms, p))
    spread_of_z = _root(s, p)
    pre = Curve(np.where(np.isnan(spread_of_z), nan, net.bias_mean), spread_of_z, np.hypot(net.bias_mean, spread_of_z))
    stds = np.full(net.depth, std_of(net, net.depth - 1))  # all but the first have the same shape
    stds[0] = std_of(net, 0)
    sizes = np.array(net.fan_ins) * float(net.width)
    backward: dict[str, Curve | Array] = {}
    reason = None
    if net.gradient_source != "cotangent":
        reason = "the gradient comes from a loss through a readout: it depends on the labels and on the forward pass"
    else:
        backward = _backward(net, e, squares, p, sqrt(net.width) * stds, np.sqrt(sizes))
    return Prediction(
        net, None, reason, pre=pre, post=post, saturated=e.saturated @ p, inactive=e.inactive @ p,
        weight_norm=stds * np.sqrt(sizes), _s=spread_of_z, _scales=s, _atoms=p, **backward,  # type: ignore[arg-type]
    )  # fmt: skip


def _backward(net: Network, e: Expectations, squares: Array, p: Array, factor: Array, root_sizes: Array
              ) -> dict[str, Curve | Array]:
    """Gradients row by row of the mixture, as logarithms: their products leave float64."""
    slope = np.log(e.slope)
    down = np.concatenate([slope[1:] + np.log(factor[1:, None]), np.zeros((1, len(p)))])
    after = np.cumsum(down[::-1], axis=0)[::-1]  # log RMS of dC/dh
    grad_post, grad_pre = np.exp(after), np.exp(after + slope)
    below = np.concatenate([np.sqrt(squares)[None], e.rms[:-1]])
    zero = np.zeros(net.depth)
    curves: dict[str, Curve | Array] = {
        name: Curve(np.where(np.isnan(rms), nan, zero), rms, rms)
        for name, rms in (("grad_pre", _root(grad_pre, p)), ("grad_post", _root(grad_post, p)))
    }
    curves["grad_weight_norm"] = sqrt(net.batch) * root_sizes * _root(below * grad_pre, p)
    return curves


def _root(values: Array, p: Array) -> Array:
    """Root of the mean square over the mixture, (depth,), without under- or overflow; NaN where it is not finite."""
    largest = np.abs(values).max(axis=1)
    scaled = values / np.where(largest > 0, largest, 1)[:, None]
    result: Array = largest * np.sqrt((scaled * scaled) @ p)
    result[~np.isfinite(result)] = nan
    return result


def correlations(network: Network, c0: float) -> Array:
    """Correlation of z between two inputs of cosine `c0`, by layer (depth,); -1 <= c0 <= 1.

    Of two rows of the batch's mean square. By a Hermite series of 128 terms: off by at most 1e-5 for kinked
    activations near c = 1. ValueError where theory does not hold, or c0 lies outside. Source: Poole et al. (2016).
    """
    rows = rows_of(network)
    return pair(network, c0, float(rows.squares @ rows.shares)).pre
