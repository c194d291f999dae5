"""One histogram a layer, or one heat map of them all."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from labkit.figures.layer_curves import layer_ticks
from labkit.figures.live_text import LiveText
from labkit.figures.numbers import percent, short
from labkit.figures.series import TABLED, THEORY, Series, along, exact, naming, number
from labkit.figures.style import INK, LABEL, ORDERED, TICK, live_text, quiet
from labkit.nn.histogram import bin_of, step_above
from labkit.nn.statistics import Distribution

Array = NDArray[np.float64]
MOST_PANELS = 10
_A_ROW = 5
_NEARLY_ALL = 0.99
_WITHIN = (0.1587, 0.8413)  # a Gaussian's mean -+ one standard deviation


def shares(distribution: Distribution) -> tuple[Array, Array]:
    """Share of each layer's values in each bin (depth, bins), exact zeros left out; and the edges (bins + 1,)."""
    assert distribution.counts is not None
    assert distribution.edges is not None
    counts = distribution.counts / distribution.size[:, None]
    zero = bin_of(0.0, distribution.edges)
    if zero is not None:
        counts[:, zero] = np.maximum(0.0, counts[:, zero] - distribution.zeros)
    return counts, distribution.edges


def remarks(distribution: Distribution, layer: int) -> str:
    """What a layer's histogram cannot show, a line each: its spread, and what is not drawn as a bar."""
    assert distribution.outside is not None
    lines = [f"std {short(float(distribution.std[layer]))}"]
    nonfinite = distribution.nonfinite[layer] / distribution.size[layer]
    if nonfinite == 1:
        lines = []
    if nonfinite:
        lines.append(f"{percent(float(nonfinite))} not finite")
    if distribution.zeros[layer]:
        lines.append(f"{percent(float(distribution.zeros[layer]))} exactly 0")
    if distribution.outside[layer] > 0:
        lines.append(f"{percent(float(distribution.outside[layer]))} out of range")
    return "\n".join(lines)


def _remarked(distribution: Distribution, layer: int) -> list[Series]:
    """The numbers of the remarks."""
    assert distribution.outside is not None
    return [
        number("std", distribution.std[layer]),
        number("share not finite", distribution.nonfinite[layer] / distribution.size[layer]),
        number("share exactly 0", distribution.zeros[layer]),
        number("share out of range", distribution.outside[layer]),
    ]


@dataclass
class _Panel:
    axes: Axes
    bars: StepPatch
    zeros: StepPatch
    theory: StepPatch
    text: LiveText


