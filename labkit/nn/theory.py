"""predict(): the statistics of a network by mean-field theory, under the names that LayerStatistics has.

Infinitely wide layers, Gaussian pre-activations z_l ~ N(bias_mean, q_l), weights that the backward pass meets as if for
the first time. The real batch enters by the norms of its rows. Shapes: (depth,), index 0 first.
Sources: Poole et al. (2016); Schoenholz et al. (2017), Deep information propagation.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import Activation
from labkit.nn.band import NORMAL_95, Spread, spread
from labkit.nn.expectations import ExpectationTable, Expectations, expectation_table
from labkit.nn.meanfield import Angle, FixedPoint, angle, depth_scale, fixed_point, trajectory
from labkit.nn.network import Network
from labkit.nn.pairs import hermite_shares
from labkit.nn.rows import rows_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Mean, standard deviation and root mean square of a quantity by layer; NaN where it leaves float64."""

    mean: Array
    std: Array
    rms: Array


@dataclass(frozen=True)
class Band:
    """Between `low` and `high`, by layer, lie 95 % of the seeds' networks; see labkit.nn.band for the formula."""

    low: Array
    high: Array


@dataclass(frozen=True)
class Prediction:
    """What theory says of a network.

    `reason_forward` and `reason_backward` are None, or a sentence that says why there is no prediction: then every
    curve of that direction is None. Curves bear the names of LayerStatistics. `q` is the variance of z by layer (0 where
    it underflows; `pre.std` does not). Backward: a unit Gaussian dC/dh at the last layer.
    """

    network: Network
    reason_forward: str | None = None
    reason_backward: str | None = None
    pre: Curve | None = None
    post: Curve | None = None
    grad_pre: Curve | None = None
    grad_post: Curve | None = None
    saturated: Array | None = None
    inactive: Array | None = None
    weight_norm: Array | None = None
    grad_weight_norm: Array | None = None
    _s: Array | None = None

    @property
    def mean(self) -> Array | None:
        """Mean of the activations."""
        return self.post and self.post.mean

    @property
    def std(self) -> Array | None:
        """Standard deviation of the activations."""
        return self.post and self.post.std

    @property
    def rms(self) -> Array | None:
        """Root mean square of the activations."""
        return self.post and self.post.rms

    @property
    def grad_rms(self) -> Array | None:
        """Root mean square of dC/dz, in units of the gradient at the output."""
        return self.grad_pre and self.grad_pre.rms

    @property
    def grad_post_rms(self) -> Array | None:
        """Root mean square of dC/dh."""
        return self.grad_post and self.grad_post.rms

    @property
    def grad_weight_ratio(self) -> Array | None:
        """Frobenius norm of dC/dW over that of W."""
        if self.grad_weight_norm is None or self.weight_norm is None:
            return None
        return self.grad_weight_norm / self.weight_norm

    @property
    def q(self) -> Array | None:
        """Variance of the pre-activations around bias_mean, biases included."""
        with np.errstate(all="ignore"):
            return self.pre and np.square(self.pre.std)

    @cached_property
    def fixed_point(self) -> FixedPoint | None:
        """Where the variance goes with depth, from this network's first layer; None where theory does not hold."""
        if self._s is None:
            return None
        net = self.network
        start = float(self._s[0]) if np.isfinite(self._s[0]) else 1.0
        return fixed_point(net.activation_row, net.alpha, net.bias_mean, sigma_w(net), net.bias_std, start)

    @property
    def q_star(self) -> float | None:
        """The variance that deep layers come to: 0 or infinite where it has no other end."""
        return self.fixed_point and self.fixed_point.q

    @property
    def chi_1(self) -> float | None:
        """Factor of the gradient's mean square by layer, at q_star."""
        return self.fixed_point and self.fixed_point.chi_1

    @cached_property
    def angle(self) -> Angle | None:
        """Where the correlation of two inputs goes with depth."""
        if self.fixed_point is None:
            return None
        net = self.network
        return angle(
            net.activation_row, net.alpha, net.bias_mean, sigma_w(net), net.bias_std, self.fixed_point.q
        )

    @property
    def c_star(self) -> float | None:
        """Stable correlation of two inputs."""
        return self.angle and self.angle.c_star

    @property
    def xi_c(self) -> float | None:
        """Layers in which the distance of a correlation to c_star falls by e."""
        return self.angle and self.angle.xi_c

    @property
    def xi_grad(self) -> float | None:
        """Layers in which the gradient's mean square changes by e."""
        return None if self.chi_1 is None else depth_scale(self.chi_1)

    @cached_property
    def _spread(self) -> Spread | None:
        if self._s is None:
            return None
        net, rows = self.network, rows_of(self.network)
        first = float(np.sum(rows.squares * rows.shares)) * net.fan_ins[0] * _std(net, 0) ** 2
        share = first / (first + net.bias_std**2) if first + net.bias_std**2 else 0.0
        correlation, scatter = share * rows.correlation + 1 - share, share * rows.scatter
        table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
        return spread(table, self._s, sigma_w(net), net.bias_std, net.width, net.batch, correlation, scatter)

    @cached_property
    def std_band(self) -> Band | None:
        """Where the measured `std` lies for 95 % of the seeds."""
        return self._spread and _band(self.std, self._spread.std_shift, self._spread.std)

    @cached_property
    def rms_band(self) -> Band | None:
        """Where the measured `rms` lies for 95 % of the seeds."""
        return self._spread and _band(self.rms, self._spread.rms_shift, self._spread.rms)

    @cached_property
    def grad_rms_band(self) -> Band | None:
        """Where the measured `grad_rms` lies for 95 % of the seeds."""
        return self._spread and _band(self.grad_rms, self._spread.grad_shift, self._spread.grad)


