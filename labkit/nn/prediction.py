"""What theory says of a network: the record that predict() returns. Shapes: (depth,), index 0 first."""

from dataclasses import dataclass
from functools import cached_property
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from labkit.nn.band import NORMAL_95, Spread, spread
from labkit.nn.expectations import expectation_table
from labkit.nn.meanfield import Angle, FixedPoint, angle, depth_scale, fixed_point
from labkit.nn.network import Network
from labkit.nn.rows import rows_of
from labkit.nn.validity import sigma_w, std_of

Array = NDArray[np.float64]
_MOST_SATURATED = 0.95
_DEEPEST_BAND = 0.5
"""Depth over width up to which a band is given; tests/nn/test_theory_band.py measures its coverage below."""


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
    curve of that direction is None. Curves bear the names of LayerStatistics. `q` is the variance of z by
    layer (0 where it underflows; `pre.std` does not). Backward: a unit Gaussian dC/dh at the last layer.
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
    _scales: Array | None = None  # standard deviation of z, (depth, atoms): the batch's rows are a mixture
    _atoms: Array | None = None

    def pre_shares(self, edges: Array) -> Array | None:
        """Share of the pre-activations between neighboring `edges` (bins + 1,), by layer (depth, bins).

        None where theory does not hold; NaN in a layer that leaves float64.
        """
        if self._scales is None or self._atoms is None:
            return None
        with np.errstate(all="ignore"):
            places = (edges - self.network.bias_mean) / (self._scales[..., None] * sqrt(2))
        below = 0.5 * (1 + np.vectorize(erf, otypes=[float])(places))  # (depth, atoms, bins + 1)
        shares: Array = np.einsum("a,lab->lb", self._atoms, np.diff(below, axis=-1))
        return shares

    @property
    def mean(self) -> Array | None:
        """Mean of the activations."""
        return None if self.post is None else self.post.mean

    @property
    def std(self) -> Array | None:
        """Standard deviation of the activations."""
        return None if self.post is None else self.post.std

    @property
    def rms(self) -> Array | None:
        """Root mean square of the activations."""
        return None if self.post is None else self.post.rms

    @property
    def grad_rms(self) -> Array | None:
        """Root mean square of dC/dz, in units of the gradient at the output."""
        return None if self.grad_pre is None else self.grad_pre.rms

    @property
    def grad_post_rms(self) -> Array | None:
        """Root mean square of dC/dh."""
        return None if self.grad_post is None else self.grad_post.rms

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
            return None if self.pre is None else np.square(self.pre.std)

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

    @property
    def reason_band(self) -> str | None:
        """None, or a sentence that says why no band is given."""
        return reason_band(self.network, self.saturated)

    @cached_property
    def _spread(self) -> Spread | None:
        if self._s is None or self.reason_band:
            return None
        net, rows = self.network, rows_of(self.network)
        first = float(np.sum(rows.squares * rows.shares)) * net.fan_ins[0] * std_of(net, 0) ** 2
        share = first / (first + net.bias_std**2) if first + net.bias_std**2 else 0.0
        correlation, scatter = share * rows.correlation + 1 - share, share * rows.scatter
        table = expectation_table(net.activation_row, net.alpha, net.bias_mean)
        return spread(table, self._s, sigma_w(net), net.bias_std, net.width, net.batch, correlation, scatter)

    @cached_property
    def mean_band(self) -> Band | None:
        """Where the measured `mean` lies for 95 % of the seeds."""
        if self._spread is None or self.post is None:
            return None
        center, half = self._spread.mean_shift, NORMAL_95 * self._spread.mean
        rms = self.post.rms
        return Band(self.post.mean + (center - half) * rms, self.post.mean + (center + half) * rms)

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


def reason_band(network: Network, saturated: Array | None) -> str | None:
    """Why no band is given, or None: its formula is of first order in depth / width. `saturated` by layer (depth,)."""
    net = network
    if net.depth > _DEEPEST_BAND * net.width:
        return f"no band: {net.depth} layers are too many for its formula at width {net.width}"
    if net.initializer_row.dependent:
        return f"no band: {net.initializer_row.label} weights are not drawn independently"
    if saturated is not None and saturated.max() > _MOST_SATURATED:
        return "no band: nearly all values are saturated, and theory hangs on rare ones that a batch may lack"
    return None


def _band(theory: Array | None, shift: Array, sd: Array) -> Band | None:
    if theory is None:
        return None
    with np.errstate(all="ignore"):
        return Band(theory * np.exp(shift - NORMAL_95 * sd), theory * np.exp(shift + NORMAL_95 * sd))
