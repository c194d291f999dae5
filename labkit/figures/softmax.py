"""Softmax with cross-entropy: logits, probabilities and gradient as bars, and the probabilities over temperature."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.angles import COLORS
from labkit.figures.live_text import LiveText
from labkit.figures.series import TABLED, along, exact, naming
from labkit.figures.style import GREY, INK, LABEL, LINE, TICK, live_text, new_figure, quiet
from labkit.nn.histogram import rounded_up

Array = NDArray[np.float64]
MOST = len(COLORS)
_HOLLOW: dict[str, Any] = {"fc": "white", "ec": GREY, "lw": 2}
_TEXT = 0.095  # the share of the height that a number beside a bar takes


@dataclass(frozen=True)
class Bars:
    """Values (classes,), and how each is written."""

    values: Array
    texts: Sequence[str]


@dataclass(frozen=True)
class Shown:
    """What is shown of one sample: `target` from 0, `squared` the other loss's gradient, `total` the sum as written.

    `curves` holds probabilities at `temperatures`, (places, classes).
    """

    logits: Bars
    p: Bars
    gradient: Bars
    squared: Array
    total: str
    target: int
    temperatures: Array
    curves: Array
    temperature: float


class ClassBars:
    """One bar for each class, in its color, its number at the end; the target's column is shaded."""

    def __init__(self, axes: Axes, classes: int, name: str, width: float = 0.62, offset: float = 0.0) -> None:
        """Make the bars, `offset` beside the middles of their columns."""
        self.axes, self._name = axes, name
        naming(axes, x="class")
        axes.set_xlim(0.4, classes + 0.6)
        axes.set_xticks(range(1, classes + 1))
        axes.axhline(0, color=GREY, lw=1.2)
        self.band = Rectangle((0.5, 0), 1, 1, transform=axes.get_xaxis_transform(), fc=LINE, alpha=0.5, animated=True)
        self.bars = [
            Rectangle((i + offset - width / 2, 0), width, 0, fc=color, animated=True, label=name)
            for i, color in enumerate(COLORS[:classes], 1)
        ]
        for patch in (self.band, *self.bars):
            axes.add_patch(patch)
        style: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": TICK, "color": INK, "animated": True}
        self.texts = [LiveText(i + offset, 0, "", zorder=5, **style) for i in range(1, classes + 1)]
        for text in self.texts:
            axes.add_artist(text)

    def update(self, shown: Bars, target: int) -> None:
        """Show the values."""
        self.band.set_x(target + 0.5)
        exact(self.bars[0], lambda: [along(self._name, np.arange(1, len(shown.values) + 1), shown.values)])
        low, high = self.axes.get_ylim()
        room = _TEXT * (high - low)
        for bar, text, value, written in zip(self.bars, self.texts, shown.values, shown.texts, strict=True):
            bar.set_height(value)
            text.set_text(written)
            text.set_y(value - room if value < 0 else value + 0.1 * room)


