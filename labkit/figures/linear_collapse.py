"""A linear network and its bent twin: the maps of both, and the matrices whose product the linear one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.decision_boundary import Maps
from labkit.figures.intervals import signed
from labkit.figures.plane_map import COLORS, PlaneMap
from labkit.figures.series import Series, along, exact, naming
from labkit.figures.slope_pair import SlopePair
from labkit.figures.style import GREEN, HEIGHT, INK, LABEL, TITLE, WIDTH, blank, live_text, new_figure

Array = NDArray[np.float64]
PLACES = ((0.01, 0.375, 0.485, 0.565), (0.505, 0.375, 0.485, 0.565))
"""Places of the two maps: left, bottom, width, height, in shares of the picture."""
ASPECT = PLACES[0][2] * WIDTH / (PLACES[0][3] * HEIGHT)
_GAP = 3  # columns between two matrices


@dataclass(frozen=True)
class Collapsed:
    """The linear network's matrices, their product (2, 1) and offset (1,), and what is said of both networks.

    `slope` (2,) is what the network's output itself rises by for each input.
    """

    weights: tuple[Array, ...]
    matrix: Array
    offset: Array
    slope: Array
    said: tuple[str, str]
    gap: str


class Matrices:
    """Matrices in a row, each in colors by its own largest value."""

    def __init__(self, axes: Axes, shapes: Sequence[tuple[int, int]]) -> None:
        """Make the artists for matrices of these shapes."""
        blank(axes)
        naming(axes, "weights of the linear network", "row", "weight")
        self.shapes = list(shapes)
        self.height = max(rows for rows, _ in shapes)
        widths = [columns for _, columns in shapes]
        self.lefts = [sum(widths[:i]) + _GAP * i for i in range(len(shapes))]
        self.total = self.lefts[-1] + widths[-1]
        self.image = axes.imshow(
            np.full((2, 2), np.nan), cmap=COLORS.with_extremes(bad="#ffffff00"), vmin=-1, vmax=1, aspect="auto",
            interpolation="nearest", extent=(0, self.total, self.height, 0), animated=True,
        )  # fmt: skip
        axes.set(xlim=(-1, self.total + 3), ylim=(self.height * 1.02, -0.2 * self.height))
        style: dict[str, Any] = {"ha": "center", "color": INK, "fontsize": LABEL}
        for i, (left, width) in enumerate(zip(self.lefts, widths, strict=True)):
            top = (self.height - shapes[i][0]) // 2
            axes.text(left + width / 2, top - 0.05 * self.height, f"$W_{{{i + 1}}}$", va="bottom", **style)
            sign = "=" if i == len(shapes) - 1 else "×"
            axes.text(left + width + _GAP / 2, self.height / 2, sign, va="center", **style)

    def update(self, matrices: Sequence[Array]) -> None:
        """Show the matrices."""
        page = np.full((self.height, self.total), np.nan)
        for matrix, left in zip(matrices, self.lefts, strict=True):
            rows, columns = matrix.shape
            top = (self.height - rows) // 2
            largest = float(np.abs(matrix).max()) or 1.0
            with np.errstate(all="ignore"):
                page[top : top + rows, left : left + columns] = matrix / largest
        self.image.set_data(np.ma.masked_invalid(page))
        exact(self.image, lambda: _columns(matrices))


def _columns(matrices: Sequence[Array]) -> list[Series]:
    return [
        along(f"W{layer}, column {number}", np.arange(1, len(column) + 1), column)
        for layer, matrix in enumerate(matrices, 1)
        for number, column in enumerate(matrix.T, 1)
    ]


class CollapseView:
    """Two maps above, the matrices and the numbers below."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._made: Any = None

    def show(self, maps: Maps, collapsed: Collapsed) -> None:
        """Show both networks' maps, the linear one's first."""
        shapes = [w.shape for w in collapsed.weights]
        if self._made != shapes:
            self._made = shapes
            self._make(shapes)
        for i, each in enumerate(self.maps):
            each.place(maps.extent)
            each.show_points(maps.points, maps.labels)
            each.update(maps.probability[i], maps.x, maps.y)
            self.titles[i].set_text(collapsed.said[i])
        self.line.set_data(*line_of(collapsed.matrix, collapsed.offset, maps.extent))
        self.matrices.update(collapsed.weights)
        self.slopes.update(collapsed.matrix[:, 0], collapsed.slope)
        (a, b), c = collapsed.matrix[:, 0], float(collapsed.offset[0])
        line = f"{signed(float(a))} x1 {_term(float(b))} x2 {_term(c)} = 0"
        there = crosses(collapsed.matrix, collapsed.offset, maps.extent)
        where = f"green dashes: {line}" if there else f"{line}: nowhere in the picture"
        self.numbers.set_text(f"{where}\n{collapsed.gap}")

    def _make(self, shapes: Sequence[tuple[int, int]]) -> None:
        self.figure.clear()
        panels = [self.figure.add_axes(place) for place in PLACES]
        self.maps = [PlaneMap(axes, size=5.0, line=3.2) for axes in panels]
        for axes, name in zip(panels, ("linear network", "bent twin"), strict=True):
            naming(axes, name, "x1", "x2")
        self.titles = [live_text(axes, 0.0, 1.012, "left", "bottom") for axes in panels]
        for title in self.titles:
            title.set_fontsize(TITLE)
        (self.line,) = panels[0].plot([], [], color=GREEN, lw=3.2, ls=(0, (3, 2.5)), animated=True, zorder=5)
        self.line.set_label("where the product is 0")
        below = self.figure.add_axes((0.01, 0.105, 0.62, 0.25))
        self.matrices = Matrices(below, shapes)
        self.slopes = SlopePair(self.figure.add_axes((0.64, 0.105, 0.35, 0.25)))
        self.numbers = live_text(below, 0.0, -0.05, "left", "top")


def _term(value: float) -> str:
    """A number with its sign between two terms."""
    return f"− {signed(-value)}" if value < 0 else f"+ {signed(value)}"


def crosses(matrix: Array, offset: Array, extent: tuple[float, float, float, float]) -> bool:
    """Whether x @ matrix + offset = 0 is a line that meets this part of the plane.

    >>> crosses(np.array([[1.0], [1.0]]), np.zeros(1), (-1, 1, -1, 1))
    True
    >>> crosses(np.array([[1.0], [1.0]]), np.full(1, 3.0), (-1, 1, -1, 1))
    False
    """
    left, right, bottom, top = extent
    corners = np.array([(x, y) for x in (left, right) for y in (bottom, top)])
    with np.errstate(all="ignore"):
        values = corners @ matrix[:, 0] + offset[0]
    return bool(values.min() < 0 < values.max())


def line_of(matrix: Array, offset: Array, extent: tuple[float, float, float, float]) -> tuple[Array, Array]:
    """The two ends of x @ matrix + offset = 0 across the picture; none where it is no line."""
    (a, b), c = matrix[:, 0], float(offset[0])
    norm = float(np.hypot(a, b))
    if not np.isfinite([a, b, c]).all() or norm == 0:
        return np.empty(0), np.empty(0)
    left, right, bottom, top = extent
    reach = np.hypot(right - left, top - bottom)
    middle = np.array([left + right, bottom + top]) / 2
    foot = middle - (middle @ [a, b] + c) / norm**2 * np.array([a, b])
    along = reach * np.array([-b, a]) / norm
    ends = np.array([foot - along, foot + along])
    return ends[:, 0], ends[:, 1]
