"""What measured numbers say of a network, one finding each, against THRESHOLDS. Shapes: (depth,) by layer."""

from collections.abc import Callable
from dataclasses import dataclass
from math import acos, degrees, inf, log10

import numpy as np
from numpy.typing import NDArray

from labkit.nn.statistics import LayerStatistics
from labkit.nn.trends import Trend, backward, forward
from labkit.nn.verdicts import threshold
from labkit.nn.words import as_cosine, number, percent

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


def findings(statistics: LayerStatistics, name: str) -> tuple[Finding, ...]:
    """All that holds, the root causes first; `name` is what changes the mean square, in words."""
    each: tuple[Callable[[LayerStatistics], Finding | None], ...] = (_symmetric, _dead, _saturated)
    ways = forward(statistics), backward(statistics)
    overflow = max(way.largest for way in ways) > _NEAR_OVERFLOW
    trends = [_trend(way, name, overflow) for way in ways]
    found = [*(look(statistics) for look in each), *trends, _collapsing(statistics)]
    return tuple(finding for finding in found if finding is not None)


def _share(verdict: str, key: str, shares: Array, limits: Array, said: str) -> Finding | None:
    """The layer whose share lies farthest beyond its limit, if any does."""
    beyond = np.fmax(shares / limits, 0.0)  # a share that is missing is none
    layer = int(np.argmax(beyond))
    if beyond[layer] < 1:
        return None
    limit = float(limits[layer])
    key = key if limit == threshold(key) else "by_chance"
    value = float(shares[layer])
    text = f"layer {layer + 1}: {percent(value)} {said}"
    return Finding(verdict, key, layer + 1, value, key, limit, float(beyond[layer]), text)


def _symmetric(statistics: LayerStatistics) -> Finding | None:
    text = "of the units have a twin with the same weights"
    return _share("symmetric", "twins", statistics.twins, np.full(statistics.depth, threshold("twins")), text)


def _dead(statistics: LayerStatistics) -> Finding | None:
    silent = np.minimum(statistics.dead, statistics.inactive)
    if statistics.batch < threshold("dead_batch"):
        silent = np.where(silent == 1, 1.0, 0.0)
    alike = statistics.cosine >= threshold("collapsing")
    text = "of the units are dead (slope 0 and output 0 for the whole batch)"
    return _share("dead", "dead", silent, np.where(alike, threshold("by_chance"), threshold("dead")), text)


def _saturated(statistics: LayerStatistics) -> Finding | None:
    shares, post = statistics.saturated, statistics.post
    beyond_0 = shares - statistics.inactive >= threshold("saturated_beyond_0")
    bunched = np.fmax(np.abs(post.min), np.abs(post.max)) / threshold("bunched") <= post.rms  # no overflow
    limits = np.where(bunched, threshold("saturated"), threshold("by_chance"))
    return _share("saturated", "saturated", np.where(beyond_0, shares, 0.0), limits, "of the values are saturated")


def _trend(trend: Trend, name: str, overflow: bool) -> Finding | None:
    if trend.missing is not None:
        verdict = "exploding" if overflow else "mixed"
        limit = threshold("exploding")
        return Finding(verdict, trend.quantity, trend.missing, inf, "exploding", limit, MOST_SEVERE, trend.said(name))
    for verdict in ("vanishing", "exploding"):
        limit = threshold(verdict)
        if trend.ratio <= limit if limit < 1 else trend.ratio >= limit:
            log = log10(trend.ratio) if 0 < trend.ratio < inf else inf
            severity = min(abs(log / log10(limit)), MOST_SEVERE)
            return Finding(verdict, trend.quantity, trend.far, trend.ratio, verdict, limit, severity, trend.said(name))
    return None


def _collapsing(statistics: LayerStatistics) -> Finding | None:
    value, limit = float(statistics.cosine[-1]), threshold("collapsing")
    if not value >= limit or statistics.depth == 1:
        return None
    angle = degrees(acos(value))
    severity = min(degrees(acos(limit)) / angle, MOST_SEVERE) if angle else MOST_SEVERE
    depth = statistics.depth
    text = f"layer {depth}: two samples are {number(angle)}° apart on average (mean cosine {as_cosine(value)})"
    return Finding("collapsing", "cosine", depth, value, "collapsing", limit, severity, text)
