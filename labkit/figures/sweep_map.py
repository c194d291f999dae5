"""The picture of a sweep: a map of one measure over two axes, and beside it what runs through a point of it, each way.

Cells are of one size whatever their axis stands for, so that a cell is where its number is; theory's lines are placed
between them. A map is background, drawn once for what it shows; its point and the curves through it move.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from labkit.figures.series import TABLED, Series, exact, naming, table
from labkit.figures.slice_curve import LONGEST, Levels, Slice, SliceCurve, cut, level_axis
from labkit.figures.style import BACKWARD, FORWARD, INK, LABEL, ORDERED, TICK, new_figure, quiet

Array = NDArray[np.float64]
_CASING = [withStroke(linewidth=5, foreground="white")]
_STYLES = ("-", "--", ":")
_LEFT, _RIGHT = 0.078, 0.541
_LETTER = 0.0085
"""How wide one is, as a share of the picture: words beside the map need more room than short numbers."""


class Line(NamedTuple):
    """What theory says about the plane: a name, and a line in levels, (points,) each, counted from 0."""

    name: str
    across: Array
    up: Array


class Map(NamedTuple):
    """One measure over two axes; `short` is its name where there is little room.

    `values` is (levels up, levels across), NaN where there is no number; `ends` are those of the colors, on a
    logarithmic scale where `log`.
    """

    title: str
    measure: str
    short: str
    across: Levels
    up: Levels
    values: Array
    ends: tuple[float, float]
    log: bool
    lines: tuple[Line, ...] = ()


class SweepView:
    """The map at the left; at the right the measure along its row, and along its column."""

    def __init__(self) -> None:
        """Make the axes; what is in them comes with the first map."""
        self.figure: Figure = new_figure()
        self._axes = self.figure.add_axes((_LEFT, 0.265, _RIGHT - _LEFT, 0.65))
        self._bar = self.figure.add_axes((_LEFT, 0.085, _RIGHT - _LEFT, 0.025))
        self._along = self.figure.add_axes((0.635, 0.585, 0.35, 0.33))
        self._through = self.figure.add_axes((0.635, 0.09, 0.35, 0.33))
        self._shown: Map | None = None
        self._marks: list[Artist] = []
        style: dict[str, Any] = {"markeredgecolor": INK, "markerfacecolor": "white", "clip_on": False}
        style |= {"markersize": 15, "markeredgewidth": 3, "animated": True, "zorder": 6}
        (self._point,) = self._axes.plot([], [], "o", **style)
        self._point.set_label("you are here")

    @property
    def look(self) -> object:
        """What stands still depends on the map and on the axes beside it alone."""
        assert self._shown is not None
        return repr(self._shown), self._shown.values.tobytes()  # a large array's repr leaves out its middle

    def show(self, shown: Map, here: tuple[int, int], along: Slice, through: Slice) -> None:
        """Show a map with the point at level `here` (across, up), and the curves through it: its row, its column."""
        if shown is not self._shown:
            self._shown = shown
            self._draw_map(shown)
            self._row = SliceCurve(self._along, shown.across, shown.short, FORWARD, shown.log)
            self._column = SliceCurve(self._through, shown.up, shown.short, BACKWARD, shown.log)
            self.figure.stale = True
        self._point.set_data([here[0]], [here[1]])
        self._row.update(along, here[0])
        self._column.update(through, here[1])

    def _draw_map(self, shown: Map) -> None:
        self._clear()
        axes, low, high = self._axes, *shown.ends
        quiet(axes, title=shown.title)
        naming(axes, shown.title, shown.across.label, shown.up.label)
        norm = LogNorm(low, high, clip=True) if shown.log else Normalize(low, high, clip=True)
        axes.set_facecolor("#ececec")  # of a cell without a number
        image = axes.imshow(
            np.ma.masked_invalid(shown.values), norm=norm, cmap=ORDERED, origin="lower", aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        exact(image, partial(_rows, shown))
        self._marks = [image]
        for line, style in zip(shown.lines, _STYLES, strict=False):
            (artist,) = axes.plot(line.across, line.up, style, color=INK, lw=2.4, zorder=4, path_effects=_CASING)
            artist.set(label=line.name, gid=TABLED)
            self._marks.append(artist)
        if shown.lines:
            names = [line.name.replace("ξ_c", r"$\xi_c$") for line in shown.lines]
            self._marks.append(axes.legend(self._marks[1:], names, loc="upper right", fontsize=LABEL))
        axes.set(xlim=(-0.5, len(shown.across.words) - 0.5), ylim=(-0.5, len(shown.up.words) - 0.5))
        longest = max(len(cut(word, LONGEST)) for word in shown.up.words)
        left = _LEFT + _LETTER * max(0, longest - 6)
        axes.set_position((left, 0.265, _RIGHT - left, 0.65))
        level_axis(axes, "x", shown.across)
        level_axis(axes, "y", shown.up)
        bar = self.figure.colorbar(image, cax=self._bar, orientation="horizontal")
        bar.ax.tick_params(labelsize=TICK)
        bar.ax.set_title(shown.measure, fontsize=LABEL, loc="left", color=INK, pad=4)

    def _clear(self) -> None:
        for mark in self._marks:
            mark.remove()
        for axes in (self._bar, self._along, self._through):
            axes.clear()


def _rows(shown: Map) -> list[Series]:
    """The colors, a series for each row of cells."""
    return [
        table(f"{shown.measure} at {shown.up.label} = {word}", shown.across.words, row)
        for word, row in zip(shown.up.words, shown.values, strict=True)
    ]