def _band(theory: Array | None, shift: Array, sd: Array) -> Band | None:
    if theory is None:
        return None
    with np.errstate(all="ignore"):
        return Band(theory * np.exp(shift - NORMAL_95 * sd), theory * np.exp(shift + NORMAL_95 * sd))


def _std(network: Network, layer: int) -> float:
    return network.initializer_row.std(network.fan_ins[layer], network.width, **network.options)


def sigma_w(network: Network) -> float:
    """sqrt(fan_in) * std of the weights between hidden layers."""
    net = network
    return sqrt(net.width) * net.initializer_row.std(net.width, net.width, **net.options)


@lru_cache(maxsize=256)
def elementwise(activation: Activation, alpha: float | None) -> bool:
    """Whether each output depends on its own input alone: softmax's do not."""
    z = np.array([[0.5, -1.0, 2.0]])
    alone = np.concatenate([activation.function(z[:, i : i + 1], alpha) for i in range(3)], axis=1)
    return bool(np.allclose(activation.function(z, alpha), alone, equal_nan=True))


def _reason(network: Network) -> str | None:
    net = network
    if getattr(net, "batch_norm", False):
        return "batch normalization sets the variance by the batch: the theory of plain layers does not hold"
    if not elementwise(net.activation_row, net.alpha):
        return f"{net.activation_row.label} mixes the units of a layer: the theory is for elementwise activations"
    for fan_in in set(net.fan_ins) | ({net.width} if net.depth > 1 else set()):
        if net.initializer_row.mean(fan_in, net.width, **net.options) != 0:
            return "the weights have a nonzero mean: units of a layer are correlated, and their sum is not a Gaussian"
        if net.initializer_row.variance(fan_in, net.width, **net.options) == 0:
            return "the weights are all zero: no signal passes, and there is no distribution to predict"
    return None


def predict(network: Network) -> Prediction:
    """The statistics of `network` by mean-field theory; see Prediction.

    >>> from labkit import Network
    >>> predict(Network(activation="relu", initializer="he_normal")).chi_1.__round__(6)
    1.0
    """
    net = network
    reason = _reason(net)
    if reason:
        return Prediction(net, reason, reason)
    table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
    rows = rows_of(net)
    with np.errstate(all="ignore"):
        first = np.hypot(np.sqrt(net.fan_ins[0] * rows.squares) * _std(net, 0), net.bias_std)
        s = trajectory(table, sigma_w(net), net.bias_std, first, net.depth)
        e = Expectations(*(column.reshape(s.shape) for column in table.at(s.ravel())))
        return _assemble(net, table, s, e, rows.squares, rows.shares)


def _assemble(net: Network, table: ExpectationTable, s: Array, e: Expectations, squares: Array, p: Array) -> Prediction:
    mean, std = e.mean @ p, _root(e.std, p)
    post = Curve(mean, np.hypot(std, _root(e.mean - mean[:, None], p)), _root(e.rms, p))
    spread_of_z = _root(s, p)
    pre = Curve(np.where(np.isnan(spread_of_z), nan, net.bias_mean), spread_of_z, np.hypot(net.bias_mean, spread_of_z))
    stds = np.array([_std(net, layer) for layer in range(net.depth)])
    sizes = np.array(net.fan_ins) * float(net.width)
    backward: dict[str, Curve | Array] = {}
    reason = None
    if net.gradient_source != "cotangent":
        reason = "the gradient comes from a loss through a readout: it depends on the labels and on the forward pass"
    else:
        backward = _backward(net, e, squares, p, sqrt(net.width) * stds, np.sqrt(sizes))
    return Prediction(
        net, None, reason, pre=pre, post=post, saturated=e.saturated @ p, inactive=e.inactive @ p,
        weight_norm=stds * np.sqrt(sizes), _s=spread_of_z, **backward,  # type: ignore[arg-type]
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
    activations near c = 1. ValueError where theory does not hold, or c0 lies outside. Source: Poole et al. (2016), eq. 5.
    """
    net = network
    reason = _reason(net)
    if reason or not -1 <= c0 <= 1:
        raise ValueError(reason or f"c0 must lie in [-1, 1], got {c0!r}")
    rows = rows_of(net)
    table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
    first = _std(net, 0) * sqrt(net.fan_ins[0] * float(rows.squares @ rows.shares))
    s = trajectory(table, sigma_w(net), net.bias_std, np.array([np.hypot(first, net.bias_std)]), net.depth)[:, 0]
    result = np.empty(net.depth)
    weights, c = (first / s[0]) ** 2 if s[0] else 0.0, c0
    for layer in range(net.depth):
        result[layer] = c = weights * c + 1 - weights
        if not 0 < s[layer] < inf:
            result[layer:] = nan
            break
        inside = min(max(float(s[layer]), 2.0**-20), 2.0**40)
        shares = hermite_shares(net.activation_row, net.alpha, net.bias_mean, inside)
        after = np.hypot(sigma_w(net) * table.rms(float(s[layer])), net.bias_std)
        weights = (sigma_w(net) * table.rms(float(s[layer])) / after) ** 2 if after else 0.0
        c = float(np.polynomial.polynomial.polyval(c, shares))
    return result
