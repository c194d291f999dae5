"""The correlation of two inputs by layer."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from labkit.figures.layer_curves import layer_axis
from labkit.figures.numbers import short
from labkit.figures.series import TABLED, THEORY, along, exact, naming, number
from labkit.figures.style import GREY, INK, live_text, quiet

Array = NDArray[np.float64]
_LOW, _HIGH = -0.42, 1.04


class CorrelationCurve:
    """Measured pairs of inputs, thin; their mean; the map that theory gives, dashed; and where it ends."""

    def __init__(self, axes: Axes, depth: int, color: str) -> None:
        """Make the curves in `axes`, which never change."""
        self._layers = np.arange(1, depth + 1)
        quiet(axes, title="correlation of two inputs (thin: single pairs)", grid="y")
        layer_axis(axes, depth)
        naming(axes, "correlation of two inputs", y="correlation")
        axes.set_ylim(_LOW, _HIGH)
        axes.set_yticks([0, 0.5, 1])
        self._end = axes.axhline(0, color=GREY, lw=1.2, ls=":", animated=True)
        self._scale = axes.axvline(0, color=GREY, lw=1.2, animated=True)
        (self._pairs,) = axes.plot([], [], color=color, lw=0.9, alpha=0.35, animated=True)
        size = 8 if depth <= 12 else 6 if depth <= 30 else 4
        (self._mean,) = axes.plot([], [], "-o", color=color, lw=2.4, markersize=size, animated=True)
        (self._theory,) = axes.plot([], [], "--", color=INK, lw=1.8, zorder=4, animated=True)
        self._mean.set_label("mean of the pairs")
        self._theory.set(label=THEORY, gid=TABLED)
        self._text = live_text(axes, 0.99, 0.02, "right", "bottom")

    def update(self, pairs: Array, theory: Array | None, c_star: float | None, scale: float | None) -> None:
        """Show `pairs`, (pairs, depth), and theory, (depth,); `scale` is the depth scale in layers."""
        broken = np.full((len(pairs), 1), np.nan)
        self._pairs.set_data(
            np.tile(np.append(self._layers, self._layers[-1]), len(pairs)), np.hstack([pairs, broken]).ravel()
        )
        exact(self._pairs, lambda: [along(f"pair {i}", self._layers, row) for i, row in enumerate(pairs, 1)])
        self._mean.set_data(self._layers, pairs.mean(axis=0))
        self._theory.set_visible(theory is not None)
        if theory is not None:
            self._theory.set_data(self._layers, theory)
        self._end.set_visible(c_star is not None)
        if c_star is not None:
            self._end.set_ydata([c_star, c_star])
            exact(self._end, lambda: [number("theory's end c*", c_star)])
        there = scale is not None and 1 + scale <= self._layers[-1]
        self._scale.set_visible(there)
        if scale is not None and there:
            self._scale.set_xdata([1 + scale, 1 + scale])
            exact(self._scale, lambda: [number("depth scale k", scale)])
        self._text.set_text(_said(c_star, scale if there else None, bool(np.isnan(pairs).any())))


def _said(c_star: float | None, scale: float | None, lost: bool) -> str:
    lines = ["no correlation where the signal is 0 or overflows"] if lost else []
    if c_star is not None:
        lines.append(f"dotted: theory's end c* = {short(c_star)}")
    if scale is not None:
        lines.append(f"upright: k = {short(scale)} layers on")
    return "\n".join(lines)
