"""Units as points: a network whose units start alike beside its random twin; how many differ, and what they learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.distinct_units import Counts, DistinctMap
from labkit.figures.numbers import percent, short, tenth
from labkit.figures.series import ASIDE, TABLED, along, exact, naming
from labkit.figures.step_axis import step_axis
from labkit.figures.style import GREEN, GREY, INK, LINE, TICK, TITLE, VERMILLION, live_text, new_figure, quiet
from labkit.nn.histogram import rounded_up

Array = NDArray[np.float64]
NAMES = ("started alike", "random start")
COLORS = (VERMILLION, GREEN)
_DASHES: Any = ("-", (0, (5, 1.5)))


@dataclass(frozen=True)
class Units:
    """The units of one layer of both networks: places (kept, 2, 2, units) are x and y, by step.

    `distinct` (2,) says how many differ now, `spread` (2,) how far two of them are apart in one number, at most.
    """

    layer: int
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
        naming(axes, f"units: {name}", "weight from 1", "weight from 2")
        axes.set_animated(True)  # its limits move with the weights
        axes.set_title(name, fontsize=TITLE, color=color, loc="left", weight="bold")
        axes.axhline(0, color=LINE, lw=1.5, zorder=0)
        axes.axvline(0, color=LINE, lw=1.5, zorder=0)
        self.trails = LineCollection([], colors=[color], linewidths=1.3, alpha=0.55, animated=True, zorder=2)
        axes.add_collection(self.trails, autolim=False)
        style: dict[str, Any] = {"ls": "", "animated": True, "clip_on": False}
        (self.starts,) = axes.plot([], [], "o", ms=6, mfc="white", mec=GREY, mew=1.3, zorder=3, **style)
        self.starts.set(label="at the start", gid=TABLED)
        (self.points,) = axes.plot([], [], "o", ms=13, color=color, mec="white", mew=1.2, alpha=0.85, zorder=4, **style)
        self.points.set_label("now")
        self.said = live_text(axes, 1.0, 1.02, "right", "bottom")
        self.names = live_text(axes, 0.99, 0.02, "right", "bottom")

    def update(self, places: Array, said: str, names: str, reach: float) -> None:
        """Show places (kept, 2, units), the first ones hollow, the last ones filled."""
        self.trails.set_segments(list(np.moveaxis(places, 2, 0)))
        ways = places.transpose(2, 1, 0)
        exact(self.trails, lambda: [along(f"way of unit {i}", *way) for i, way in enumerate(ways, 1)])
        self.starts.set_data(*places[0])
        self.points.set_data(*places[-1])
        self.said.set_text(said)
        self.names.set_text(names)
        if self.axes.get_xlim()[1] != reach:
            self.axes.set(xlim=(-reach, reach), ylim=(-reach, reach))


class Accuracies:
    """The accuracy of both networks by step, and the steps at which noise was added as dotted verticals."""

    def __init__(self, axes: Axes) -> None:
        """Make the curves in `axes`."""
        self.axes = axes
        quiet(axes, grid="y")
        naming(axes, "test accuracy", "step", "accuracy")
        style: dict[str, Any] = {"lw": 2.8, "animated": True, "clip_on": False}
        self.lines = [
            axes.plot([], [], color=color, ls=dash, label=name, **style)[0]
            for name, color, dash in zip(NAMES, COLORS, _DASHES, strict=True)
        ]
        self.noise = LineCollection(
            [], colors=[INK], linewidths=1.6, linestyles=[":"], animated=True, label="noise added (▼)",
            gid=ASIDE,
        )
        axes.add_collection(self.noise, autolim=False)
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.5, 1], [percent(v) for v in (0, 0.5, 1)])
        axes.legend(loc="lower right", fontsize=TICK, frameon=False, borderaxespad=0.1, labelspacing=0.2)
        self.said = live_text(axes, 1.0, 1.03, "right", "bottom")
        self._end: int | None = None

    def update(self, learned: Learned) -> None:
        """Show the accuracy; what is not finite leaves a gap."""
        accuracy = np.where(np.isfinite(learned.loss), learned.accuracy, np.nan)
        for line, each in zip(self.lines, accuracy.T, strict=True):
            line.set_data(learned.steps, each)
        self.noise.set_segments([np.array([[step, 0], [step, 1.02]]) for step in learned.pushed])
        said = " against ".join(tenth(float(value)) for value in accuracy[-1])
        self.said.set_text(f"test accuracy {said}")
        if self._end != learned.end:
            self._end = learned.end
            step_axis(self.axes, learned.end)


class SymmetryView:
    """Above the units of both networks; below how many of them differ, layer by layer, and the accuracy."""

    def __init__(self) -> None:
        """Make all artists: the picture has one shape."""
        self.figure: Figure = new_figure()
        add, pairs = self.figure.add_axes, list(zip(NAMES, COLORS, strict=True))
        above = ((0.06, 0.45, 0.435, 0.485), (0.55, 0.45, 0.435, 0.485))
        below = ((0.06, 0.075, 0.225, 0.265), (0.365, 0.075, 0.225, 0.265))
        self.units = [UnitsPanel(add(place), *pair) for place, pair in zip(above, pairs, strict=True)]
        self.maps = [
            DistinctMap(add(place), f"different units: {name}", color)
            for place, (name, color) in zip(below, pairs, strict=True)
        ]
        self.bar = self.figure.colorbar(self.maps[1].image, cax=add((0.628, 0.075, 0.01, 0.265)))
        self.bar.ax.tick_params(labelsize=TICK)
        self._width: int | None = None
        self.accuracies = Accuracies(add((0.735, 0.075, 0.25, 0.265)))

    def show(self, units: Units, counts: Counts, learned: Learned) -> None:
        """Show one layer's units, the counts of all layers, and how it went."""
        finite = np.isfinite(units.places)
        reach = rounded_up(1.08 * float(np.abs(units.places[finite]).max(initial=0.05)))
        below = "input" if units.layer == 0 else f"unit of layer {units.layer}:"
        names = f"across, up: weights from {below} 1 and 2"
        for i, panel in enumerate(self.units):
            panel.update(units.places[:, i], _said(units, i, counts.width), names, reach)
            self.maps[i].update(counts, i, units.layer, () if i else learned.pushed)
        self.accuracies.update(learned)
        if self._width != counts.width:
            self._width = counts.width
            self.bar.set_ticks([1, counts.width])


def _said(units: Units, network: int, count: int) -> str:
    found, spread = float(units.distinct[network]), float(units.spread[network])
    layer = f"layer {units.layer + 1}"
    if not np.isfinite(found):
        return f"{layer}: not finite"
    if found == 1:
        return f"{layer}: all {count} are the same"
    return f"{layer}: {short(found)} of {count} differ, by up to {short(spread, 2)}"