class Histograms:
    """A panel a layer, with common axes: (depth <= 10) panels of at most five a row."""

    def __init__(self, figure: Figure, place: SubplotSpec, depth: int, color: str, what: str) -> None:
        """Make the panels in `place`; `what` is the quantity."""
        rows = -(-depth // _A_ROW)
        grid = place.subgridspec(rows, min(depth, _A_ROW), wspace=0.08, hspace=0.75)
        self._panels = [
            self._panel(figure.add_subplot(grid[divmod(i, _A_ROW)] if rows > 1 else grid[0, i]), i, color, what)
            for i in range(depth)
        ]
        self.limits: tuple[float, float, float] | None = None

    @staticmethod
    def _panel(axes: Axes, layer: int, color: str, what: str) -> _Panel:
        quiet(axes, title=f"layer {layer + 1}")
        axes.tick_params(labelleft=layer % _A_ROW == 0)
        if layer % _A_ROW == 0:
            axes.set_ylabel("share", fontsize=LABEL, color=INK)
        naming(axes, f"{what}, layer {layer + 1}", "value", "share")
        bars = axes.stairs([0.0], [0.0, 1.0], fill=True, color=color, animated=True, label="measured")
        zeros = axes.stairs([0.0], [0.0, 1.0], fill=True, color=INK, animated=True, label="exactly 0")
        theory = axes.stairs([0.0], [0.0, 1.0], color=INK, lw=1.8, ls="--", animated=True, visible=False)
        theory.set(label=THEORY, gid=TABLED)
        return _Panel(axes, bars, zeros, theory, live_text(axes, 0.98, 0.99, "right", "top"))

    def update(self, distribution: Distribution, theory: Array | None = None) -> None:
        """Show the distribution of each layer; and the shares of the bins by theory, (depth, bins), as an outline."""
        counts, edges = shares(distribution)
        highest = max(float(counts.max()), float(distribution.zeros.max()))
        self._set_limits(edges, highest)
        for layer, panel in enumerate(self._panels):
            panel.bars.set_data(counts[layer], edges)
            self._show_zeros(panel.zeros, float(distribution.zeros[layer]), edges)
            panel.theory.set_visible(theory is not None)
            if theory is not None:
                panel.theory.set_data(theory[layer], edges)
            panel.text.set_text(remarks(distribution, layer))
            exact(panel.text, partial(_remarked, distribution, layer))
            exact(panel.zeros, list)  # said there

    @staticmethod
    def _show_zeros(patch: StepPatch, share: float, edges: Array) -> None:
        """A dark bar at 0, one bin wide, that stands for exact zeros."""
        half = (edges[1] - edges[0]) / 2
        patch.set_visible(share > 0)
        if not share:
            return
        start = min(max(-half, edges[0]), edges[-1] - 2 * half)
        patch.set_data([share], [start, start + 2 * half])

    def _set_limits(self, edges: Array, highest: float) -> None:
        top = min(1.0, step_above(max(highest, 0.05)))
        limits = (float(edges[0]), float(edges[-1]), top)
        if limits == self.limits:
            return  # nothing to draw anew
        self.limits = limits
        low, high, _ = limits
        for panel in self._panels:
            panel.axes.set(xlim=(low, high), ylim=(0, top * 1.02))
            _label_ends(panel.axes, _ends_and_zero(low, high))
            panel.axes.set_yticks([0, top / 2, top], [percent(v) for v in (0, top / 2, top)])


def _ends_and_zero(low: float, high: float) -> list[float]:
    """Ticks at both ends and at 0, unless it would run into one of them."""
    near = 0.15 * (high - low)
    return [low, high] if low + near > 0 > low or high - near < 0 < high else sorted({low, 0.0, high})


def _label_ends(axes: Axes, ticks: list[float]) -> None:
    """Tick labels that stay within the panel, so that neighbors do not collide."""
    labels = axes.set_xticks(ticks, [short(v) for v in ticks])
    for tick in labels:
        tick.label1.set_horizontalalignment("center")
    labels[0].label1.set_horizontalalignment("left")
    labels[-1].label1.set_horizontalalignment("right")


class HeatMap:
    """All layers in one picture: layer against value, the share of values as color."""

    def __init__(self, figure: Figure, place: SubplotSpec, depth: int, color: str, what: str) -> None:
        """Make the picture of the quantity `what` in `place`; its colors are the ordered ones, whatever `color` is."""
        self._depth = depth
        grid = place.subgridspec(1, 3, width_ratios=(1, 0.015, 0.035), wspace=0.02)
        self._axes = figure.add_subplot(grid[0, 0])
        quiet(self._axes)
        self._axes.set_xlabel("layer", fontsize=LABEL, color=INK)
        self._axes.set_ylabel("value", fontsize=LABEL, color=INK)
        self._axes.set_xticks(layer_ticks(depth))
        naming(self._axes, f"{what}, all layers", "value", "share")
        self._image = self._axes.imshow(
            np.zeros((1, depth)), aspect="auto", origin="lower", cmap=ORDERED, vmin=0, vmax=1, animated=True,
            interpolation="nearest", extent=(0.5, depth + 0.5, 0, 1),
        )  # fmt: skip
        bar = figure.colorbar(self._image, cax=figure.add_subplot(grid[0, 1]))
        ticks = (0.0, 0.01, 0.1, 0.25, 0.5, 1.0)
        bar.set_ticks([float(_shade(t)) for t in ticks], labels=[f"{100 * t:g} %" for t in ticks])
        bar.ax.tick_params(labelsize=TICK)
        bar.ax.set_title("share", fontsize=LABEL, loc="left")
        self._theory = [
            self._axes.plot([], [], "--", color=color, lw=1.8, animated=True, visible=False)[0]
            for color in ("black", "white")
            for _ in _WITHIN
        ]
        for theory, share in zip(self._theory, _WITHIN, strict=False):  # the white ones say the same
            theory.set(label=f"{THEORY}, {short(share)} of the values lie below", gid=TABLED)
        self._text = live_text(self._axes, 1.0, 1.02, "right", "bottom")
        self.limits: tuple[float, float] | None = None

    def update(self, distribution: Distribution, theory: Array | None = None) -> None:
        """Show the distribution of each layer; and the lines between which theory has the middle 68 % of the values."""
        assert distribution.counts is not None
        assert distribution.edges is not None
        share = distribution.counts / distribution.size[:, None]
        limits = (float(distribution.edges[0]), float(distribution.edges[-1]))
        if limits != self.limits:
            self.limits = limits
            self._image.set_extent((0.5, self._depth + 0.5, *limits))
            ticks = _ends_and_zero(*limits)
            self._axes.set_yticks(ticks, [short(v) for v in ticks])
        self._image.set_data(_shade(share.T))
        exact(self._image, partial(by_layer, share, distribution.edges))
        exact(self._text, partial(_lost, distribution))
        self._show_theory(theory, distribution.edges)
        self._text.set_text(_worst(distribution))

    def _show_theory(self, theory: Array | None, edges: Array) -> None:
        for place, line in enumerate(self._theory):
            line.set_visible(theory is not None)
            if theory is not None:
                color, share = divmod(place, len(_WITHIN))
                line.set_linestyle((3 * color, (3, 3)))  # black and white take turns: one is seen on any ground
                line.set_data(np.arange(1, self._depth + 1), _quantile(theory, edges, _WITHIN[share]))


def by_layer(share: Array, edges: Array) -> list[Series]:
    """Shares of the values in bins, (depth, bins), a series for each layer."""
    return [Series(f"layer {layer}", edges, row) for layer, row in enumerate(share, 1)]


def _lost(distribution: Distribution) -> list[Series]:
    """What the heat map cannot show, by layer."""
    layers = np.arange(1, len(distribution.std) + 1)
    return [along(f"{name}, by layer", layers, values) for name, values in _unseen(distribution) if values.max() > 0]


def _unseen(distribution: Distribution) -> tuple[tuple[str, Array], ...]:
    assert distribution.outside is not None
    return (
        ("not finite", distribution.nonfinite / distribution.size),
        ("exactly 0", distribution.zeros),
        ("out of range", distribution.outside),
    )


def _quantile(theory: Array, edges: Array, share: float) -> Array:
    """Below which value theory has this share, by layer; NaN where a part of it lies beyond the edges."""
    below = np.concatenate([np.zeros((len(theory), 1)), np.cumsum(theory, axis=1)], axis=1)
    return np.array([np.interp(share, row, edges) if row[-1] > _NEARLY_ALL else np.nan for row in below])


def _shade(share: Array | float) -> Array:
    """Square root: a share of 1 % is seen beside one of 100 %."""
    return np.sqrt(share)


def _worst(distribution: Distribution) -> str:
    """What the heat map cannot show, in the layer where there is most of it."""
    found = []
    for name, values in _unseen(distribution):
        if values.max() > 0:
            found.append(f"up to {percent(float(values.max()))} {name} (layer {int(values.argmax()) + 1})")
    return "; ".join(found)

