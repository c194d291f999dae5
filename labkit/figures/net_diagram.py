"""A small diagram of a network: units as circles, weights as lines, wider where they are larger."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.figures.series import Series, along, exact, naming
from labkit.figures.style import BLUE, INK, VERMILLION, blank, live_text

Array = NDArray[np.float64]
MOST = 8
"""Units that are drawn of a layer."""
WIDEST = 4.5
_SIGNS = np.array([to_rgba(BLUE), to_rgba(VERMILLION)])  # negative, positive


class NetDiagram:
    """Layers from left to right; the first units of each."""

    def __init__(self, axes: Axes, sizes: Sequence[int]) -> None:
        """Make the units of layers of these sizes, inputs and outputs among them."""
        blank(axes)
        naming(axes, "weights", "from unit", "weight")
        axes.set(xlim=(-0.35, len(sizes) - 0.65), ylim=(-0.06, 1.0))
        self.drawn = [min(size, MOST) for size in sizes]
        places = [np.column_stack([np.full(n, layer), _heights(n)]) for layer, n in enumerate(self.drawn)]
        pairs = pairwise(places)
        segments = [np.array([a, b]) for before, after in pairs for a in before for b in after]
        self.weights = LineCollection(segments, animated=True, zorder=2, capstyle="butt")
        axes.add_collection(self.weights, autolim=False)
        for color, size, order in ((INK, 9.5, 3), ("white", 6.0, 4)):
            axes.plot(*np.concatenate(places).T, "o", color=color, ms=size, mew=0, animated=True, zorder=order)
        hidden = max(sizes[1:-1], default=0)
        self._some = f"; drawn are {MOST} of {hidden} units a layer" if hidden > MOST else ""
        self.widest = live_text(axes, 0.0, 0.0, "left", "top")

    def update(self, weights: Sequence[Array]) -> None:
        """Show the weights, (fan_in, fan_out) by layer."""
        parts = [w[: self.drawn[i], : self.drawn[i + 1]].ravel() for i, w in enumerate(weights)]
        values = np.concatenate(parts)
        exact(self.weights, lambda: _units([w[:MOST, :MOST] for w in weights]))
        finite = np.isfinite(values)
        largest = float(np.abs(values[finite]).max(initial=0.0))
        sizes = np.where(finite, np.abs(values), 0) / (largest or 1.0)
        self.weights.set_linewidth((WIDEST * sizes).tolist())
        self.weights.set_color(_SIGNS[(values > 0).astype(int)])
        said = f"widest line: {short(largest)}{self._some}"
        self.widest.set_text(said if finite.all() else "some weights are not finite")


def _units(weights: Sequence[Array]) -> list[Series]:
    """The weights into each unit."""
    return [
        along(f"into layer {layer}, unit {unit}", np.arange(1, len(column) + 1), column)
        for layer, matrix in enumerate(weights, 1)
        for unit, column in enumerate(matrix.T, 1)
    ]


def _heights(count: int) -> Array:
    """Places of `count` units, in the middle of the layer."""
    return 0.54 + (np.arange(count) - (count - 1) / 2) * 0.86 / (MOST - 1)
