"""The picture of one layer's weights: what they do forward and backward, and every scheme's size side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.histograms import shares
from labkit.figures.live_text import LiveText
from labkit.figures.numbers import percent, short
from labkit.figures.series import TABLED, exact, naming, number, table
from labkit.figures.style import BACKWARD, BLUE, FORWARD, GREEN, GREY, INK, LABEL, TICK, live_text, new_figure, quiet
from labkit.nn.histogram import decades, rounded_up
from labkit.nn.statistics import Distribution

Array = NDArray[np.float64]
TITLES = {"weights": "weights W", "pre": "pre-activations z", "post": "activations h", "back": "gradient dC/dx"}
_COLORS = {"weights": GREEN, "pre": FORWARD, "post": FORWARD, "back": BACKWARD}


@dataclass(frozen=True)
class Promise:
    """What theory promises of a histogram: NaN where it promises nothing. `gaussian`: the density as well."""

    mean: float
    std: float
    gaussian: bool = False


@dataclass(frozen=True)
class Scheme:
    """One line of the comparison: a scheme's name and the std that it gives."""

    label: str
    rms: float
    chosen: bool = False


class WeightsView:
    """Four histograms of one layer above, the comparison of all schemes below."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._labels: tuple[str, ...] | None = None

    def show(
        self,
        distributions: Mapping[str, Distribution],
        promises: Mapping[str, Promise],
        schemes: Sequence[Scheme],
        keeping: tuple[float, float],
    ) -> None:
        """Show one layer's histograms by the keys of TITLES, each of depth 1, with what is promised of them.

        `keeping` holds the std of weights with which z has std 1 and that with which dC/dx has.
        """
        labels = tuple(scheme.label for scheme in schemes)
        if labels != self._labels:
            self._make(labels)
        for name, panel in self.panels.items():
            panel.update(distributions[name], promises[name])
        self.strip.update(schemes, keeping)

    def _make(self, labels: tuple[str, ...]) -> None:
        self.figure.clear()
        self._labels = labels
        above = self.figure.add_gridspec(1, len(TITLES), left=0.053, right=0.985, top=0.865, bottom=0.595, wspace=0.24)
        self.panels = {
            name: Panel(self.figure.add_subplot(above[0, i]), title, _COLORS[name])
            for i, (name, title) in enumerate(TITLES.items())
        }
        below = self.figure.add_gridspec(1, 1, left=0.215, right=0.875, top=0.475, bottom=0.06)
        self.strip = Strip(self.figure, below[0, 0], labels)


class Panel:
    """One histogram, with the promised spread as dashed lines and its numbers above it."""

    def __init__(self, axes: Axes, title: str, color: str) -> None:
        """Make the artists in `axes`."""
        quiet(axes)
        axes.set_title(title, fontsize=LABEL + 1.5, color=INK, loc="left", y=1.29, weight="bold")
        self.axes = axes
        self.bars = axes.stairs([0.0], [0.0, 1.0], fill=True, color=color, animated=True, label="measured")
        self.zeros = axes.stairs([0.0], [0.0, 1.0], fill=True, color=INK, animated=True, label="exactly 0")
        exact(self.zeros, list)  # said in the remark
        naming(axes, x="value", y="share")
        # white below the verticals, so that a dashed line is seen on a bar of any color
        self._halos = [axes.plot([], [], color="white", lw=3.0, animated=True)[0] for _ in range(2)]
        self.marks = [axes.plot([], [], color=INK, lw=1.7, ls=_DASHES, animated=True)[0] for _ in range(2)]
        (self.density,) = axes.plot([], [], color=INK, lw=1.7, ls=_DASHES, animated=True)
        self.density.set(label="promised", gid=TABLED)
        self.numbers = live_text(axes, 0.0, 1.04, "left", "bottom")
        self.remark: LiveText = live_text(axes, 0.99, 0.99, "right", "top")
        self._limits: tuple[float, float, float] | None = None

    def update(self, distribution: Distribution, promise: Promise) -> None:
        """Show one layer's distribution."""
        counts, edges = shares(distribution)
        zeros = float(distribution.zeros[0])
        width = float(edges[1] - edges[0])
        self.bars.set_data(counts[0], edges)
        self.zeros.set_visible(zeros > 0)
        start = min(max(-width / 2, edges[0]), edges[-1] - width)
        self.zeros.set_data([zeros], [start, start + width])
        density = _density(promise, edges) if promise.gaussian and promise.std > 0 else np.zeros(0)
        top = min(1.0, rounded_up(max(float(counts.max()), 1.1 * density.max(initial=0.0), zeros, 0.04)))
        self._set_limits(float(edges[0]), float(edges[-1]), top)
        self._show_promise(promise, np.linspace(edges[0], edges[-1], len(density)), density, top)
        promised = f"promised {short(promise.std)}" if isfinite(promise.std) else "no promise"
        self.numbers.set_text(f"std {short(float(distribution.std[0]))}\n{promised}")
        std = float(distribution.std[0])
        exact(self.numbers, lambda: [number("std", std), number("promised std", promise.std)])
        exact(self.remark, lambda: [number("share exactly 0", zeros)])
        self.remark.set_text(f"{percent(zeros)} exactly 0" if zeros else "")

    def _show_promise(self, promise: Promise, x: Array, density: Array, top: float) -> None:
        """Mean +- std as dashed verticals (one where the std is 0), and the density where there is one."""
        places = [promise.mean - promise.std, promise.mean + promise.std]
        for lines in (self._halos, self.marks):
            for line, place in zip(lines, places, strict=True):
                line.set_visible(isfinite(place))
                line.set_data([place, place], [0, top])
        self.density.set_visible(density.size > 0)
        self.density.set_data(x, density)

    def _set_limits(self, low: float, high: float, top: float) -> None:
        if (low, high, top) == self._limits:
            return  # nothing to draw anew
        self._limits = (low, high, top)
        self.axes.set(xlim=(low, high), ylim=(0, top * 1.15))
        near = 0.15 * (high - low)  # a 0 in there would run into the label of that end
        ends = [low, 0.0, high] if low + near < 0 < high - near else [low, high]
        labels = self.axes.set_xticks(ends, [short(v) for v in ends])
        labels[0].label1.set_horizontalalignment("left")
        labels[-1].label1.set_horizontalalignment("right")
        self.axes.set_yticks([0, top], ["0", percent(top)])