class SoftmaxView:
    """Logits and probabilities above; the gradient, and the probabilities over temperature, below."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._classes: int | None = None
        self._limits: tuple[float, float] | None = None

    def update(self, shown: Shown) -> None:
        """Show one sample."""
        classes = len(shown.logits.values)
        if classes != self._classes:
            self._make(classes)
        self._hold(shown.logits.values)
        self.logits.update(shown.logits, shown.target)
        self.p.update(shown.p, shown.target)
        self.gradient.update(shown.gradient, shown.target)
        exact(self.squared[0], lambda: [along("squared error", np.arange(1, classes + 1), shown.squared)])
        for bar, value in zip(self.squared, shown.squared, strict=True):
            bar.set_height(value)
        self.total.set_text(f"sum: {shown.total}")
        self.cursor.set_xdata([shown.temperature] * 2)
        for number, (line, points, curve) in enumerate(zip(self.curves, self.points, shown.curves.T, strict=True)):
            line.set_data(shown.temperatures, curve)
            line.set_linewidth(4 if number == shown.target else 2)
            for point in points:
                point.set_data([shown.temperature], [shown.p.values[number]])

    def _hold(self, logits: Array) -> None:
        """Limits for the logits, in steps, with room for the numbers."""
        low, high = (rounded_up(end) if end > 0 else 0.0 for end in (-logits.min(), logits.max()))
        limits = (-low, high) if low or high else (-1.0, 1.0)
        if limits != self._limits:
            self._limits = limits
            margin = 0.13 * (limits[1] - limits[0])
            self.logits.axes.set_ylim(limits[0] - margin, limits[1] + margin)

    def _make(self, classes: int) -> None:
        self.figure.clear()
        self._classes = classes
        self._limits = None
        grid = self.figure.add_gridspec(2, 2, left=0.06, right=0.985, top=0.94, bottom=0.085, hspace=0.36, wspace=0.15)
        logits, p, gradient, temperature = (self.figure.add_subplot(grid[i, j]) for i in (0, 1) for j in (0, 1))
        quiet(logits, title="logits z", grid="y")
        logits.set_animated(True)
        quiet(p, title="probabilities p", grid="y")
        quiet(gradient, title="gradient", grid="y")
        quiet(temperature, title="probabilities over temperature T", grid="y")
        for axes in (p, temperature):
            axes.set_ylim(-0.03, 1.17)
            axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
        gradient.set_ylim(-1.25, 1.25)
        gradient.set_yticks([-1, -0.5, 0, 0.5, 1], ["−1", "", "0", "", "1"])
        self.logits = ClassBars(logits, classes, "logit z")
        self.p = ClassBars(p, classes, "probability p")
        self.gradient = ClassBars(gradient, classes, "cross-entropy: p − y", width=0.42, offset=-0.12)
        gradient.set_xlabel("class (shaded: the target)", fontsize=LABEL, color=INK, labelpad=1)
        self.squared = self._hollow(gradient, classes)
        self.total = live_text(p, 1.0, 1.03, "right", "bottom")
        self._make_curves(temperature, classes)

    @staticmethod
    def _hollow(axes: Axes, classes: int) -> list[Rectangle]:
        """Bars for the gradient of the squared error, and the legend that tells them apart."""
        bars = [Rectangle((i + 0.14, 0), 0.22, 0, animated=True, **_HOLLOW) for i in range(1, classes + 1)]
        for bar in bars:
            axes.add_patch(bar)
        handles = [
            Rectangle((0, 0), 1, 1, fc=GREY, label="cross-entropy: p − y"),
            Rectangle((0, 0), 1, 1, **_HOLLOW, label="squared error"),
        ]
        axes.legend(
            handles=handles, loc="lower right", bbox_to_anchor=(1.01, 0.98), ncols=2, frameon=False, fontsize=LABEL,
            handlelength=1.1, handletextpad=0.4, columnspacing=1.2, borderaxespad=0,
        )  # fmt: skip
        return bars

    def _make_curves(self, axes: Axes, classes: int) -> None:
        axes.set_xscale("log")
        axes.set_xlim(0.009, 111)
        axes.set_xticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
        axes.set_xlabel("T", fontsize=LABEL, color=INK, labelpad=1)
        self.cursor: Line2D = axes.axvline(1, color=GREY, lw=5, alpha=0.25, animated=True, zorder=1)
        self.curves = [
            axes.plot([], [], color=c, animated=True, label=f"class {i}", gid=TABLED)[0]
            for i, c in enumerate(COLORS[:classes], 1)
        ]
        ring: dict[str, Any] = {"ls": "", "marker": "o", "mfc": "white", "mew": 2.5, "ms": 16, "animated": True}
        digit: dict[str, Any] = {"ls": "", "color": INK, "mew": 0.3, "ms": 7, "animated": True}
        self.points = [
            (axes.plot([], [], mec=color, zorder=5 + i, **ring)[0],
             axes.plot([], [], marker=f"${i}$", zorder=5.5 + i, **digit)[0])
            for i, color in enumerate(COLORS[:classes], 1)
        ]  # fmt: skip
