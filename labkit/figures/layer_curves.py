"""A number by layer on a log axis."""

from math import ceil
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from labkit.figures.numbers import power_of_ten
from labkit.figures.series import TABLED, THEORY, along, exact
from labkit.figures.style import INK, LABEL, live_text, quiet
from labkit.nn.histogram import decades, step_above

Array = NDArray[np.float64]

_ENDS = "low end of 95 %", "high end of 95 %"


class Theory(NamedTuple):
    """What theory says: the line, and the band in which 95 % of the seeds lie; (depth,) each."""

    line: Array
    low: Array
    high: Array


class LayerCurve:
    """One curve over the layers. What a log axis cannot show stands at its edge: zeros below, what is not finite above.
    """

    def __init__(self, axes: Axes, depth: int, title: str, color: str) -> None:
        """Make the curve in `axes`."""
        self._axes = axes
        self._layers = np.arange(1, depth + 1)
        quiet(axes, title=title, grid="y")
        axes.set_yscale("log", nonpositive="mask")  # the line holds what it cannot show as well
        axes.set_animated(True)  # its limits move more often than all else: they cost no drawing of the other axes
        layer_axis(axes, depth)
        size = 8 if depth <= 30 else 4
        self._band = Polygon(np.ones((3, 2)), closed=True, color=color, alpha=0.18, lw=0, animated=True, visible=False)
        self._band.set_gid(TABLED)
        axes.add_patch(self._band)
        (self._theory,) = axes.plot([], [], "--", color=INK, lw=1.8, zorder=4, animated=True, visible=False)
        self._theory.set(label=THEORY, gid=TABLED)
        (self._line,) = axes.plot([], [], "-o", color=color, lw=2.4, markersize=size, animated=True, clip_on=False)
        self._line.set_label("measured")
        edge: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False, "animated": True}
        (self._zeros,) = axes.plot([], [], "v", color=INK, markersize=9, **edge)
        (self._nonfinite,) = axes.plot([], [], "X", color=INK, markersize=9, **edge)
        self._text = live_text(axes, 0.99, 0.98, "right", "top")
        self.limits: tuple[float, float] | None = None

    def update(self, values: Array, theory: Theory | None = None) -> None:
        """Show `values`, (depth,), none below 0; and what theory says, where it says something."""
        finite = np.isfinite(values)
        drawn = finite & (values > 0)
        zero = finite & (values == 0)
        self._line.set_data(self._layers, values)
        self._mark(self._zeros, zero, 0.0)
        self._mark(self._nonfinite, ~finite, 1.0)
        self._text.set_text(_edges(zero, ~finite))
        self._show_theory(theory)
        some = np.concatenate([values[drawn], *(_on_log(line) for line in theory or ())])
        some = some[np.isfinite(some)] if np.isfinite(some).any() else np.ones(1)
        self._set_limits(*decades(float(some.min()), float(some.max())))

    def _show_theory(self, theory: Theory | None) -> None:
        self._theory.set_visible(theory is not None)
        self._band.set_visible(theory is not None)
        if theory is None:
            return
        self._theory.set_data(self._layers, theory.line)
        low, high = _on_log(theory.low), _on_log(theory.high)
        there = np.isfinite(low) & np.isfinite(high)
        layers = self._layers[there]
        outline = np.column_stack([np.r_[layers, layers[::-1]], np.r_[low[there], high[there][::-1]]])
        self._band.set_visible(len(layers) > 1)
        if len(layers) > 1:
            self._band.set_xy(outline)
        exact(
            self._band,
            lambda: [along(f"{THEORY}, {end}", self._layers, y) for end, y in zip(_ENDS, theory[1:], strict=True)],
        )

    def _mark(self, marks: Line2D, where: NDArray[np.bool_], height: float) -> None:
        marks.set_visible(bool(where.any()))  # drawing nothing costs as much as drawing something
        marks.set_data(self._layers[where], np.full(where.sum(), height))

    def _set_limits(self, bottom: float, top: float) -> None:
        if (bottom, top) != self.limits:
            self.limits = (bottom, top)
            decade_axis(self._axes, bottom, top)


def decade_axis(axes: Axes, bottom: float, top: float) -> None:
    """Give axes the powers of ten from 10**bottom to 10**top along y."""
    margin = 0.04 * (top - bottom)
    axes.set_ylim(_power(bottom - margin), _power(top + margin))
    axes.set_yticks(*zip(*decade_ticks(bottom, top), strict=True))
    axes.set_yticks([], minor=True)


def decade_ticks(bottom: float, top: float) -> list[tuple[float, str]]:
    """Powers of ten from 10**bottom to 10**top, few enough for a low panel, with their labels."""
    step = step_above(max(1.0, (top - bottom) / 6))
    exponents = np.arange(ceil(bottom / step - 1e-9) * step, top + 0.5, step)
    return [(_power(e), power_of_ten(e)) for e in exponents]


def layer_axis(axes: Axes, depth: int) -> None:
    """Give axes the layers 1 .. depth along x."""
    axes.set_xlabel("layer", fontsize=LABEL, color=INK)
    margin = max(0.3, 0.02 * depth)
    axes.set_xlim(1 - margin, depth + margin)
    axes.set_xticks(layer_ticks(depth))


def _on_log(values: Array) -> Array:
    """NaN for what a log axis cannot show."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)


def _power(exponent: float) -> float:
    """10**exponent, within what a float64 can hold."""
    return float(10.0 ** min(max(exponent, -322.0), 308.0))


def _edges(zero: Array, nonfinite: Array) -> str:
    found = (("▼ exactly 0", int(zero.sum())), ("✖ not finite", int(nonfinite.sum())))
    return "\n".join(f"{what} in {count} layer{'s' * (count > 1)}" for what, count in found if count)


def layer_ticks(depth: int) -> list[int]:
    """The layers that are named along an axis."""
    if depth <= 12:
        return list(range(1, depth + 1))
    step = 5 if depth <= 30 else 10 if depth <= 60 else 20
    return [1, *range(step, depth + 1, step)]

