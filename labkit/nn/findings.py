"""What measured numbers say of a network, one finding each, against THRESHOLDS. Shapes: (depth,) by layer."""

from collections.abc import Callable
from dataclasses import dataclass
from math import acos, degrees, floor, inf, isinf, isnan, log10, nan

import numpy as np
from numpy.typing import NDArray

from labkit.nn.statistics import Distribution, LayerStatistics
from labkit.nn.verdicts import threshold

Array = NDArray[np.float64]
MOST_SEVERE = 1e6
_NEAR_OVERFLOW = 1e100
"""A layer's RMS above which missing numbers are those that overflowed."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    `verdict` is the key that it speaks for, `quantity` what was measured, `layer` where (from 1), `value` the number,
    `threshold` the key in THRESHOLDS of what it was held against, and `limit` that number. `severity` is 1 at the
    limit and more beyond it (a ratio of shares, logarithms or angles; at most MOST_SEVERE). `said` is it in words.
    """

    verdict: str
    quantity: str
    layer: int
    value: float
    threshold: str
    limit: float
    severity: float
    said: str


@dataclass(frozen=True)
class Trend:
    """RMS of the activations in the last layer over that in the first one, or of the gradient the other way round.

    NaN where there is none. `a_layer` is the factor of the mean square by layer.
    """

    quantity: str
    far: int
    near: int
    ratio: float
    missing: int | None = None
    """The layer in which numbers are not finite, the first on this way."""
    largest: float = 0.0
    """The largest RMS of a layer's finite values."""

    @property
    def a_layer(self) -> float:
        """The factor by which the mean square changes a layer, on average."""
        steps = abs(self.far - self.near)
        if not self.ratio > 0 or isinf(self.ratio) or not steps:
            return self.ratio if steps else nan
        return float(10 ** (2 * log10(self.ratio) / steps))

    def said(self, name: str) -> str:
        """It in words; `name` is what does it to the mean square."""
        if self.missing is not None:
            return f"layer {self.missing}: {self.quantity} with values that are infinite or not a number"
        text = f"layer {self.far}: {self.quantity} {times(self.ratio)} that in layer {self.near}"
        if not 0 < self.ratio < inf:
            return text
        keeps = f"keeps {number(self.a_layer)} of its mean square"
        grows = f"multiplies its mean square by {number(self.a_layer)}"
        return f"{text}; {name} {keeps if self.a_layer < 1 else grows} a layer"


def number(value: float) -> str:
    """Two significant digits: 0.056, 1.3e-7, 42, 1.2e5.

    >>> number(1.3e-7), number(0.0561), number(41.7), number(123456.0), number(float("inf"))
    ('1.3e-7', '0.056', '42', '1.2e5', 'infinite')
    """
    if isnan(value) or isinf(value):
        return "not a number" if isnan(value) else "infinite"
    if value == 0:
        return "0"
    power = floor(log10(abs(value)))
    if -4 <= power < 4:
        plain = f"{value:.{max(0, 1 - power)}f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def times(ratio: float) -> str:
    """A ratio before "that of": a part of it, or a multiple.

    >>> times(0.0025), times(42.0)
    ('0.0025 of', '42 times')
    """
    return f"{number(ratio)} of" if ratio < 1 else f"{number(ratio)} times"


def percent(share: float) -> str:
    """A share in percent; what is not quite 0 or 1 is not rounded to it."""
    if 0.99 < share < 1:
        return "> 99 %"
    return "< 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def forward(statistics: LayerStatistics) -> Trend:
    """How the activations change from the first layer to the last."""
    return _way("activations", statistics.post, statistics.depth, 1)


def backward(statistics: LayerStatistics) -> Trend:
    """How the gradient dC/dz changes from the last layer to the first."""
    return _way("gradient", statistics.grad_pre, 1, statistics.depth)


def _way(quantity: str, found: Distribution, far: int, near: int) -> Trend:
    on_the_way = range(near, far + 1) if near <= far else range(near, far - 1, -1)
    missing = next((layer for layer in on_the_way if found.nonfinite[layer - 1]), None)
    ratio = _ratio(float(found.rms[far - 1]), float(found.rms[near - 1])) if far != near else nan
    return Trend(quantity, far, near, ratio, missing, float(np.fmax.reduce(found.rms, initial=0.0)))


