"""Dead units: their share by step, one line a contestant; and by layer and step, one map a contestant."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from numpy.typing import NDArray

from labkit.figures.loss_curves import Curve, Curves
from labkit.figures.numbers import percent
from labkit.figures.series import Series, along, exact, naming
from labkit.figures.style import INK, LABEL, LINE, ORDERED, TICK, quiet

Array = NDArray[np.float64]
_COLUMNS = 200


class DeadCurves:
    """The share of all hidden units that is dead, at the steps that were looked at."""

    def __init__(self, axes: Axes, steps: int, colors: Sequence[str], title: str, names: Sequence[str]) -> None:
        """Make the curves in `axes`."""
        quiet(axes, title=title, grid="y")
        naming(axes, "dead units", y=title)
        axes.set(xlim=(0, steps), ylim=(-0.02, 1.02))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], [percent(v) for v in (0, 0.25, 0.5, 0.75, 1)])
        self.curves = Curves(axes, colors, names, dashed=True, width=3.2)
        for line in self.curves.lines:
            line.set_clip_on(False)

    def update(self, curves: Sequence[Curve], here: int) -> None:
        """Show the shares by step, and the step that is looked at."""
        self.curves.update(curves, here)


class DeadMaps:
    """Layer against step, the dead share as color: one map a contestant, with a common scale."""

    def __init__(
        self, figure: Figure, place: SubplotSpec, steps: int, depth: int, titles: Sequence[tuple[str, str]]
    ) -> None:
        """Make the maps in `place`; `titles` are names with their colors."""
        self._steps, self._depth = steps, depth
        grid = place.subgridspec(1, len(titles) + 1, width_ratios=(*[1] * len(titles), 0.05), wspace=0.1)
        self._maps = []
        for column, (title, color) in enumerate(titles):
            axes = figure.add_subplot(grid[0, column])
            quiet(axes)
            axes.set_title(title, fontsize=LABEL, color=color, loc="left", weight="bold")
            naming(axes, f"dead units by layer: {title}", y="dead share")
            axes.set_facecolor(LINE)
            axes.set_xticks([0, steps])
            labels = axes.get_xticklabels()
            labels[0].set_horizontalalignment("left")
            labels[-1].set_horizontalalignment("right")
            axes.set_xlabel("step", fontsize=LABEL, color=INK, labelpad=-8)
            axes.set_yticks(_ticks(depth) if column == 0 else [])
            if column == 0:
                axes.set_ylabel("layer", fontsize=LABEL, color=INK)
            self._maps.append(
                axes.imshow(np.full((1, 1), np.nan), cmap=ORDERED, vmin=0, vmax=1, aspect="auto", origin="lower",
                            extent=(0, steps, 0.5, depth + 0.5), interpolation="nearest", animated=True)
            )  # fmt: skip
        bar = figure.colorbar(self._maps[0], cax=figure.add_subplot(grid[0, -1]))
        bar.set_ticks([0, 0.5, 1], labels=["0 %", "", "100 %"])
        bar.ax.tick_params(labelsize=TICK)

    def update(self, looks: Sequence[tuple[Array, Array]]) -> None:
        """Show (steps, shares (looks, depth)) of each contestant; what comes after the last look is left grey."""
        columns = (np.arange(_COLUMNS) + 0.5) * self._steps / _COLUMNS
        for image, (steps, shares) in zip(self._maps, looks, strict=True):
            held = shares[np.searchsorted(steps, columns, side="right") - 1].T.copy()
            held[:, columns > max(float(steps[-1]), columns[0])] = np.nan
            image.set_data(held)
            exact(image, partial(by_layer, steps, shares))


def by_layer(steps: NDArray[Any], values: Array) -> list[Series]:
    """Values (steps, depth) by step, a series for each layer."""
    return [along(f"layer {layer}", steps, column) for layer, column in enumerate(values.T, 1)]


def _ticks(depth: int) -> list[int]:
    return list(range(1, depth + 1)) if depth <= 8 else [1, depth]
