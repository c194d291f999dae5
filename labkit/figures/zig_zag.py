"""Two weights on their way down: two loss surfaces side by side with the paths on them, and the loss by step below."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.series import TABLED, Series, exact, naming
from labkit.figures.series import along as series
from labkit.figures.style import BLUE, GREY, INK, LABEL, VERMILLION, live_text, new_figure, quiet

Array = NDArray[np.float64]
REACH = 3.3, 2.2
"""How far the weights' axes go to either side."""
_SHADE = "#E69F00"  # Okabe and Ito's orange
_CORNERS = ((1, 1), (-1, 1), (-1, -1), (1, -1))
LEAST, MOST = 1e-6, 30.0  # of the loss axis, as shares of the loss at the start


@dataclass(frozen=True)
class Descent:
    """One walk: contours (lines, places, 2), path (steps + 1, 2), the next moves (batches, 2), the goal (2,).

    `loss` holds the loss at all steps that the axis shows, as a share of the loss at the start; `title` and `numbers`
    say what the inputs are and what was measured.
    """

    title: str
    numbers: str
    contours: Array
    path: Array
    moves: Array
    goal: Array
    loss: Array


class Surface:
    """One loss surface with contours, the path, and the quadrants into which a step from its end can point."""

    def __init__(self, axes: Axes, color: str, first: bool) -> None:
        """Make the artists in `axes`."""
        quiet(axes)
        axes.set_xlim(-REACH[0], REACH[0])
        axes.set_ylim(-REACH[1], REACH[1])
        axes.set_xticks(range(-3, 4), [str(i).replace("-", "−") for i in range(-3, 4)])
        axes.set_yticks(range(-2, 3), [str(i).replace("-", "−") for i in range(-2, 3)])
        axes.set_xlabel("weight w₁", fontsize=LABEL, color=INK, labelpad=1)
        if first:
            axes.set_ylabel("weight w₂", fontsize=LABEL, color=INK, labelpad=1)
        naming(axes, "walk, left" if first else "walk, right", y="weight w₂")
        self.quadrants = [Rectangle((0, 0), 0, 0, fc=_SHADE, alpha=0.28, lw=0, animated=True) for _ in _CORNERS]
        for quadrant in self.quadrants:
            axes.add_patch(quadrant)
        moving: dict[str, Any] = {"animated": True}
        (self.contours,) = axes.plot([], [], color=GREY, lw=1, zorder=2, **moving)
        (self.moves,) = axes.plot([], [], color="#7a4a00", lw=1.1, zorder=2.5, label="next moves", gid=TABLED, **moving)
        (self.path,) = axes.plot([], [], "-o", color=color, lw=1.8, ms=3.5, zorder=3, label="path", **moving)
        (self.start,) = axes.plot([], [], "s", color=INK, mfc="white", ms=9, mew=2, zorder=3.5, **moving)
        (self.goal,) = axes.plot([], [], "*", color=INK, mec="white", ms=18, zorder=6, **moving)
        self.goal.set(label="goal", gid=TABLED)
        (self.here,) = axes.plot([], [], "o", color=color, mec="white", ms=11, mew=1.5, zorder=5, **moving)
        self.title = live_text(axes, 0.0, 1.095, "left", "bottom")
        self.title.set_fontsize(LABEL + 1.5)
        self.numbers = live_text(axes, 0.0, 1.02, "left", "bottom")

    def update(self, shown: Descent) -> None:
        """Show one walk."""
        self.title.set_text(shown.title)
        self.numbers.set_text(shown.numbers)
        self.contours.set_data(*_broken(shown.contours))
        self.path.set_data(*shown.path.T)
        self.start.set_data(*shown.path[:1].T)
        self.here.set_data(*shown.path[-1:].T)
        self.goal.set_data(*shown.goal[:, None])
        here = shown.path[-1]
        steps = np.stack([np.broadcast_to(here, shown.moves.shape), here + shown.moves], axis=1)
        self.moves.set_data(*_broken(steps))
        for quadrant, corner in zip(self.quadrants, _CORNERS, strict=True):
            quadrant.set_visible(bool((shown.moves * corner > 0).all(axis=1).any()))
            quadrant.set_bounds(here[0], here[1], corner[0] * 20, corner[1] * 20)


def _one(name: str, steps: NDArray[Any], loss: Array) -> list[Series]:
    return [series(name, steps, loss)]


def _broken(lines: Array) -> tuple[Array, Array]:
    """Many lines, (lines, places, 2), as one with gaps."""
    gap = np.full((len(lines), 1, 2), np.nan)
    x, y = np.concatenate([lines, gap], axis=1).reshape(-1, 2).T
    return x, y


class ZigZagView:
    """The two surfaces above, the losses below."""

    def __init__(self) -> None:
        """Make the picture."""
        self.figure: Figure = new_figure()
        grid = self.figure.add_gridspec(1, 2, left=0.055, right=0.985, top=0.9, bottom=0.36, wspace=0.1)
        colors = VERMILLION, BLUE
        self.surfaces = [
            Surface(self.figure.add_subplot(grid[i]), color, first=i == 0) for i, color in enumerate(colors)
        ]
        below = self.figure.add_axes((0.055, 0.085, 0.93, 0.165))
        quiet(below, title="loss by step, as a share of the loss at the start: left solid, right dashed", grid="y")
        below.set_yscale("log")
        below.set_ylim(LEAST, MOST)
        below.set_yticks([1e-6, 1e-4, 1e-2, 1], ["10⁻⁶", "10⁻⁴", "10⁻²", "1"])
        below.set_yticks([], minor=True)
        below.set_xlabel("step", fontsize=LABEL, color=INK, labelpad=0)
        self._below = below
        naming(below, "loss by step, as a share of the loss at the start", y="share of the loss")
        self.losses = [
            below.plot([], [], color=color, lw=2.4, ls=dashes, animated=True, label=side)[0]
            for color, dashes, side in zip(colors, ("-", (0, (4, 1.5))), ("left", "right"), strict=True)
        ]
        self.cursor = below.axvline(0, color=GREY, lw=5, alpha=0.3, animated=True)
        self._most: int | None = None

    def update(self, shown: tuple[Descent, Descent], step: int, most: int) -> None:
        """Show two walks up to `step`; the losses go on to step `most`."""
        if most != self._most:
            self._most = most
            self._below.set_xlim(-0.005 * most, 1.005 * most)
        for surface, line, descent in zip(self.surfaces, self.losses, shown, strict=True):
            surface.update(descent)
            steps = np.arange(len(descent.loss))
            line.set_data(steps, np.clip(descent.loss, LEAST / 100, 100 * MOST))
            exact(line, partial(_one, str(line.get_label()), steps, descent.loss))
        self.cursor.set_xdata([step, step])