def _ratio(far: float, near: float) -> float:
    """0 where both are: nothing arrives, and nothing set out. NaN where something comes from nothing."""
    if near == 0:
        return 0.0 if far == 0 else nan
    with np.errstate(all="ignore"):
        return float(np.divide(far, near))


def findings(statistics: LayerStatistics, name: str) -> tuple[Finding, ...]:
    """All that holds, the root causes first; `name` is what changes the mean square, in words."""
    each: tuple[Callable[[LayerStatistics], Finding | None], ...] = (_symmetric, _dead, _saturated)
    trends = [_trend(trend, name) for trend in (forward(statistics), backward(statistics))]
    found = [*(look(statistics) for look in each), *trends, _collapsing(statistics)]
    return tuple(finding for finding in found if finding is not None)


def _share(verdict: str, key: str, shares: Array, limits: Array | float, said: str) -> Finding | None:
    """The layer whose share lies farthest beyond its limit, if any does."""
    beyond = np.nan_to_num(shares / limits)
    layer = int(np.argmax(beyond))
    if beyond[layer] < 1:
        return None
    limit = float(np.broadcast_to(limits, shares.shape)[layer])
    key = key if limit == threshold(key) else "by_chance"
    value = float(shares[layer])
    text = f"layer {layer + 1}: {percent(value)} {said}"
    return Finding(verdict, key, layer + 1, value, key, limit, float(beyond[layer]), text)


def _limits(statistics: LayerStatistics, key: str) -> Array:
    """By layer: the threshold, and that of chance where the samples are all alike."""
    alike = statistics.cosine >= threshold("collapsing")
    return np.where(alike, threshold("by_chance"), threshold(key))


def _symmetric(statistics: LayerStatistics) -> Finding | None:
    text = "of the units have a twin with the same weights"
    return _share("symmetric", "twins", statistics.twins, threshold("twins"), text)


def _dead(statistics: LayerStatistics) -> Finding | None:
    silent = np.minimum(statistics.dead, statistics.inactive)
    if statistics.batch < threshold("dead_batch"):
        silent = np.where(silent == 1, 1.0, 0.0)
    text = "of the units are dead (slope 0 and output 0 for the whole batch)"
    return _share("dead", "dead", silent, _limits(statistics, "dead"), text)


def _saturated(statistics: LayerStatistics) -> Finding | None:
    shares = statistics.saturated
    beyond_0 = shares - statistics.inactive >= threshold("saturated_beyond_0")
    text = "of the values are saturated"
    return _share("saturated", "saturated", np.where(beyond_0, shares, 0.0), _limits(statistics, "saturated"), text)


def _trend(trend: Trend, name: str) -> Finding | None:
    said = trend.said(name)
    if trend.missing is not None:
        verdict = "exploding" if trend.largest > _NEAR_OVERFLOW else "mixed"
        limit = threshold("exploding")
        return Finding(verdict, trend.quantity, trend.missing, inf, "exploding", limit, MOST_SEVERE, said)
    for verdict in ("vanishing", "exploding"):
        limit = threshold(verdict)
        if trend.ratio <= limit if limit < 1 else trend.ratio >= limit:
            log = log10(trend.ratio) if 0 < trend.ratio < inf else inf
            severity = min(abs(log / log10(limit)), MOST_SEVERE)
            return Finding(verdict, trend.quantity, trend.far, trend.ratio, verdict, limit, severity, said)
    return None


def _collapsing(statistics: LayerStatistics) -> Finding | None:
    value, limit = float(statistics.cosine[-1]), threshold("collapsing")
    if not value >= limit or statistics.depth == 1:
        return None
    angle = degrees(acos(value))
    severity = min(degrees(acos(limit)) / angle, MOST_SEVERE) if angle else MOST_SEVERE
    depth = statistics.depth
    text = f"layer {depth}: two samples are {number(angle)}° apart on average (mean cosine {alike(value)})"
    return Finding("collapsing", "cosine", depth, value, "collapsing", limit, severity, text)


def alike(cosine: float) -> str:
    """A cosine with as many digits as tell it from 1.

    >>> alike(0.5), alike(0.99987), alike(1.0)
    ('0.50', '0.99987', '1')
    """
    if cosine == 1:
        return "1"
    if abs(cosine) < 0.005:
        return "0"
    digits = 2 if cosine < 0.9 else min(1 - floor(log10(1 - cosine)), 12)
    return f"{cosine:.{digits}f}"
