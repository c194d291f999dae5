"""Three networks that differ in their normalization: losses, standings, the layers of all, their gradients."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from numpy.typing import NDArray

from labkit.figures.close_up import close_up
from labkit.figures.comparison import COLORS
from labkit.figures.histograms import Histograms, by_layer
from labkit.figures.layer_curves import layer_ticks
from labkit.figures.layer_lines import LayerLines
from labkit.figures.loss_curves import Curve, LossCurves
from labkit.figures.numbers import short, tenth
from labkit.figures.series import exact, naming, number
from labkit.figures.standings import Standing, Standings
from labkit.figures.style import INK, LABEL, ORDERED, TICK, TITLE, live_text, new_figure, quiet
from labkit.nn.statistics import Distribution

Array = NDArray[np.float64]
_MOST_PANELS = 5
_MAP_AND_BAR: Any = {"width_ratios": (1, 0.02), "wspace": 0.03}
_SHARES = (0, 0.01, 0.1, 0.25, 0.5)


class NormalizedView:
    """Losses and standings above; below a row of layers for each network, and the gradients of all in one panel."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._made: object = None

    def begin(
        self, names: Sequence[str], short_names: Sequence[str], steps: int, depth: int, level: tuple[float, str],
        chance: float, titles: tuple[str, str, str],
    ) -> None:  # fmt: skip
        """Make the artists, unless they are there; `titles` are those of losses, standings and gradients."""
        made = tuple(names), steps, depth, level, chance, titles
        if made == self._made:
            return
        self._made = made
        self.figure.clear()
        colors = COLORS[: len(names)]
        upper = self.figure.add_gridspec(
            1, 2, width_ratios=(1.5, 1), left=0.078, right=0.985, top=0.945, bottom=0.64, wspace=0.09
        )
        self._losses = LossCurves(self.figure.add_subplot(upper[0]), steps, colors, titles[0], *level, names, top=2.6)
        self._standings = Standings(self.figure.add_subplot(upper[1]), names, colors, titles[1], chance)
        lower = self.figure.add_gridspec(
            1, 2, width_ratios=(2.1, 1), left=0.135, right=0.965, top=0.455, bottom=0.085, wspace=0.24
        )
        self._rows = self._make_rows(lower[0], depth, short_names, colors)
        self._gradients = LayerLines(self.figure.add_subplot(lower[1]), depth, colors, titles[2], names)
        head = self.figure.add_axes((0.0, 0.508, 1.0, 0.04), frameon=False, xticks=[], yticks=[])
        head.patch.set_visible(False)
        self._head = live_text(head, 0.012, 0.5, "left", "bottom")
        self._head.set_fontsize(TITLE)

    def _make_rows(
        self, place: SubplotSpec, depth: int, names: Sequence[str], colors: Sequence[str]
    ) -> list["Histograms | LayerMap"]:
        few = depth <= _MOST_PANELS
        grid = place.subgridspec(len(names), 1 if few else 2, hspace=0.55, **({} if few else _MAP_AND_BAR))
        rows: list[Histograms | LayerMap] = []
        for row, (name, color) in enumerate(zip(names, colors, strict=True)):
            if few:
                rows.append(self._histograms(grid[row], depth, color, name, titled=row == 0))
            else:
                rows.append(LayerMap(self.figure, grid[row, 0], depth, name, last=row == len(names) - 1))
            y = np.mean(grid[row if few else (row, 0)].get_position(self.figure).intervaly)
            self.figure.text(0.012, float(y), f"{row + 1}  {name}", fontsize=LABEL, color=INK, va="center")
        if isinstance(rows[0], LayerMap):
            rows[0].add_scale(self.figure.add_subplot(grid[:, 1]))
        return rows

    def _histograms(self, place: SubplotSpec, depth: int, color: str, name: str, titled: bool) -> Histograms:
        """A row of panels, without room for more words than the layers' names."""
        made = Histograms(self.figure, place, depth, color, name)
        for axes in self.figure.axes[-depth:]:
            axes.set_ylabel("")
            if not titled:
                axes.set_title("", loc="left")
        return made

    def update(
        self, curves: Sequence[Curve], ended: Sequence[int | None], standings: Sequence[Standing], here: int, head: str,
        distributions: Sequence[Distribution], gradients: Sequence[Array],
    ) -> None:  # fmt: skip
        """Show how far they are, and each one's layers at the step `here`, which `head` says."""
        self._losses.update(curves, ended, here)
        self._standings.update(standings, -1)
        beyond = 0.0
        for row, distribution in zip(self._rows, distributions, strict=True):
            close, far = close_up(distribution)
            row.update(close)
            beyond = max(beyond, far)
        self._gradients.update(gradients)
        self._head.set_text(f"{head}; {tenth(beyond)} beyond the axes" if beyond else head)


class LayerMap:
    """Layer against value, the share of values as color, in a low row: half of the values or more is bright."""

    def __init__(self, figure: Figure, place: SubplotSpec, depth: int, name: str, last: bool) -> None:
        """Make the map in `place`; the `last` of several below each other names the layers."""
        self._axes: Axes = figure.add_subplot(place)
        self._depth = depth
        quiet(self._axes)
        self._axes.tick_params(labelsize=TICK, labelbottom=last)
        self._axes.set_xticks(layer_ticks(depth))
        naming(self._axes, name, "value", "share")
        if last:
            self._axes.set_xlabel("layer", fontsize=LABEL, color=INK, labelpad=1)
        self._image = self._axes.imshow(
            np.zeros((1, depth)), aspect="auto", origin="lower", cmap=ORDERED, vmin=0, vmax=0.5**0.5, animated=True,
            interpolation="nearest", extent=(0.5, depth + 0.5, 0, 1),
        )  # fmt: skip
        self._text = live_text(self._axes, 0.995, 0.95, "right", "top")
        self.limits: tuple[float, float] | None = None

    def add_scale(self, axes: Axes) -> None:
        """Say in `axes` what the colors mean."""
        bar = axes.figure.colorbar(self._image, cax=axes)
        bar.set_ticks([t**0.5 for t in _SHARES], labels=[f"{100 * t:g} %" for t in _SHARES])
        axes.tick_params(labelsize=TICK)
        axes.set_title("share", fontsize=LABEL, loc="left")

    def update(self, distribution: Distribution) -> None:
        """Show the distribution of each layer."""
        assert distribution.counts is not None
        assert distribution.edges is not None
        limits = float(distribution.edges[0]), float(distribution.edges[-1])
        if limits != self.limits:
            self.limits = limits
            self._image.set_extent((0.5, self._depth + 0.5, *limits))
            ticks = sorted({limits[0], 0.0, limits[1]}) if limits[0] == -limits[1] else list(limits)
            self._axes.set_yticks(ticks, [short(v) for v in ticks])
        share = distribution.counts / distribution.size[:, None]
        self._image.set_data(np.sqrt(share).T)
        exact(self._image, partial(by_layer, share, distribution.edges))
        ends = {f"std in layer {layer + 1}": float(distribution.std[layer]) for layer in (0, self._depth - 1)}
        exact(self._text, lambda: [number(*each) for each in ends.items()])
        first, last = (short(float(distribution.std[layer])) for layer in (0, -1))
        self._text.set_text(f"std {first} in layer 1, {last} in layer {self._depth}")
