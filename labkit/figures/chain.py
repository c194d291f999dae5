"""The chain rule through a network of one unit a layer: the units, each factor as a bar, and the product as it runs."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.chain_axes import LogAxis, layers_along, moving_text
from labkit.figures.intervals import signed
from labkit.figures.numbers import sized
from labkit.figures.series import Series, along, exact, naming
from labkit.figures.style import (
    BACKWARD,
    BLUE,
    GREEN,
    GREY,
    INK,
    LABEL,
    LINE,
    VERMILLION,
    blank,
    live_text,
    new_figure,
    quiet,
)

Array = NDArray[np.float64]
_LABELLED = 8  # layers up to which every bar has its number
_WIDTH = 0.34  # of a bar; two stand in each layer


@dataclass(frozen=True)
class Factors:
    """What is shown, by layer: outputs h, slopes' saturation, and signs and logarithms (base 10) of the rest.

    `weights`, `slopes`, `grad_weights` are (2, depth): signs, then logarithms; `grad_post` is (2, depth + 1), from
    dC/dx on; `before` is the same without the shift of layer `layer`, where there is one.
    """

    x: float
    post: Array
    saturated: NDArray[np.bool_]
    weights: Array
    slopes: Array
    grad_post: Array
    grad_weights: Array
    layer: int
    before: Array | None = None


class Bars:
    """One bar a layer from the line of 1: hollow for a negative factor, down to a triangle for 0."""

    def __init__(self, axes: Axes, depth: int, offset: float, color: str, name: str) -> None:
        """Make the bars of one kind of factor, of this `name`, in `axes`."""
        self._name = name
        self._color = color
        self.x = np.arange(1, depth + 1) + offset
        style: dict[str, Any] = {"edgecolor": color, "lw": 2, "animated": True, "label": name}
        self.bars = [Rectangle((x - _WIDTH / 2, 0), _WIDTH, 0, **style) for x in self.x]
        for bar in self.bars:
            axes.add_patch(bar)
        self.texts = [moving_text(axes, x) for x in self.x] if depth <= _LABELLED else []
        edge: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False, "animated": True, "ls": ""}
        (self.zeros,) = axes.plot([], [], "v", color=color, markersize=9, **edge)
        (self.nonfinite,) = axes.plot([], [], "X", color=color, markersize=9, **edge)

    def update(self, sign: Array, log: Array, lowest: float, room: float) -> None:
        """Show the factors; `room` is the height that a number takes."""
        exact(self.zeros, partial(_signed, self._name, np.arange(1, len(log) + 1), sign, log))
        for bar, s, height in zip(self.bars, sign, log, strict=True):
            bar.set_visible(bool(height < np.inf))
            bar.set_height(max(height, lowest) if height < np.inf else 0.0)
            bar.set_facecolor("white" if s < 0 else self._color)
        self.zeros.set_data(self.x[log == -np.inf], np.zeros((log == -np.inf).sum()))
        lost = ~np.isfinite(log) & (log != -np.inf)
        self.nonfinite.set_data(self.x[lost], np.ones(lost.sum()))
        for text, x, s, height in zip(self.texts, self.x, sign, log, strict=False):
            text.set_text(sized(s, height, 3 if len(self.bars) <= 5 else 2))
            inside = height if np.isfinite(height) else lowest if height < 0 else 0.0
            text.set_position((x, inside + 0.15 * room if inside >= 0 else inside - room))


def _signed(name: str, layers: NDArray[Any], sign: Array, log: Array) -> list[Series]:
    """Numbers that no float64 may hold: signs, and logarithms of the sizes."""
    return [along(f"sign of {name}", layers, sign), along(f"log10 of the size of {name}", layers, log)]


class Running:
    """The product as it runs back, dC/dh, at each layer's output; and dC/dw; hollow where negative."""

    def __init__(self, axes: Axes, depth: int) -> None:
        """Make the curves in `axes`."""
        layers = np.arange(depth + 1)
        size = 9 if depth <= 12 else 6
        self._layers = layers
        (self.before,) = axes.plot([], [], "--", color=GREY, lw=2, animated=True)
        (self.line,) = axes.plot([], [], "-", color=BACKWARD, lw=2.4, animated=True)
        self.points = self._pair(axes, "o", BACKWARD, size)
        self.by_weight = self._pair(axes, "D", GREEN, size - 1)
        edge: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False, "animated": True, "ls": ""}
        self.line.set_label("dC/dh")
        for mark in self.by_weight:
            mark.set_label("dC/dw")
        self.zeros = [axes.plot([], [], "v", color=c, markersize=9, **edge)[0] for c in (BACKWARD, GREEN)]
        self.nonfinite = [axes.plot([], [], "X", color=c, markersize=9, **edge)[0] for c in (BACKWARD, GREEN)]

    @staticmethod
    def _pair(axes: Axes, marker: str, color: str, size: float) -> list[Line2D]:
        style: dict[str, Any] = {"color": color, "mew": 2, "ms": size, "animated": True, "clip_on": False, "zorder": 4}
        return [axes.plot([], [], marker, ls="", mfc=face, **style)[0] for face in (color, "white")]

    def update(self, back: Array, by_weight: Array, before: Array | None) -> None:
        """Show signs and logarithms, (2, depth + 1) and (2, depth)."""
        self.line.set_data(self._layers, np.where(np.isfinite(back[1]), back[1], np.nan))
        exact(self.line, partial(_signed, "dC/dh (layer 0: dC/dx)", self._layers, *back))
        exact(self.by_weight[0], partial(_signed, "dC/dw", self._layers[1:], *by_weight))
        exact(self.by_weight[1], list)  # said with the first
        self.before.set_visible(before is not None)
        if before is not None:
            self.before.set_data(self._layers, np.where(np.isfinite(before[1]), before[1], np.nan))
            exact(self.before, partial(_signed, "dC/dh without the shift", self._layers, *before))
        shown = ((self.points, self._layers, back), (self.by_weight, self._layers[1:], by_weight))
        for kind, (marks, x, (sign, log)) in enumerate(shown):
            drawn = np.isfinite(log)
            for mark, which in zip(marks, (drawn & (sign > 0), drawn & (sign < 0)), strict=True):
                mark.set_data(x[which], log[which])
            zero = log == -np.inf
            self.zeros[kind].set_data(x[zero] + 0.13 * kind, np.zeros(zero.sum()))  # side by side
            lost = ~drawn & ~zero
            self.nonfinite[kind].set_data(x[lost], np.ones(lost.sum()))


