"""The angles between a few inputs: their directions at one layer, and the angles and the spread by layer."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import NDArray

from labkit.figures.layer_curves import LayerCurve, Theory
from labkit.figures.numbers import percent
from labkit.figures.series import TABLED, THEORY, Series, along, exact, naming, number
from labkit.figures.style import (
    BLUE,
    FORWARD,
    GREEN,
    GREY,
    HEIGHT,
    INK,
    LABEL,
    LINE,
    PURPLE,
    TICK,
    TITLE,
    VERMILLION,
    WIDTH,
    live_text,
    new_figure,
    quiet,
)

Array = NDArray[np.float64]
ORANGE = "#E69F00"  # Okabe and Ito's
COLORS = (INK, BLUE, GREEN, ORANGE, VERMILLION, PURPLE)
"""One for each input, the first one's first."""
_CORRELATIONS = {0: "1", 45: "0.71", 90: "0", 135: "−0.71", 180: "−1"}


class Directions(NamedTuple):
    """Unit vectors in a plane, (inputs, 2): at the start, and in `layer`; `kept` is the share that the plane holds."""

    start: Array
    now: Array
    kept: float
    layer: int


class Compass:
    """Directions as arrows in a circle; hollow marks on it show where they began."""

    def __init__(self, axes: Axes, count: int) -> None:
        """Make `count` arrows in `axes`."""
        axes.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12), xticks=[], yticks=[], facecolor="none")
        axes.spines[:].set_visible(False)
        naming(axes, "directions", "across", "up")
        axes.add_patch(Circle((0, 0), 1, fill=False, color=LINE, lw=1.5))
        colors = list(COLORS[:count])
        self._starts = [
            axes.plot([], [], "o", mfc="white", mec=c, mew=2, markersize=8, animated=True, clip_on=False)[0]
            for c in colors
        ]
        self._arrows = axes.quiver(
            np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count), color=colors, animated=True,
            angles="xy", scale_units="xy", scale=1, width=0.013, headwidth=3.6, headlength=4.5, headaxislength=4,
            minlength=0, zorder=3, clip_on=False,
        )  # fmt: skip
        self._layer = live_text(axes, 0.0, 1.03, "left", "bottom")
        self._layer.set_fontsize(TITLE)
        self._kept = live_text(axes, 0.0, -0.03, "left", "top")

    def update(self, shown: Directions) -> None:
        """Show the directions; a vector that has none is left out and counted."""
        for mark, (x, y) in zip(self._starts, shown.start, strict=True):
            mark.set_data([x], [y])
        exact(self._arrows, partial(_directions, shown))
        exact(self._kept, lambda: [number("share of the squared lengths in this plane", shown.kept)])
        there = np.isfinite(shown.now[:, 0])
        self._arrows.set_UVC(*np.where(there[:, None], shown.now, 0).T)
        self._arrows.set_visible(bool(there.any()))
        self._layer.set_text("layer 0: the inputs" if shown.layer == 0 else f"layer {shown.layer}")
        self._kept.set_text(_kept(shown.kept, int((~there).sum()), len(there)))


def _directions(shown: Directions) -> list[Series]:
    named = [f"input {number}" for number in range(1, len(shown.now) + 1)]
    both = ("layer 0", shown.start), (f"layer {shown.layer}", shown.now)
    return [along(f"{n}, {when}", *place) for when, places in both for n, place in zip(named, places, strict=True)]


def _kept(share: float, lost: int, count: int) -> str:
    lines = [] if lost == count else [f"this plane holds {percent(share)}", "of the squared lengths"]
    if lost:
        lines.insert(0, f"{lost} of {count} have no direction: zero or not finite")
    return "\n".join(lines)


