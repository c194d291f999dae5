"""Losses by step, several contestants in one picture."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from labkit.figures.line_numbers import LineNumbers
from labkit.figures.numbers import short
from labkit.figures.series import TABLED, Series, exact, naming
from labkit.figures.series import along as series
from labkit.figures.style import GREY, INK, LABEL, live_text, quiet
from labkit.nn.histogram import step_above

Array = NDArray[np.float64]
_HIGHEST = 10.0  # of the axis: one contestant that explodes must not make the others invisible


class Curve(NamedTuple):
    """A line at `steps` (points,), and the band that it runs through; NaN where there is no number any more."""

    steps: NDArray[np.intp]
    line: Array
    low: Array
    high: Array


def _ends(name: str, curve: Curve) -> list[Series]:
    return [series(f"{name}, {end}", curve.steps, y) for end, y in (("lowest", curve.low), ("highest", curve.high))]


def gaps(place: int) -> Any:
    """The style of a line that lets `place` others be seen below it."""
    return "-" if place == 0 else (0, (5.0 / place + 1, 1.0 + 1.5 * place))


class Curves:
    """Numbered lines with faint bands in `axes`, and a mark at the step that is looked at."""

    def __init__(
        self, axes: Axes, colors: Sequence[str], names: Sequence[str], dashed: bool = False, width: float = 2.6
    ) -> None:
        """Make a line for each color, with its name.

        `dashed`: the later ones leave gaps, through which those below are seen.
        """
        axes.set_xlabel("step", fontsize=LABEL, color=INK, labelpad=1)
        self._bands = [Polygon(np.ones((3, 2)), closed=True, fc=c, ec=c, alpha=0.22, lw=0.8) for c in colors]
        for band in self._bands:
            band.set(animated=True, gid=TABLED)
            axes.add_patch(band)
        self.lines = [
            axes.plot([], [], color=c, lw=width, ls=gaps(i if dashed else 0), zorder=3, animated=True, label=name)[0]
            for i, (c, name) in enumerate(zip(colors, names, strict=True))
        ]
        self._here: Line2D = axes.axvline(0, color=GREY, lw=5, alpha=0.3, zorder=1, animated=True)
        self.numbers = LineNumbers(axes, len(colors))

    def update(self, curves: Sequence[Curve], here: int) -> None:
        """Show the curves, and the step that is looked at."""
        for band, line, curve in zip(self._bands, self.lines, curves, strict=True):
            line.set_data(curve.steps, curve.line)
            exact(band, partial(_ends, str(line.get_label()), curve))
            there = np.isfinite(curve.low) & np.isfinite(curve.high)
            band.set_visible(int(there.sum()) > 1)
            at, low, high = curve.steps[there], curve.low[there], curve.high[there]
            if len(at) > 1:
                band.set_xy(np.column_stack([np.r_[at, at[::-1]], np.r_[low, high[::-1]]]))
        self.numbers.update([(curve.steps, curve.line) for curve in curves])
        self._here.set_xdata([here, here])


class LossCurves:
    """A curve for each contestant, a level that means something, and where the numbers ceased to be finite."""

    def __init__(
        self, axes: Axes, steps: int, colors: Sequence[str], title: str, level: float, named: str,
        names: Sequence[str], top: float, dashed: bool = False,
    ) -> None:  # fmt: skip
        """Make the curves of `steps` steps; the axis reaches `top` at least, and `level` is dashed with its name."""
        self._axes, self._least, self._top = axes, top, 0.0
        quiet(axes, title=title, grid="y")
        naming(axes, "training loss", y=title.split(";")[0])
        axes.set_xlim(0, steps)
        axes.axhline(level, color=GREY, lw=1.4, ls=(0, (5, 4)), zorder=1)
        axes.annotate(
            named, (1, level), (-4, 3), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
            fontsize=LABEL, color=INK,
        )  # fmt: skip
        self.curves = Curves(axes, colors, names, dashed)
        self._ends = [
            axes.plot([], [], "X", color=c, markersize=11, transform=axes.get_xaxis_transform(), clip_on=False,
                      animated=True)[0]
            for c in colors
        ]  # fmt: skip
        self._text = live_text(axes, 0.99, 0.86, "right", "top")

    def update(self, curves: Sequence[Curve], ended: Sequence[int | None], here: int) -> None:
        """Show the curves, where each `ended` for want of a finite number, and the step that is looked at."""
        self._set_top(curves)
        self.curves.update(curves, here)
        for mark, step in zip(self._ends, ended, strict=True):
            mark.set_visible(step is not None)
            mark.set_data([] if step is None else [step], [] if step is None else [1.0])
        self._text.set_text(self._remark(curves))

    def _set_top(self, curves: Sequence[Curve]) -> None:
        """Follow the lines, in few steps, so that the axes stand still while they move."""
        values = np.concatenate([np.zeros(1), *(curve.line for curve in curves)])
        most = float(values[np.isfinite(values)].max())
        top = self._least if most <= self._least else min(step_above(most), _HIGHEST)
        if top != self._top:
            self._top = top
            self._axes.set_ylim(0, top)

    def _remark(self, curves: Sequence[Curve]) -> str:
        """What lies beyond the axes."""
        values = np.concatenate([np.zeros(1), *(curve.high for curve in curves)])
        most = float(values[np.isfinite(values)].max())
        return f"up to {short(most)}, above the axis" if most > self._top else ""
