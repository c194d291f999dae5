"""How many different units a network's layers have: a map of layer against step, and the numbers of now beside it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.dead_units import by_layer
from labkit.figures.numbers import short
from labkit.figures.series import exact, naming
from labkit.figures.step_axis import step_axis
from labkit.figures.style import INK, LABEL, LINE, ORDERED, TITLE, live_text, quiet

Array = NDArray[np.float64]
_COLUMNS = 200
_HALF = 0.06  # of a line of text: a LiveText hangs from its place


@dataclass(frozen=True)
class Counts:
    """Different units at steps (kept,) by network and layer, (kept, 2, depth), of `width` units; the last step."""

    steps: NDArray[np.intp]
    distinct: Array
    width: int
    end: int


class DistinctMap:
    """One network: a row for each layer, the first below; the layer that is shown elsewhere is framed."""

    def __init__(self, axes: Axes, title: str, color: str) -> None:
        """Make the artists in `axes`."""
        self.axes = axes
        quiet(axes)
        naming(axes, title, "step", "different units")
        axes.set_title(title, fontsize=TITLE, color=color, loc="left", weight="bold")
        axes.set_facecolor(LINE)
        axes.set_ylabel("layer", fontsize=LABEL, color=INK)
        self.image = axes.imshow(
            np.full((1, 1), np.nan), cmap=ORDERED, aspect="auto", origin="lower", interpolation="nearest", animated=True
        )
        self.frame = Rectangle((0, 0), 1, 1, fill=False, ec=INK, lw=2.5, animated=True, clip_on=False, zorder=4)
        axes.add_patch(self.frame)
        style: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False, "animated": True}
        (self.noise,) = axes.plot([], [], "v", color=INK, mec="white", ms=11, zorder=5, **style)
        self.now: list[Any] = []
        self._made: Any = None

    def update(self, counts: Counts, network: int, layer: int, pushed: tuple[int, ...]) -> None:
        """Show a network's counts, and frame `layer`, counted from 0; what comes later is left grey."""
        steps, distinct = counts.steps, counts.distinct[:, network]
        depth = distinct.shape[1]
        if self._made != (depth, counts.width, counts.end):
            self._made = depth, counts.width, counts.end
            self._make(depth, counts.width, max(counts.end, 1))
        columns = (np.arange(_COLUMNS) + 0.5) * max(counts.end, 1) / _COLUMNS
        held = distinct[np.searchsorted(steps, columns, side="right") - 1].T.copy()
        held[:, columns > max(float(steps[-1]), columns[0])] = np.nan
        self.image.set_data(held)
        exact(self.image, partial(by_layer, steps, distinct))
        self.frame.set_y(layer + 0.5)
        self.noise.set_data(pushed, np.full(len(pushed), 0.95))
        for text, count in zip(self.now, distinct[-1], strict=True):
            text.set_text("–" if np.isnan(count) else short(float(count)))

    def _make(self, depth: int, width: int, end: int) -> None:
        self.image.set_extent((0, end, 0.5, depth + 0.5))
        self.image.set_clim(1, width)
        self.axes.set_ylim(0.5, depth + 0.5)
        self.axes.set_yticks(range(1, depth + 1))
        step_axis(self.axes, end)
        self.frame.set_width(end)
        for text in self.now:
            text.remove()
        places = [(i + 0.5) / depth for i in range(depth)]
        self.now = [live_text(self.axes, 1.02, place + _HALF, "left", "top") for place in places]
