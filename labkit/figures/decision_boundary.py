"""Where networks draw the line between two classes: one with its diagram and curves, or a grid of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.learning_curve import LearningCurve, TestScores
from labkit.figures.net_diagram import NetDiagram
from labkit.figures.plane_map import Extent, PlaneMap
from labkit.figures.series import Series, exact, naming, number
from labkit.figures.style import GREEN, GREY, INK, LABEL, TICK, TITLE, live_text, new_figure

Array = NDArray[np.float64]
ONE = (0.01, 0.035, 0.55, 0.9)
"""Place of the one map: left, bottom, width, height, in shares of the picture."""
GRID = (0.125, 0.06, 0.985, 0.915)  # left, bottom, right, top
_GAPS = (0.008, 0.062)
_NUMBERS = "accuracy", "standard error of the accuracy", "loss"
_WITH_MORE = 4  # columns at most that are wide enough for a second number


@dataclass(frozen=True)
class Maps:
    """Probabilities (networks, rows, columns) at the places x and y of a part of the plane; points, their classes."""

    probability: Array
    x: Array
    y: Array
    extent: Extent
    points: Array
    labels: NDArray[Any]


@dataclass(frozen=True)
class Table:
    """What stands at and in the cells of a grid, row after row; `note` below it says what the marks mean;
    `numbers` are the accuracy, its standard error and the loss of each.

    `named` says which the rule of thumb names, `best` which are not to be told apart from the best of their column,
    and `starred` those of them that get a star.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    named: tuple[bool, ...]
    best: tuple[bool, ...]
    starred: tuple[bool, ...]
    said: tuple[str, ...]
    more: tuple[str, ...]
    note: str
    numbers: tuple[tuple[float, float, float], ...]


def cell_aspect(figure: Figure, rows: int, columns: int) -> float:
    """Width over height of a cell of a grid."""
    *_, width, height = cell(rows, columns, 0, 0)
    return float(width * figure.get_figwidth() / (height * figure.get_figheight()))


def cell(rows: int, columns: int, row: int, column: int) -> tuple[float, float, float, float]:
    """Place of a cell in shares of the picture: left, bottom, width, height; the first row is above."""
    left, bottom, right, top = GRID
    gap, below = _GAPS
    width, height = (right - left + gap) / columns - gap, (top - bottom + below) / rows - below
    return left + column * (width + gap), top - (row + 1) * height - row * below, width, height


def _numbers(table: Table, i: int) -> list[Series]:
    return [number(name, value) for name, value in zip(_NUMBERS, table.numbers[i], strict=True)]


class BoundaryView:
    """The picture of one network or of a grid; made anew where the shape of it changes."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._made: Any = None

    def show_one(self, maps: Maps, weights: Sequence[Array], scores: TestScores, title: str) -> None:
        """Show one network: its map, its weights (fan_in, fan_out) by layer, how it learned."""
        sizes = (len(weights[0]), *(w.shape[1] for w in weights))
        if self._made != sizes:
            self._made = sizes
            self._make_one(sizes)
        self._put(self.maps[0], maps, 0)
        self.diagram.update(weights)
        self.curve.update(scores)
        self.title.set_text(title)

    def show_grid(self, maps: Maps, table: Table) -> None:
        """Show a grid of networks."""
        shape = (table.rows, table.columns)
        if self._made != shape:
            self._made = shape
            self._make_grid(*shape)
        for i, each in enumerate(self.maps):
            self._put(each, maps, i)
            self.said[i].set_text(f"★ {table.said[i]}" if table.starred[i] else table.said[i])
            self.more[i].set_text(table.more[i] if len(table.columns) <= _WITH_MORE else "")
            self.frames[i].set_visible(table.named[i])
            exact(self.said[i], partial(_numbers, table, i))
        self.note.set_text(table.note)

    def _put(self, each: PlaneMap, maps: Maps, i: int) -> None:
        each.place(maps.extent)
        each.show_points(maps.points, maps.labels)
        each.update(maps.probability[i], maps.x, maps.y)

    def _make_one(self, sizes: Sequence[int]) -> None:
        self.figure.clear()
        axes = self.figure.add_axes(ONE)
        naming(axes, "map of the plane", "x1", "x2")
        self.maps = [PlaneMap(axes, size=6.5, line=3.0)]
        self.title = live_text(axes, 0.0, 1.012, "left", "bottom")
        self.title.set_fontsize(TITLE)
        self.diagram = NetDiagram(self.figure.add_axes((0.585, 0.485, 0.405, 0.445)), sizes)
        words: dict[str, Any] = {"fontsize": TITLE, "color": INK, "va": "bottom"}
        self.figure.text(0.587, 0.946, "weights: blue below 0, orange above", **words)
        places = ((0.627, 0.075, 0.155, 0.29), (0.83, 0.075, 0.155, 0.29))
        self.curve = LearningCurve([self.figure.add_axes(place) for place in places])

    def _make_grid(self, rows: tuple[str, ...], columns: tuple[str, ...]) -> None:
        self.figure.clear()
        shape = len(rows), len(columns)
        places = [cell(*shape, i, j) for i in range(shape[0]) for j in range(shape[1])]
        panels = [self.figure.add_axes(place) for place in places]
        self.maps = [PlaneMap(axes, size=3.2, line=2.0) for axes in panels]
        self.said = [live_text(axes, 0.0, 1.01, "left", "bottom") for axes in panels]
        self.more = [live_text(axes, 1.0, 1.01, "right", "bottom") for axes in panels]
        self.frames = [
            Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, ec=GREEN, lw=5, animated=True, zorder=4)
            for axes in panels
        ]  # fmt: skip
        for axes, frame, more in zip(panels, self.frames, self.more, strict=True):
            axes.add_patch(frame)
            more.set(color=GREY, fontsize=TICK)
        for i, axes in enumerate(panels):
            naming(axes, f"{columns[i % shape[1]]}, {rows[i // shape[1]]}", "x1", "x2")
        self._name(rows, columns)

    def _name(self, rows: tuple[str, ...], columns: tuple[str, ...]) -> None:
        shape = len(rows), len(columns)
        words: dict[str, Any] = {"fontsize": LABEL + 1, "color": INK, "weight": "bold"}
        for i, name in enumerate(rows):
            _, bottom, _, height = cell(*shape, i, 0)
            lines = name.replace(" ", "\n")
            self.figure.text(GRID[0] - 0.01, bottom + height / 2, lines, ha="right", va="center", **words)
        for j, name in enumerate(columns):
            left, _, width, _ = cell(*shape, 0, j)
            self.figure.text(left + width / 2, 0.967, name, ha="center", va="bottom", **words)
        self.note = live_text(self.maps[-1].axes, 1.0, -0.03, "right", "top")
        self.note.set(color=GREY, fontsize=TICK)
