"""The two numbers of a linear network's product, and the two that the network itself shows: side by side."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.plane_map import COLORS
from labkit.figures.series import exact, naming, table
from labkit.figures.style import GREY, INK, LABEL, TITLE, blank, live_text

Array = NDArray[np.float64]
_LEFTS, _CELL = (0.1, 0.62), 0.36
_ROWS = 0.62, 0.22  # their middles
_HALF = 0.07  # of a line of text: a LiveText hangs from its place
NAMES = ("product $M$", "measured slope")


class SlopePair:
    """A row for each input; cells in colors by the largest of all four, with their numbers."""

    def __init__(self, axes: Axes) -> None:
        """Make the artists in `axes`."""
        blank(axes)
        naming(axes, "slope of the linear network", "input", "slope")
        axes.set(xlim=(0, 1), ylim=(0, 1))
        style: dict[str, Any] = {"color": INK, "va": "center"}
        self.cells: list[list[Rectangle]] = []
        self.texts: list[list[Any]] = []
        for left, name in zip(_LEFTS, NAMES, strict=True):
            axes.text(left + _CELL / 2, 0.92, name, fontsize=LABEL, ha="center", **style)
            cells = [Rectangle((left, y - 0.2), _CELL, 0.4, ec=GREY, lw=1, animated=True) for y in _ROWS]
            self.cells.append(cells)
            self.texts.append([live_text(axes, left + _CELL / 2, y + _HALF, "center", "top") for y in _ROWS])
            for cell, text in zip(cells, self.texts[-1], strict=True):
                axes.add_patch(cell)
                text.set_fontsize(TITLE)
        for y, name in zip(_ROWS, ("$x_1$", "$x_2$"), strict=True):
            axes.text(0.08, y, name, fontsize=LABEL, ha="right", **style)
            axes.text((_LEFTS[0] + _CELL + _LEFTS[1]) / 2, y, "=", fontsize=TITLE, ha="center", **style)

    def update(self, product: Array, measured: Array) -> None:
        """Show (2,) numbers of each."""
        values = np.array([product, measured])
        pairs = zip(("product M", "measured slope"), values, strict=True)
        found = [table(name, ("x1", "x2"), numbers.tolist()) for name, numbers in pairs]
        exact(self.cells[0][0], lambda: found)
        largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
        for column, cells, texts in zip(values, self.cells, self.texts, strict=True):
            for value, cell, text in zip(column.tolist(), cells, texts, strict=True):
                cell.set_facecolor(COLORS((value / largest + 1) / 2 if np.isfinite(value) else np.nan))
                text.set_text(signed(value, 4))