class AngleCurves:
    """The angle of each input to the first one by layer, from layer 0, the inputs; degrees left, correlation right."""

    def __init__(self, axes: Axes, depth: int, count: int) -> None:
        """Make the curves of `count` inputs in `axes`."""
        self._layers = np.arange(depth + 1)
        quiet(axes, title="angle to the first input", grid="y")
        naming(axes, x="layer", y="degrees")
        axes.set_ylim(-4, 184)
        axes.set_yticks(list(_CORRELATIONS), [f"{d}°" for d in _CORRELATIONS])
        beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "color": INK}
        for degrees, correlation in _CORRELATIONS.items():  # a second axis would ask for a second full draw
            axes.text(1.015, degrees, correlation, fontsize=TICK, **beside)
        axes.text(1.15, 90, "correlation (cosine)", fontsize=LABEL, rotation=270, ha="center", **beside)
        size = 6 if depth <= 30 else 3
        self._goal = axes.axhline(0, color=GREY, lw=1.4, ls=":", animated=True, visible=False)
        self._measured = [
            axes.plot([], [], "-o", color=c, lw=2.2, markersize=size, animated=True, clip_on=False)[0]
            for c in COLORS[1:count]
        ]
        self._theory = [
            axes.plot([], [], "--", color=INK, lw=1.5, zorder=4, animated=True, visible=False)[0]
            for _ in COLORS[1:count]
        ]
        for i, (drawn, theory) in enumerate(zip(self._measured, self._theory, strict=True), 2):
            drawn.set_label(f"input {i}")
            theory.set(label=f"input {i}, {THEORY}", gid=TABLED)
        self._text = live_text(axes, 1.0, 1.02, "right", "bottom")

    def update(self, measured: Array, theory: Array | None, goal: float | None) -> None:
        """Show angles in degrees, (depth + 1, inputs - 1), by theory too where it says something; and its end."""
        for i, line in enumerate(self._measured):
            line.set_data(self._layers, measured[:, i])
        for i, line in enumerate(self._theory):
            line.set_visible(theory is not None)
            if theory is not None:
                line.set_data(self._layers, theory[:, i])
        self._goal.set_visible(goal is not None)
        if goal is not None:
            self._goal.set_ydata([goal, goal])
            exact(self._goal, lambda: [number("theory's end", goal)])
        dashes = "dashed: theory" if goal is None else "dashed: theory, dotted: its end"
        self._text.set_text("" if theory is None else dashes)


class AnglesView:
    """Directions at the left; angles, and below them the std of the activations, by layer at the right."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._made: tuple[int, int] | None = None

    def update(
        self, shown: Directions, measured: Array, theory: Array | None, goal: float | None, std: Array,
        std_theory: Theory | None,
    ) -> None:  # fmt: skip
        """Show the directions, the angles in degrees, (depth + 1, inputs - 1), and the std, (depth,); with theory."""
        depth, count = len(std), len(shown.now)
        if self._made != (depth, count):
            self._make(depth, count)
        self._compass.update(shown)
        self._angles.update(measured, theory, goal)
        self._std.update(std, std_theory)
        for line in self._here:
            line.set_xdata([shown.layer, shown.layer])

    def _make(self, depth: int, count: int) -> None:
        self.figure.clear()
        self._made = (depth, count)
        figure = self.figure
        compass = figure.add_axes((0.02, 0.13, 0.405, 0.405 * WIDTH / HEIGHT))
        title: dict[str, Any] = {"fontsize": TITLE + 1.5, "color": INK, "weight": "bold", "va": "center"}
        figure.text(0.015, 0.965, "directions of the activations h", **title)
        grid = figure.add_gridspec(
            2, 1, height_ratios=(1.45, 1), left=0.495, right=0.915, top=0.925, bottom=0.09, hspace=0.36
        )
        upper, lower = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        self._compass = Compass(compass, count)
        self._angles = AngleCurves(upper, depth, count)
        self._std = LayerCurve(lower, depth, "std of the activations h", FORWARD)
        ticks, limits = lower.get_xticks(), (-max(0.3, 0.02 * depth), lower.get_xlim()[1])
        first = [t for t in ticks if t > 1 or depth <= 12]
        for axes in (upper, lower):
            axes.set_xlim(limits)
            axes.set_xticks([0, *first])
        self._here: list[Line2D] = [
            axes.axvline(0, color=GREY, lw=5, alpha=0.25, zorder=1, animated=True) for axes in (upper, lower)
        ]