class Units:
    """The network itself: a circle a layer with its output in it, in a thick ring where the unit is saturated."""

    def __init__(self, axes: Axes, depth: int) -> None:
        """Draw the arrows; make the circles."""
        blank(axes)
        naming(axes, "outputs", "layer", "h")
        axes.set_ylim(-1, 1)
        labelled = depth <= _LABELLED
        size = 42 if labelled else 15
        axes.plot([0, depth + 0.55], [0, 0], color=GREY, lw=1.6, zorder=1)
        axes.plot([depth + 0.55], [0], ">", color=GREY, ms=8, clip_on=False)
        circle: dict[str, Any] = {"ms": size, "mfc": "white", "animated": True, "ls": "", "clip_on": False}
        (self.open,) = axes.plot([], [], "o", mec=INK, mew=2, **circle)
        (self.shut,) = axes.plot([], [], "o", mec=VERMILLION, mew=5, **circle)
        axes.plot([0], [0], "s", ms=0.8 * size, mfc="white", mec=GREY, mew=2, clip_on=False)
        self.texts = [moving_text(axes, x) for x in range(depth + 1)] if labelled else []
        self._layers = np.arange(1, depth + 1)

    def update(self, x: float, post: Array, saturated: NDArray[np.bool_]) -> None:
        """Show outputs (depth,)."""
        exact(self.open, lambda: [along("output h (layer 0: x)", np.arange(len(post) + 1), [x, *post])])
        for mark, which in ((self.open, ~saturated), (self.shut, saturated)):
            mark.set_data(self._layers[which], np.zeros(which.sum()))
        for text, value in zip(self.texts, (x, *post), strict=False):
            text.set_text(signed(float(value), 2))
            text.set_position((text.get_position()[0], -0.17))


