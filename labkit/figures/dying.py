"""The picture of dying units: how many by step above, in which layers below, and what it does to learning."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.comparison import COLORS
from labkit.figures.dead_units import DeadCurves, DeadMaps
from labkit.figures.loss_curves import Curve, LossCurves
from labkit.figures.standings import Standing, Standings
from labkit.figures.style import new_figure

Array = NDArray[np.float64]


class DyingView:
    """Dead units by step, standings; dead units by layer and step, losses."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._made: object = None

    def begin(
        self, names: Sequence[str], short_names: Sequence[str], steps: int, depth: int, level: tuple[float, str],
        chance: float, titles: tuple[str, str, str],
    ) -> None:  # fmt: skip
        """Make the artists for these contestants, unless they are there."""
        made = tuple(names), steps, depth, level, chance, titles
        if made == self._made:
            return
        self._made = made
        self.figure.clear()
        colors = COLORS[: len(names)]
        grid = self.figure.add_gridspec(
            2, 2, width_ratios=(1.45, 1), height_ratios=(1.25, 1), left=0.078, right=0.965, top=0.945, bottom=0.085,
            hspace=0.4, wspace=0.24,
        )  # fmt: skip
        self._dead = DeadCurves(self.figure.add_subplot(grid[0, 0]), steps, colors, titles[0], names)
        self._standings = Standings(self.figure.add_subplot(grid[0, 1]), names, colors, titles[2], chance)
        self._maps = DeadMaps(self.figure, grid[1, 0], steps, depth, _numbered(short_names, colors))
        self._losses = LossCurves(
            self.figure.add_subplot(grid[1, 1]), steps, colors, titles[1], *level, names, top=2.6, dashed=True
        )

    def update(
        self, dead: Sequence[Curve], looks: Sequence[tuple[Array, Array]], curves: Sequence[Curve],
        ended: Sequence[int | None], standings: Sequence[Standing], here: int,
    ) -> None:  # fmt: skip
        """Show the `dead` shares of each contestant by step; `looks`: the steps, and the same of each layer then,
        (looks, depth).
        """
        self._dead.update(dead, here)
        self._maps.update(looks)
        self._losses.update(curves, ended, here)
        self._standings.update(standings, -1)


def _numbered(names: Sequence[str], colors: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"{number}  {name}", color) for number, (name, color) in enumerate(zip(names, colors, strict=True), 1)]
