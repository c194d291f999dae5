"""A map of a network's output over the plane: colors for its probability, its boundary, and the points it learns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from labkit.figures.series import TABLED, Series, along, exact
from labkit.figures.style import BLUE, GREY, INK, VERMILLION

Array = NDArray[np.float64]
Extent = tuple[float, float, float, float]
CLASS_COLORS = (BLUE, VERMILLION)
_MARKERS = "o^"


COLORS = LinearSegmentedColormap.from_list("classes", ["#6fb3dc", "#ffffff", "#f3a66f"]).with_extremes(bad="#c9c9c9")
"""From class 0 over white, where both are as probable, to class 1; grey where there is no number."""


class PlaneMap:
    """One map; everything in it moves."""

    def __init__(self, axes: Axes, size: float, line: float = 2.2) -> None:
        """Make the artists in `axes`; points are `size` points wide, the boundary `line`."""
        self.axes = axes
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color(GREY)
        self.image = axes.imshow(
            np.zeros((2, 2)), cmap=COLORS, vmin=0, vmax=1, origin="lower", aspect="auto", interpolation="bilinear",
            animated=True, zorder=1,
        )  # fmt: skip
        self.points = [
            axes.plot(
                [], [], mark, ms=size, color=color, mec="white", mew=size / 10, ls="", animated=True, zorder=2,
                label=f"points of class {label}", gid=TABLED,
            )[0]
            for label, (mark, color) in enumerate(zip(_MARKERS, CLASS_COLORS, strict=True))
        ]  # fmt: skip
        self.boundary = LineCollection([], colors=[INK], linewidths=line, animated=True, zorder=3, label="boundary")
        axes.add_collection(self.boundary, autolim=False)
        self._extent: Extent | None = None

    def place(self, extent: Extent) -> None:
        """Show this part of the plane."""
        if extent != self._extent:
            self._extent = extent
            self.image.set_extent(extent)
            self.axes.set(xlim=extent[:2], ylim=extent[2:])

    def show_points(self, x: Array, y: NDArray[Any]) -> None:
        """Show points (points, 2) of the classes y, 0 or 1."""
        for label, line in enumerate(self.points):
            line.set_data(*x[y == label].T)

    def update(self, probability: Array, x: Array, y: Array) -> None:
        """Show a probability of class 1, (rows, columns), at the columns' places x and the rows' places y."""
        shown = np.ma.masked_invalid(probability)
        self.image.set_data(shown)
        exact(self.image, lambda: _rows(probability, x, y))
        self.boundary.set_segments(boundary(probability, x, y))


def _rows(probability: Array, x: Array, y: Array) -> list[Series]:
    """The map, a series for each row."""
    rows = zip(y, probability, strict=True)
    return [along(f"probability of class 1 at x2 = {height:.6g}", x, row) for height, row in rows]


def boundary(probability: Array, x: Array, y: Array) -> Sequence[Array]:
    """The lines along which the probability is one half; none where it is so everywhere, or nowhere."""
    if min(probability.shape) < 2 or not np.isfinite(probability).all():
        return []
    lines: Any = contour_generator(x, y, probability).lines(0.5)
    return list(lines)
