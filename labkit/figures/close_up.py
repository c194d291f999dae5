"""The part of a histogram's axis where the values are: a few far ones must not make the others a single bar."""

from dataclasses import replace

import numpy as np

from labkit.nn.histogram import bin_edges, bin_of, snapped, step_above
from labkit.nn.statistics import Distribution

_FAR = 0.002
"""The share of a layer's values that may lie beyond an end of the axis."""
_BINS = 40


def close_up(distribution: Distribution) -> tuple[Distribution, float]:
    """The distribution with narrower limits, in 1-2-5 steps; and the largest share of a layer's values beyond them.

    Its bins are filled from finer ones, whose values are taken as spread evenly; exact zeros stay together.
    """
    counts, edges = distribution.counts, distribution.edges
    assert counts is not None
    assert edges is not None
    zeros = np.rint(distribution.zeros * distribution.size)
    others, at = counts.astype(float), bin_of(0.0, edges)
    if at is not None:
        others[:, at] -= zeros
    below = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(others, axis=1)], axis=1)
    total = below[:, -1:]
    inside = np.flatnonzero(((below[:, 1:] > _FAR * total) & (below[:, :-1] < (1 - _FAR) * total)).any(axis=0))
    if not len(inside):
        return distribution, 0.0
    closer = bin_edges(*_wide(*snapped(float(edges[inside[0]]), float(edges[inside[-1] + 1]))), _BINS)
    found = np.diff([np.interp(closer, edges, row) for row in below])
    far = float(((total[:, 0] - found.sum(axis=1)) / distribution.size).max())
    here = bin_of(0.0, closer)
    if here is not None:
        found[:, here] += zeros
    return replace(distribution, counts=np.rint(found).astype(np.int64), edges=closer), max(0.0, far)


def _wide(low: float, high: float) -> tuple[float, float]:
    """Limits on both sides of 0 leave room for a label at each end and at 0."""
    if not low < 0 < high:
        return low, high
    size = max(-low, high)
    least = step_above(0.3 * size) if 0.01 <= size < 1e4 else size  # long labels need 0 in the middle
    return min(low, -least), max(high, least)
