"""Units as points: a network whose units start alike beside its random twin; how many differ, and what they learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.numbers import short, tenth
from labkit.figures.style import GREEN, GREY, INK, LABEL, LINE, TITLE, VERMILLION, live_text, new_figure, quiet
from labkit.nn.histogram import rounded_up

Array = NDArray[np.float64]
NAMES = ("started alike", "random start")
COLORS = (VERMILLION, GREEN)
_DASHES: Any = ("-", (0, (5, 1.5)))


@dataclass(frozen=True)
class Units:
    """The units of one layer of both networks by step: places (kept, 2, 2, units) are x and y; differing (kept, 2).

    `spread` (2,) is how far two units are apart in one number, at most, now.
    """

    layer: int
    steps: NDArray[np.intp]
    places: Array
    distinct: Array
    spread: Array


@dataclass(frozen=True)
class Learned:
    """Steps (kept,), loss and accuracy on the test set (kept, 2); the last step; the steps at which noise was added."""

    steps: NDArray[np.intp]
    loss: Array
    accuracy: Array
    end: int
    pushed: tuple[int, ...]


class UnitsPanel:
    """The units of one layer as points, and the ways they came."""

    def __init__(self, axes: Axes, name: str, color: str) -> None:
        """Make the artists in `axes`."""
        self.axes = axes
        quiet(axes, grid="both")
        axes.set_animated(True)  # its limits move with the weights
        axes.set_title(name, fontsize=TITLE, color=color, loc="left", weight="bold")
        axes.axhline(0, color=LINE, lw=1.5, zorder=0)
        axes.axvline(0, color=LINE, lw=1.5, zorder=0)
        self.trails = LineCollection([], colors=[color], linewidths=1.3, alpha=0.55, animated=True, zorder=2)
        axes.add_collection(self.trails, autolim=False)
        style: dict[str, Any] = {"ls": "", "animated": True, "clip_on": False}
        (self.starts,) = axes.plot([], [], "o", ms=6, mfc="white", mec=GREY, mew=1.3, zorder=3, **style)
        (self.points,) = axes.plot([], [], "o", ms=13, color=color, mec="white", mew=1.2, alpha=0.85, zorder=4, **style)
        self.said = live_text(axes, 1.0, 1.02, "right", "bottom")
        self.names = live_text(axes, 0.99, 0.02, "right", "bottom")

    def update(self, places: Array, said: str, names: str, reach: float) -> None:
        """Show places (kept, 2, units), the first ones hollow, the last ones filled."""
        self.trails.set_segments(list(np.moveaxis(places, 2, 0)))
        self.starts.set_data(*places[0])
        self.points.set_data(*places[-1])
        self.said.set_text(said)
        self.names.set_text(names)
        if self.axes.get_xlim()[1] != reach:
            self.axes.set(xlim=(-reach, reach), ylim=(-reach, reach))


class PairCurves:
    """One number of both networks by step, and the steps at which noise was added as dotted verticals."""

    def __init__(self, axes: Axes, title: str) -> None:
        """Make the curves in `axes`."""
        self.axes = axes
        quiet(axes, title=title, grid="y")
        axes.set_xlabel("step", fontsize=LABEL, color=INK, labelpad=1)
        self.lines = [
            axes.plot([], [], color=color, ls=dash, lw=2.8, animated=True, clip_on=False)[0]
            for color, dash in zip(COLORS, _DASHES, strict=True)
        ]
        self.noise = LineCollection([], colors=[INK], linewidths=1.6, linestyles=[":"], animated=True)
        axes.add_collection(self.noise, autolim=False)
        self._limits: tuple[int, float] | None = None

    def update(self, steps: NDArray[np.intp], values: Array, end: int, top: float, pushed: tuple[int, ...]) -> None:
        """Show values (kept, 2); what is not finite leaves a gap."""
        for line, each in zip(self.lines, values.T, strict=True):
            line.set_data(steps, np.where(np.isfinite(each), each, np.nan))
        self.noise.set_segments([np.array([[step, 0], [step, top]]) for step in pushed])
        if self._limits != (end, top):
            self._limits = (end, top)
            self.axes.set(xlim=(0, max(end, 1)), ylim=(0, top))


class SymmetryView:
    """Above the units of both networks; below how many of them differ, and the accuracy."""

    def __init__(self) -> None:
        """Make all artists: the picture has one shape."""
        self.figure: Figure = new_figure()
        grid = self.figure.add_gridspec(
            2, 2, height_ratios=(1.75, 1), left=0.06, right=0.985, top=0.935, bottom=0.085, hspace=0.32, wspace=0.13
        )
        pairs = zip(NAMES, COLORS, strict=True)
        self.units = [
            UnitsPanel(self.figure.add_subplot(grid[0, i]), name, color) for i, (name, color) in enumerate(pairs)
        ]
        self.distinct = PairCurves(self.figure.add_subplot(grid[1, 0]), "different units in this layer")
        self.accuracy = PairCurves(self.figure.add_subplot(grid[1, 1]), "accuracy on the test set")
        self.said = live_text(self.accuracy.axes, 1.0, 1.03, "right", "bottom")

    def show(self, units: Units, learned: Learned) -> None:
        """Show one layer, and how it went."""
        count = units.places.shape[-1]
        finite = np.isfinite(units.places)
        reach = rounded_up(1.08 * float(np.abs(units.places[finite]).max(initial=0.05)))
        below = "input" if units.layer == 0 else f"unit of layer {units.layer}:"
        names = f"across, up: weights from {below} 1 and 2"
        for i, panel in enumerate(self.units):
            panel.update(units.places[:, i], _said(units, i, count), names, reach)
        end, pushed = learned.end, learned.pushed
        self.distinct.update(units.steps, units.distinct, end, rounded_up(1.1 * count), pushed)
        accuracy = np.where(np.isfinite(learned.loss), learned.accuracy, np.nan)
        self.accuracy.update(learned.steps, accuracy, end, 1.05, pushed)
        self.said.set_text(" against ".join(tenth(float(value)) for value in accuracy[-1]))


def _said(units: Units, network: int, count: int) -> str:
    found, spread = float(units.distinct[-1, network]), float(units.spread[network])
    layer = f"layer {units.layer + 1}"
    if not np.isfinite(found):
        return f"{layer}: not finite"
    if found == 1:
        return f"{layer}: all {count} are the same"
    return f"{layer}: {short(found)} of {count} differ, by up to {short(spread, 2)}"