_DASHES: Any = (0, (4, 2))


def _density(promise: Promise, edges: Array) -> Array:
    """The share of N(mean, std**2) in a bin around each of many places between the edges."""
    places = np.linspace(edges[0], edges[-1], 301)
    u = (places - promise.mean) / promise.std
    density: Array = np.exp(-u * u / 2) / (promise.std * np.sqrt(2 * np.pi)) * (edges[1] - edges[0])
    return density


_KEEPS = "keeps std of z at 1", "keeps std of dC/dx at 1"


class Strip:
    """The RMS of every scheme's weights on one log axis, a line each; 0 stands as a triangle at the left edge."""

    def __init__(self, figure: Figure, place: SubplotSpec, labels: Sequence[str]) -> None:
        """Make the artists in `place`."""
        rows, self._labels = len(labels), labels
        self.axes = axes = figure.add_subplot(place)
        quiet(axes)
        naming(axes, "RMS of each scheme's weights", "scheme", "RMS")
        axes.set_xscale("log")
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_yticks(range(rows), labels, fontsize=TICK)
        axes.tick_params(axis="y", length=0)
        axes.hlines(range(rows), 0, 1, transform=axes.get_yaxis_transform(), color="#ececec", lw=0.8, zorder=0)
        title: dict[str, Any] = {"fontsize": LABEL + 1.5, "color": INK, "weight": "bold", "va": "center"}
        figure.text(0.015, 0.507, "RMS of each scheme's weights", **title)
        self.band = Rectangle(
            (-0.315, 0), 1.48, 1, transform=axes.get_yaxis_transform(), facecolor=BLUE, alpha=0.13, clip_on=False,
            animated=True, zorder=2,
        )  # fmt: skip
        axes.add_patch(self.band)
        (self.forward,) = axes.plot([], [], color=FORWARD, lw=2.0, animated=True, zorder=3)
        (self.backward,) = axes.plot([], [], color=BACKWARD, lw=2.0, ls=(0, (4, 2)), animated=True, zorder=4)
        style: dict[str, Any] = {"ls": "", "animated": True, "clip_on": False, "zorder": 5}
        (self.others,) = axes.plot([], [], "o", ms=7.5, mfc="white", mec=GREY, mew=1.8, **style)
        (self.zeros,) = axes.plot(
            [], [], "<", ms=8, color=GREY, transform=axes.get_yaxis_transform(), **style
        )  # fmt: skip
        (self.chosen,) = axes.plot([], [], "D", ms=9, color=INK, label="chosen", **style)
        beside = axes.get_yaxis_transform()
        self.values = [LiveText(1.02, row - 0.48, "", transform=beside, **_VALUE) for row in range(rows)]
        for value in self.values:
            axes.add_artist(value)
        self._limits: tuple[float, float] | None = None
        self._put_legend()

    def _put_legend(self) -> None:
        handles = [
            Line2D([], [], color=FORWARD, lw=2.0, label=_KEEPS[0]),
            Line2D([], [], color=BACKWARD, lw=2.0, ls=(0, (4, 2)), label=_KEEPS[1]),
            Line2D([], [], marker="D", ms=8, color=INK, ls="", label="chosen"),
        ]
        self.axes.legend(
            handles=handles, loc="lower right", bbox_to_anchor=(1.18, 0.985), ncols=3, frameon=False, fontsize=TICK,
            handlelength=1.8, columnspacing=1.4, borderaxespad=0.2,
        )  # fmt: skip

    def update(self, schemes: Sequence[Scheme], keeping: tuple[float, float]) -> None:
        """Show the schemes, in the order of the labels that the strip was made with."""
        rows = np.arange(len(schemes))
        sizes = np.array([scheme.rms for scheme in schemes])
        chosen = np.array([scheme.chosen for scheme in schemes])
        drawn = sizes > 0
        exact(self.others, lambda: [table("RMS", self._labels, sizes)])
        exact(self.chosen, lambda: [table("chosen", np.array(self._labels)[chosen].tolist(), sizes[chosen])])
        exact(self.forward, lambda: [number(*each) for each in zip(_KEEPS, keeping, strict=True)])
        self.others.set_data(sizes[drawn & ~chosen], rows[drawn & ~chosen])
        self.chosen.set_data(sizes[drawn & chosen], rows[drawn & chosen])
        self.zeros.set_data(np.zeros((~drawn).sum()), rows[~drawn])
        self.band.set_y(float(rows[chosen][0]) - 0.5)
        for line, std in zip((self.forward, self.backward), keeping, strict=True):
            line.set_data([std, std], [-0.5, len(rows) - 0.5])
        for text, scheme in zip(self.values, schemes, strict=True):
            text.set_text(short(scheme.rms) + (" ◀" if scheme.chosen else ""))
        self._set_limits(*decades(min(*sizes[drawn], *keeping), max(*sizes[drawn], *keeping)))

    def _set_limits(self, bottom: float, top: float) -> None:
        if (bottom, top) == self._limits:
            return
        self._limits = (bottom, top)
        margin = 0.03 * (top - bottom)
        self.axes.set_xlim(10.0 ** (bottom - margin), 10.0 ** (top + margin))
        powers = 10.0 ** np.arange(bottom, top + 0.5)
        self.axes.set_xticks(powers, [short(power) for power in powers])


_VALUE: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": TICK, "color": INK, "animated": True}
