"""Functions and their slopes side by side, with the effective range of each marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from labkit.figures.intervals import interval
from labkit.figures.series import Series, along, exact, naming, table
from labkit.figures.style import BLUE, GREEN, INK, LABEL, LINE, PURPLE, VERMILLION, blank, live_text, quiet

Array = NDArray[np.float64]
Interval = tuple[float, float]
_BROWN, _SKY = "#7a4a00", "#2b8cbe"
STYLES: tuple[tuple[str, object], ...] = (
    (BLUE, "-"), (VERMILLION, (0, (6, 2))), (GREEN, (0, (6, 1.5, 1.2, 1.5))), (PURPLE, (0, (1.4, 1.2))),
    (_BROWN, (0, (10, 2))), (_SKY, (0, (4, 1.2, 1, 1.2, 1, 1.2))), (INK, "-"),
)  # fmt: skip
"""Color and dash of each curve: told apart by either. The last is for the user's own formula."""
_LEAST_PLACES = 4
_FAR = 1e3  # far beyond the axes; keeps what is huge or infinite drawable


@dataclass(frozen=True)
class Shown:
    """One function: its name, places (m,), values and slopes there with NaN at jumps, effective and output range."""

    label: str
    z: Array
    value: Array
    slope: Array
    effective: Interval
    output: Interval


class FunctionsView:
    """f on the left, f' on the right; below, the names and the interval where each slope is worth something."""

    def __init__(self, figure: Figure) -> None:
        """Make the panels, and a curve for each style."""
        grid = figure.add_gridspec(
            2, 2, height_ratios=(1.75, 1), left=0.06, right=0.985, top=0.93, bottom=0.075, hspace=0.3, wspace=0.12
        )
        self._values = figure.add_subplot(grid[0, 0])
        self._slopes = figure.add_subplot(grid[0, 1])
        self._names, self._bars = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
        quiet(self._values, title="f(z)", grid="both")
        quiet(self._slopes, title="slope f′(z)", grid="both")
        self.remark = live_text(self._slopes, 0.99, 0.98, "right", "top")
        naming(self._values, x="z", y="f(z)")
        naming(self._slopes, x="z", y="f′(z)")
        self._make_strip(self._names, self._bars)
        self._rows = [_Row(self, self._names, number) for number in range(len(STYLES))]
        self._limits: tuple[float, ...] = ()

    @staticmethod
    def _make_strip(names: Axes, bars: Axes) -> None:
        blank(names)
        quiet(bars)
        bars.set_title("effective range: slope at least 1 % of its largest", fontsize=LABEL, color=INK, loc="left")
        bars.set_yticks([])
        bars.spines["left"].set_visible(False)
        bars.set_xlabel("z", fontsize=LABEL, color=INK, labelpad=0)
        bars.grid(axis="x", color=LINE, linewidth=0.8)
        bars.set_axisbelow(True)
        names.set_xlim(0, 1)

    def update(self, shown: Sequence[Shown], styles: Sequence[int]) -> None:
        """Show these functions, each in the style of that number, on axes that hold them."""
        reach = float(shown[0].z[-1])
        places = max(len(shown), _LEAST_PLACES)
        slopes = _slope_limits(shown)
        self._set_limits(reach, _value_limits(shown, reach / 2), slopes, places)
        self.remark.set_text("\n".join(filter(None, (_beyond(function, slopes) for function in shown))))
        for row in self._rows:
            row.hide()
        for place, (style, function) in enumerate(zip(styles, shown, strict=True)):
            self._rows[style].show(function, place, places, reach)

    def _set_limits(self, reach: float, values: Interval, slopes: Interval, places: int) -> None:
        limits = (reach, *values, *slopes, places)
        if limits == self._limits:
            return  # nothing to draw anew
        self._limits = limits
        for axes in (self._values, self._slopes, self._bars):
            axes.set_xlim(-reach, reach)
        for axes in (self._names, self._bars):
            axes.set_ylim(places - 0.5, -0.5)
        margin = 0.04 * (values[1] - values[0])
        self._values.set_ylim(values[0] - margin, values[1] + margin)
        self._slopes.set_ylim(*slopes)

    @property
    def rows(self) -> list["_Row"]:
        """The artists of each style."""
        return self._rows

    @property
    def panels(self) -> tuple[Axes, Axes, Axes]:
        """Values, slopes, effective ranges."""
        return self._values, self._slopes, self._bars


