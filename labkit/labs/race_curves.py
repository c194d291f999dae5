"""What a picture shows of losses: a line that is smooth enough to be told from its neighbors, and what it smooths.

Shapes: losses are (seeds, steps) of one contestant, NaN where there are none.
"""

import numpy as np
from numpy.typing import NDArray

from labkit.figures.loss_curves import Curve

Array = NDArray[np.float64]
_POINTS = 400
LAST = 100
"""Steps whose mean loss is said: a single batch scatters."""


def reach(steps: int) -> int:
    """The line's value is the mean of so many steps before and after, where they are there."""
    return max(1, steps // 100)


def curve(losses: Array, done: int, steps: int) -> Curve:
    """The curve of `done` steps out of `steps`, with a point for every so many.

    Of one seed the band is the range of the single batches between two points; of several it is the range of the seeds.
    """
    every = -(-steps // _POINTS)
    at = np.minimum(np.arange(every, done + every, every), done)
    lines = np.stack([smooth(row[:done], reach(steps)) for row in losses])[:, at - 1]
    if len(losses) > 1 or not done:
        return Curve(at, lines.mean(axis=0), lines.min(axis=0), lines.max(axis=0))
    low, high = (_extremes(losses[0, :done], every, way) for way in (np.minimum, np.maximum))
    return Curve(at, lines[0], low, high)


def _extremes(values: Array, every: int, way: np.ufunc) -> Array:
    """Of each `every` values; NaN where one of them is not finite."""
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.asarray(way.reduceat(finite, np.arange(0, len(values), every)))


def smooth(values: Array, reach: int) -> Array:
    """Mean of the values from `reach` before each one to `reach` after it, where they are; NaN from the first one on
    that is not finite.
    """
    finite = np.isfinite(values)
    length = len(values) if finite.all() else int(np.argmin(finite))
    sums = np.concatenate([[0.0], np.cumsum(values[:length])])
    place = np.arange(length)
    first, last = np.maximum(place - reach, 0), np.minimum(place + reach + 1, length)
    found = np.full(len(values), np.nan)
    found[:length] = (sums[last] - sums[first]) / (last - first)
    return found


def recent(losses: Array, done: int) -> Array:
    """Mean loss of the last LAST steps that are done, (...,) from (..., steps); NaN where one was not finite."""
    if not done:
        return np.full(losses.shape[:-1], np.nan)
    with np.errstate(all="ignore"):
        return np.asarray(losses[..., max(0, done - LAST) : done].mean(axis=-1))


def last_steps(done: int) -> str:
    """The steps whose mean loss is said, in words.

    >>> last_steps(1), last_steps(50), last_steps(2000)
    ('last step', 'last 50 steps', 'last 100 steps')
    """
    return "last step" if done == 1 else f"last {min(done, LAST)} steps"


def first_of(seeds: int) -> str:
    """What stands behind something that is shown of one seed only.

    >>> first_of(1), first_of(4)
    ('', ' (first of 4 seeds)')
    """
    return f" (first of {seeds} seeds)" if seeds > 1 else ""
