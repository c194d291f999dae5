"""A measure along one axis of a sweep: the mean of the seeds, the range that they fill, and theory beside it."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from labkit.figures.layer_curves import decade_axis
from labkit.figures.series import TABLED, THEORY, Series, exact, naming, table
from labkit.figures.style import GREY, INK, LABEL, live_text, quiet
from labkit.nn.histogram import decades

Array = NDArray[np.float64]


class Levels(NamedTuple):
    """An axis: what it is called, and the words for each of its levels."""

    label: str
    words: tuple[str, ...]


class Slice(NamedTuple):
    """Along the levels of an axis, (levels,) each: the mean, the least and the greatest of what was measured there, and
    what theory says where it says something; NaN where there is no number. `at` says what the other axis stands at.
    """

    at: str
    mean: Array
    low: Array
    high: Array
    theory: Array | None


class SliceCurve:
    """One curve over the levels, its ribbon, theory, and a mark where one is."""

    def __init__(self, axes: Axes, levels: Levels, measure: str, color: str, log: bool) -> None:
        """Make the curve in `axes`, which are empty."""
        self._axes, self._levels, self._measure, self._log = axes, levels, measure, log
        self._places = np.arange(len(levels.words), dtype=np.float64)
        axes.set_animated(True)  # its title and its limits move
        self._ribbon = Polygon(np.ones((3, 2)), closed=True, color=color, alpha=0.22, lw=0, animated=True)
        self._ribbon.set_gid(TABLED)
        axes.add_patch(self._ribbon)
        size = 7 if len(levels.words) <= 16 else 4
        (self._mean,) = axes.plot([], [], "-o", color=color, lw=2.4, markersize=size, animated=True)
        (self._theory,) = axes.plot([], [], "--", color=INK, lw=1.8, zorder=4, animated=True)
        self._mean.set_label("mean of the seeds")
        self._theory.set(label=THEORY, gid=TABLED)
        self._here = axes.axvline(0, color=GREY, lw=5, alpha=0.3, zorder=1, animated=True)
        self._text = live_text(axes, 0.99, 0.98, "right", "top")
        self._limits: tuple[float, float] | None = None
        self._at = ""

    def update(self, shown: Slice, here: int) -> None:
        """Show a slice, and at which level one is."""
        if shown.at != self._at:
            self._at = shown.at
            quiet(self._axes, title=f"{self._measure} at {shown.at}", grid="y")
            naming(self._axes, f"{self._measure} at {shown.at}", self._levels.label, self._measure)
            level_axis(self._axes, "x", self._levels)
            self._axes.set_xlim(-0.5, len(self._places) - 0.5)
        self._mean.set_data(self._places, shown.mean)
        exact(self._mean, lambda: [table("mean of the seeds", self._levels.words, shown.mean)])
        self._show_ribbon(shown)
        self._theory.set_visible(shown.theory is not None)
        if shown.theory is not None:
            self._theory.set_data(self._places, shown.theory)
        self._here.set_xdata([here, here])
        lost = int((~np.isfinite(shown.mean)).sum())
        self._text.set_text(f"no number at {lost} of {len(self._places)}" if lost else "")
        self._set_limits(*self._ends(shown))

    def _show_ribbon(self, shown: Slice) -> None:
        there = np.isfinite(shown.low) & np.isfinite(shown.high) & ((shown.low > 0) | (not self._log))
        places, low, high = self._places[there], shown.low[there], shown.high[there]
        self._ribbon.set_visible(len(places) > 1)
        if len(places) > 1:
            self._ribbon.set_xy(np.column_stack([np.r_[places, places[::-1]], np.r_[low, high[::-1]]]))
        exact(self._ribbon, lambda: _ends_of(shown, self._levels))

    def _ends(self, shown: Slice) -> tuple[float, float]:
        """The least and the greatest number that is drawn."""
        found = np.concatenate([shown.low, shown.high, [] if shown.theory is None else shown.theory])
        some = found[np.isfinite(found) & ((found > 0) | (not self._log))]
        if not some.size:
            return 0.1, 1.0
        return float(some.min()), float(some.max())

    def _set_limits(self, least: float, greatest: float) -> None:
        if (least, greatest) == self._limits:
            return
        self._limits = least, greatest
        if self._log:
            self._axes.set_yscale("log", nonpositive="mask")
            decade_axis(self._axes, *decades(least, greatest))
        else:
            margin = 0.06 * (greatest - least) or 0.5
            self._axes.set_ylim(least - margin, greatest + margin)


def _ends_of(shown: Slice, levels: Levels) -> list[Series]:
    ends = (("least of the seeds", shown.low), ("greatest of the seeds", shown.high))
    return [table(name, levels.words, y) for name, y in ends]


_MOST_TICKS = 9
_LETTERS = 128
"""How many stand side by side in the whole width of a picture."""
LONGEST, _NUMBER = 15, 7
"""Letters of a word beside an axis, and of a number."""


def cut(word: str, most: int) -> str:
    """A word of so many letters at most."""
    return word if len(word) <= most else f"{word[: most - 1].rstrip()}…"


def level_axis(axes: Axes, which: str, levels: Levels) -> None:
    """Name the levels along the axis `which`, x or y: the first, and as many as there is room for; words are cut."""
    count, most, ticks = len(levels.words), LONGEST, _MOST_TICKS
    wide = axes.get_position().width * _LETTERS
    if which == "x":
        ticks = min(ticks, int(wide / min(_NUMBER, max(len(word) for word in levels.words))))
    step = max(1, -(-count // ticks))
    if which == "x":
        most = max(_NUMBER, int(wide * step / count) - 1)
    places = list(range(0, count, step))
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(places, [cut(levels.words[place], most) for place in places])
    axis.set_label_text(levels.label, fontsize=LABEL, color=INK)
