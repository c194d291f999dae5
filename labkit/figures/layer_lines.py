"""A number by layer on a log axis, several networks in one picture: numbered lines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from labkit.figures.layer_curves import decade_axis, layer_axis
from labkit.figures.line_numbers import LineNumbers
from labkit.figures.loss_curves import gaps
from labkit.figures.style import live_text, quiet
from labkit.nn.histogram import decades

Array = NDArray[np.float64]
_MARKS = "osD^vP"


class LayerLines:
    """A line of its own color, gaps and marks for each network; what a log axis cannot show is said."""

    def __init__(self, axes: Axes, depth: int, colors: Sequence[str], title: str, names: Sequence[str]) -> None:
        """Make the lines in `axes`, with their names."""
        self._axes, self._layers = axes, np.arange(1, depth + 1)
        quiet(axes, title=title, grid="y")
        axes.set_yscale("log", nonpositive="mask")  # the lines hold what it cannot show as well
        axes.set_animated(True)  # its limits move more often than all else: they cost no drawing of the other axes
        layer_axis(axes, depth)
        size = 8 if depth <= 12 else 5
        self.lines = [
            axes.plot([], [], color=c, ls=gaps(i), lw=2.4, marker=_MARKS[i], markersize=size, animated=True)[0]
            for i, c in enumerate(colors)
        ]
        for line, name in zip(self.lines, names, strict=True):
            line.set_label(name)
        self._numbers = LineNumbers(axes, len(colors), right=9.0)
        self._text = live_text(axes, 0.99, 0.98, "right", "top")
        self._limits: tuple[float, float] | None = None

    def update(self, values: Sequence[Array]) -> None:
        """Show `values`, (depth,) for each network, none below 0."""
        shown = [np.where(np.isfinite(row) & (row > 0), row, np.nan) for row in values]
        some = np.concatenate(shown)
        some = some[np.isfinite(some)]
        limits = decades(float(some.min()), float(some.max())) if len(some) else (-1.0, 1.0)
        if limits != self._limits:
            self._limits = limits
            decade_axis(self._axes, *limits)
        for line, row in zip(self.lines, values, strict=True):
            line.set_data(self._layers, row)
        self._numbers.update([(self._layers, row) for row in shown])
        self._text.set_text("\n".join(filter(None, map(_missing, range(1, len(values) + 1), values))))


def _missing(number: int, row: Array) -> str:
    """What a line cannot show of its values."""
    found = ("exactly 0", int((row == 0).sum())), ("not finite", int((~np.isfinite(row)).sum()))
    said = [f"{what} in {count} layer{'s' * (count > 1)}" for what, count in found if count]
    return f"{number}: {', '.join(said)}" if said else ""
