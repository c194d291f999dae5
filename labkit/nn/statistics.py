"""What a Trace comes down to: moments, histograms and counts by layer.

Shapes: (depth,) for a number a layer, (depth, bins) for histograms; shares run from 0 to 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.nn import layer_shares
from labkit.nn.alignment import mean_cosine
from labkit.nn.histogram import bin_edges, count, snapped
from labkit.nn.moments import Moments, moments
from labkit.nn.properties import SATURATED_BELOW as SATURATED_BELOW
from labkit.nn.traced import Traced

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Range = tuple[float, float]

QUANTITIES = ("pre", "post", "grad_pre", "grad_post", "weights", "grad_weights")


@dataclass(frozen=True)
class Distribution:
    """The values of one quantity in each layer.

    Moments and extremes are those of the finite values (NaN where there is none). `zeros` is the share of exact
    zeros, `outside` the share of values beyond the histogram's edges, both among all values; `nonfinite` counts what
    is infinite or NaN; `size` is the number of values. `counts` (depth, bins) and `edges` (bins + 1,), common to the
    layers, are None where no histogram was asked for.
    """

    mean: Array
    std: Array
    rms: Array
    min: Array
    max: Array
    zeros: Array
    nonfinite: Counts
    size: Counts
    outside: Array | None = None
    counts: Counts | None = None
    edges: Array | None = None


@dataclass(frozen=True)
class LayerStatistics:
    """The statistics of a Trace. It holds no trace and is small: this is what is cached.

    `saturated` is the share of values whose slope is below SATURATED_BELOW of the largest slope; `inactive` the
    share whose activation is exactly 0; `dead` the share of units whose slope is 0 for every sample of the batch;
    `twins` the share of units with the incoming weights and the bias of another unit; `cosine` the mean cosine between
    the activations of two samples (NaN where fewer than two have a direction). `batch` is the number of samples. What
    was not asked for raises AttributeError.
    """

    distributions: Mapping[str, Distribution]
    saturated: Array
    inactive: Array
    dead: Array
    twins: Array
    cosine: Array
    batch: int

    def _quantity(self, name: str) -> Distribution:
        try:
            return self.distributions[name]
        except KeyError:
            raise AttributeError(f"LayerStatistics.{name} was not asked for: see summarize(quantities=...)") from None

    @property
    def pre(self) -> Distribution:
        """Of the pre-activations z."""
        return self._quantity("pre")

    @property
    def post(self) -> Distribution:
        """Of the activations h."""
        return self._quantity("post")

    @property
    def grad_pre(self) -> Distribution:
        """Of dC/dz."""
        return self._quantity("grad_pre")

    @property
    def grad_post(self) -> Distribution:
        """Of dC/dh."""
        return self._quantity("grad_post")

    @property
    def weights(self) -> Distribution:
        """Of the weights W."""
        return self._quantity("weights")

    @property
    def grad_weights(self) -> Distribution:
        """Of dC/dW."""
        return self._quantity("grad_weights")

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.dead)

    @property
    def mean(self) -> Array:
        """Mean of the activations."""
        return self.post.mean

    @property
    def std(self) -> Array:
        """Standard deviation of the activations."""
        return self.post.std

    @property
    def rms(self) -> Array:
        """Root mean square of the activations."""
        return self.post.rms

    @property
    def grad_rms(self) -> Array:
        """Root mean square of dC/dz: with the cotangent, in units of the gradient at the output, which is N(0, 1)."""
        return self.grad_pre.rms

    @property
    def grad_post_rms(self) -> Array:
        """Root mean square of dC/dh."""
        return self.grad_post.rms

    @property
    def weight_norm(self) -> Array:
        """Frobenius norm of W."""
        return self.weights.rms * np.sqrt(self.weights.size)

    @property
    def grad_weight_norm(self) -> Array:
        """Frobenius norm of dC/dW."""
        with np.errstate(all="ignore"):
            return self.grad_weights.rms * np.sqrt(self.grad_weights.size)

    @property
    def grad_weight_ratio(self) -> Array:
        """Frobenius norm of dC/dW over that of W; NaN or infinite where W is zero."""
        with np.errstate(all="ignore"):
            return self.grad_weight_norm / self.weight_norm


def summarize(
    trace: Traced,
    bins: int = 30,
    range: Range | Mapping[str, Range] | None = None,
    quantities: Iterable[str] = QUANTITIES,
    histograms: Iterable[str] | None = None,
) -> LayerStatistics:
    """The statistics of a Trace or a Snapshot; only the `quantities` named.

    There are histograms of those in `histograms` (None: all).

    `range` is (low, high) for every histogram, or a mapping from quantities; where it is None or silent, the edges
    hold all finite values of all layers, rounded outwards to 1, 2 or 5 times a power of ten.
    """
    quantities = tuple(quantities)
    if not isinstance(bins, int) or isinstance(bins, bool) or bins < 1:
        raise ValueError(f"bins must be a whole number from 1, got {bins!r}")
    wanted = quantities if histograms is None else tuple(histograms)
    for name in {*quantities, *wanted} - set(QUANTITIES):
        raise ValueError(f"quantities may name {', '.join(QUANTITIES)}, got {name!r}")
    for name in set(range if isinstance(range, Mapping) else ()) - set(QUANTITIES):
        raise ValueError(f"range may name {', '.join(QUANTITIES)}, got {name!r}")
    ranges = range if isinstance(range, Mapping) else dict.fromkeys(QUANTITIES, range)
    distributions = {
        name: _distribution(getattr(trace, name), bins if name in wanted else 0, ranges.get(name))
        for name in quantities
    }
    return LayerStatistics(
        distributions=distributions,
        saturated=layer_shares.saturated(trace),
        inactive=distributions["post"].zeros if "post" in distributions else layer_shares.zero(trace.post),
        dead=layer_shares.dead(trace.slopes),
        twins=layer_shares.twin(trace),
        cosine=np.array([mean_cosine(h) for h in trace.post]),
        batch=len(trace.post[0]),
    )


def _distribution(layers: Sequence[Array], bins: int, limits: Range | None) -> Distribution:
    rows = [moments(layer) for layer in layers]
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in Moments._fields}
    if not bins:
        return Distribution(**columns)
    lows, highs = columns["min"], columns["max"]
    finite = np.isfinite(lows)
    try:
        low, high = limits or snapped(min(lows[finite], default=np.nan), max(highs[finite], default=np.nan))
        low, high = float(low), float(high)
    except (TypeError, ValueError):
        raise ValueError(f"range must be (low, high), got {limits!r}") from None
    edges = bin_edges(low, high, bins)
    found = zip(layers, rows, strict=True)
    counts = np.stack([count(a, edges, row.min, row.max, not row.nonfinite) for a, row in found])
    outside = 1 - (counts.sum(axis=1) + columns["nonfinite"]) / columns["size"]
    return Distribution(**columns, outside=outside, counts=counts, edges=edges)