class _Row:
    """The artists of one function."""

    def __init__(self, view: FunctionsView, names: Axes, number: int) -> None:
        values, slopes, bars = view.panels
        color, dash = STYLES[number]
        line = {"color": color, "linestyle": dash, "lw": 2.6, "animated": True, "zorder": _order(number)}
        (self.value,) = values.plot([], [], **line)  # type: ignore[arg-type]
        (self.slope,) = slopes.plot([], [], **line)  # type: ignore[arg-type]
        (self.sample,) = names.plot([], [], **line)  # type: ignore[arg-type]
        (self.bar,) = bars.plot([], [], color=color, lw=6, solid_capstyle="butt", animated=True)
        (self.left,) = bars.plot([], [], "<", color=color, markersize=10, animated=True, clip_on=False)
        (self.right,) = bars.plot([], [], ">", color=color, markersize=10, animated=True, clip_on=False)
        (self.ends,) = values.plot([], [], "o", color=color, markersize=7, mec="white", animated=True, zorder=4)
        self.name = live_text(names, 0.14, 0, "left", "bottom")
        self.range = live_text(names, 1.0, 0, "right", "bottom")
        naming(names, "effective range: slope at least 1 % of its largest", "end", "z")
        self._artists: Iterable[Line2D] = (
            self.value, self.slope, self.sample, self.bar, self.left, self.right, self.ends,
        )  # fmt: skip

    def hide(self) -> None:
        for artist in self._artists:
            artist.set_visible(False)
        self.name.set_text("")
        self.range.set_text("")
        exact(self.range, list)

    def show(self, function: Shown, place: int, places: int, reach: float) -> None:
        for artist in (self.value, self.slope, self.sample, self.bar):
            artist.set_visible(True)
        self.value.set_data(function.z, np.clip(function.value, -_FAR, _FAR))
        self.slope.set_data(function.z, np.clip(function.slope, -_FAR, _FAR))
        for artist, values in ((self.value, function.value), (self.slope, function.slope)):
            artist.set_label(function.label)
            exact(artist, partial(_one, function.label, function.z, values))
        exact(self.range, lambda: [table(function.label, ("from", "to"), function.effective)])
        self.sample.set_data([0.0, 0.12], [place, place])
        self.name.set_text(function.label)
        self.range.set_text(interval(*function.effective))
        height = 1 - (place + 0.5) / places - 0.065
        self.name.set_position((0.14, height))
        self.range.set_position((1.0, height))
        self._show_range(function, place, reach)

    def _show_range(self, function: Shown, place: int, reach: float) -> None:
        low, high = function.effective
        self.bar.set_visible(isfinite(low) or low < 0)
        self.bar.set_data([max(low, -reach), min(high, reach)], [place, place])
        self.left.set_visible(low < -reach)
        self.left.set_data([-reach], [place])
        self.right.set_visible(high > reach)
        self.right.set_data([reach], [place])
        ends = np.array([end for end in (low, high) if abs(end) < reach])
        self.ends.set_visible(len(ends) > 0)
        known = np.isfinite(function.value)
        self.ends.set_data(ends, np.interp(ends, function.z[known], function.value[known]))


def _one(name: str, z: Array, values: Array) -> list[Series]:
    return [along(name, z, values)]


def _order(number: int) -> float:
    """Dashes above solid lines, so that what lies beneath is seen between them."""
    return 3 + 0.01 * (number if STYLES[number][1] != "-" else -number)


def _value_limits(shown: Sequence[Shown], cap: float) -> Interval:
    """Limits that hold a function up to each of its bounds, and within +-cap where it has none."""
    low = high = 0.0
    for function in shown:
        finite = function.value[np.isfinite(function.value)]
        if not len(finite):
            continue
        down, up = (np.inf if isfinite(end) else cap for end in function.output)
        low = min(low, max(float(finite.min()), -down))
        high = max(high, min(float(finite.max()), up))
    low, high = _snapped(-low, cap), _snapped(high, cap)
    return (-low, high) if low + high > 0 else (-1.0, 1.0)


def _snapped(size: float, cap: float) -> float:
    """Few steps, so that the axes stand still while alpha moves."""
    if size < 1e-3:
        return 0.0
    return next((step for step in (0.5, 1.0, 2.0, cap) if size <= 1.0001 * step), float(ceil(size)))


def _slope_limits(shown: Sequence[Shown]) -> Interval:
    """Few steps on both sides of 0, up to 10 and a margin: limits that hold every slope that is not larger."""
    slopes = np.concatenate([[0.0], *(function.slope[np.isfinite(function.slope)] for function in shown)])
    down, up = -float(slopes.min()), float(slopes.max())
    largest = _slope_step(max(down, up))
    room = 0.15 * largest / 1.06  # for the small negative slopes of Swish and its kin
    low, high = (room if size <= room else _slope_step(size) for size in (down, up))
    return -1.06 * low, 1.06 * high


def _slope_step(size: float) -> float:
    return next((step for step in (0.25, 0.5, 1.0, 1.25, 2.0, 5.0) if size <= 1.0001 * step), 10.0)


def _beyond(function: Shown, limits: Interval) -> str:
    """Says which share of a function's slopes its axis does not hold; nothing where it holds all."""
    slope = function.slope[~np.isnan(function.slope)]
    beyond = np.count_nonzero((slope < limits[0]) | (slope > limits[1]))
    return f"{function.label}: {max(1, round(100 * beyond / len(slope)))} % lies outside" if beyond else ""