class ChainView:
    """Units above, factors in the middle, the product as it runs below; one column a layer."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._depth: int | None = None

    def update(self, shown: Factors) -> None:
        """Show the factors and their product."""
        if len(shown.post) != self._depth:
            self._make(len(shown.post))
        self.units.update(shown.x, shown.post, shown.saturated)
        logs = np.concatenate([shown.weights[1], shown.slopes[1]])
        lowest, room = self._factor_axis.hold(logs)
        for bars, (sign, log) in zip(self.bars, (shown.weights, shown.slopes), strict=True):
            bars.update(sign, log, lowest, room)
        before = shown.grad_post[1][:0] if shown.before is None else shown.before[1]
        self._product_axis.hold(np.concatenate([shown.grad_post[1], shown.grad_weights[1], before]))
        self.running.update(shown.grad_post, shown.grad_weights, shown.before)
        self.product.set_text(f"dC/dx = {sized(shown.grad_post[0, 0], shown.grad_post[1, 0])}")
        for band in self._bands:
            band.set_visible(shown.before is not None)
            band.set_x(shown.layer - 0.5)

    def _make(self, depth: int) -> None:
        self.figure.clear()
        self._depth = depth
        grid = self.figure.add_gridspec(
            3, 1, height_ratios=(0.5, 1.5, 1.4), left=0.075, right=0.985, top=0.955, bottom=0.085, hspace=0.36
        )
        top, upper, lower = (self.figure.add_subplot(grid[i]) for i in range(3))
        top.set_title(
            "x → units → C, in each its output h; thick ring: saturated", fontsize=LABEL, color=INK, loc="left"
        )
        quiet(upper)
        quiet(lower)
        for axes in (top, upper, lower):
            layers_along(axes, depth, labels=axes is lower)
        self._bands = [
            Rectangle((0, 0), 1, 1, transform=a.get_xaxis_transform(), fc=LINE, alpha=0.45, animated=True, zorder=0.5)
            for a in (upper, lower)
        ]
        for axes, band in zip((upper, lower), self._bands, strict=True):
            axes.add_patch(band)
        self.units = Units(top, depth)
        self._factor_axis, self._product_axis = LogAxis(upper, labels=depth <= _LABELLED), LogAxis(lower)
        naming(upper, "factors", "layer")
        naming(lower, "the product as it runs", "layer")
        kinds = (-1, BLUE, "weight w"), (1, VERMILLION, "slope f′(z)")
        self.bars = [Bars(upper, depth, s * 0.2, c, name) for s, c, name in kinds]
        self.running = Running(lower, depth)
        self.product = live_text(lower, 1.0, 1.03, "right", "bottom")
        _legend(upper, [("s", BLUE, "weight w"), ("s", VERMILLION, "slope f′(z)")])
        _legend(lower, [("o", BACKWARD, "dC/dh, layer 0: dC/dx"), ("D", GREEN, "dC/dw")], "without the shift")


def _legend(axes: Axes, kinds: list[tuple[str, str, str]], dashed: str = "") -> None:
    handles = [Line2D([], [], marker=m, color=c, ls="", ms=9, label=label) for m, c, label in kinds]
    handles.append(Line2D([], [], marker=kinds[0][0], color=INK, mfc="white", mew=2, ls="", ms=9, label="negative"))
    if dashed:
        handles.append(Line2D([], [], color=GREY, lw=2, ls="--", label=dashed))
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-0.01, 0.98), ncols=4, frameon=False, fontsize=LABEL,
        handletextpad=0.2, columnspacing=1.4, borderaxespad=0,
    )  # fmt: skip
