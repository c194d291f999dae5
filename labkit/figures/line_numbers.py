"""Numbers at the ends of lines, so that lines are told apart without their colors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from labkit.figures.style import DPI, LABEL, live_text

Array = NDArray[np.float64]
_APART = 1.05 * LABEL * DPI / 72  # pixels from one number to the next above it


class LineNumbers:
    """The numbers 1, 2, ... of some lines in `axes`; those that would overlap stand above each other."""

    def __init__(self, axes: Axes, count: int, right: float = 5.0) -> None:
        """Make the numbers, so many pixels to the `right` of their lines; none is seen before it has a place."""
        self._axes, self._right = axes, right
        self._texts = [live_text(axes, 0.0, 0.0, "left", "bottom") for _ in range(count)]

    def update(self, lines: Sequence[tuple[NDArray[Any], Array]]) -> None:
        """Put them at the ends of the lines, (points,) along x and y each, NaN where there is no point."""
        ends = [self._end(np.asarray(x), np.asarray(y)) for x, y in lines]
        there = [end for end in ends if end is not None]
        scale = self._axes.figure.dpi / DPI
        apart, right = _APART * scale / self._axes.bbox.height, self._right * scale / self._axes.bbox.width
        heights = iter(apart_by(np.array([y for _, y in there]), apart))
        for number, (text, end) in enumerate(zip(self._texts, ends, strict=True), 1):
            text.set_text("" if end is None else str(number))
            if end is not None:
                text.set_position((end[0] + right, next(heights) - apart / 2))

    def _end(self, x: Array, y: Array) -> tuple[float, float] | None:
        """Of a line: as shares of the axes."""
        finite = np.flatnonzero(np.isfinite(y))
        if not len(finite):
            return None
        to_axes = self._axes.transData - self._axes.transAxes
        across, up = to_axes.transform((x[finite[-1]], y[finite[-1]]))
        return float(across), float(up)


def apart_by(heights: Array, least: float) -> Array:
    """Heights in the same order, `least` apart or more, as near to the given ones as it takes, within [0, 1].

    >>> apart_by(np.array([0.5, 0.5, 0.9]), 0.25).round(3).tolist()
    [0.375, 0.625, 0.9]
    """
    order = np.argsort(heights, kind="stable")
    groups: list[tuple[float, int]] = []  # mean and number of those that stand side by side, from below
    for height in np.clip(heights[order], 0, 1):
        groups.append((float(height), 1))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < least * (groups[-1][1] + groups[-2][1]) / 2:
            (low, n), (high, m) = groups[-2:]
            groups[-2:] = [((low * n + high * m) / (n + m), n + m)]
    found = np.empty(len(heights))
    spread = [mean + least * (i - (n - 1) / 2) for mean, n in groups for i in range(n)]
    found[order] = _within(np.array(spread), least)
    return found


def _within(rising: Array, least: float) -> Array:
    """Push what lies below 0 up, then what lies above 1 down."""
    steps = least * np.arange(len(rising))
    rising = np.maximum(rising, steps)
    return np.asarray(np.minimum(rising, 1 - steps[::-1]))
