"""Contestants one below the other: the name, a bar for the accuracy, the numbers. It is the legend too."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from labkit.figures.numbers import precise, tenth
from labkit.figures.series import exact, naming, table
from labkit.figures.style import GREY, INK, LABEL, LINE, TITLE, blank, live_text

Array = NDArray[np.float64]


class Standing(NamedTuple):
    """How a contestant stands: its accuracy (mean, lowest and highest of the seeds; NaN for none) and what is said."""

    accuracy: tuple[float, float, float]
    said: str


def standing(shares: Array, losses: Array, ended: int | None, before: str = "") -> Standing:
    """Of a contestant's accuracies and losses, (seeds,) each: NaN where there are none yet, as after step `ended`.

    `before` is said where there is no loss yet.
    """
    share, loss = float(shares.mean()), float(losses.mean())
    said = f"loss {precise(loss)}" if np.isfinite(loss) else before
    if np.isfinite(share):
        said = f"{tenth(share)}   {said}"
    if ended is not None:
        said = f"not finite: step {ended}"
    return Standing((share, float(shares.min()), float(shares.max())), said)


class Standings:
    """A row for each contestant in `axes`, with the number that its line has elsewhere; the chosen one marked."""

    def __init__(self, axes: Axes, names: Sequence[str], colors: Sequence[str], title: str, chance: float) -> None:
        """Make the rows; `chance` is the accuracy of a guess, marked in each."""
        blank(axes)
        self._names = list(names)
        naming(axes, "test accuracy", "contestant", "accuracy")
        axes.set_title(title, fontsize=TITLE, color=INK, loc="left")
        axes.set(xlim=(-0.05, 1.8), ylim=(-max(len(names), 3), 0))
        self._bars, self._spreads, self._texts, self._marks = [], [], [], []
        for row, (name, color) in enumerate(zip(names, colors, strict=True)):
            y = -row - 0.68
            axes.text(0, -row - 0.14, f"{row + 1}  {name}", fontsize=LABEL, color=INK, va="top")
            axes.add_patch(Rectangle((0, y - 0.15), 1, 0.3, fc="none", ec=LINE, lw=1))
            bar = Rectangle((0, y - 0.15), 0, 0.3, fc=color, animated=True, label=name)
            axes.add_patch(bar)
            (spread,) = axes.plot([], [], "-|", color=INK, lw=1.6, markersize=9, zorder=4, animated=True)
            axes.plot([chance, chance], [y - 0.15, y + 0.15], color=GREY, lw=1.4, ls=(0, (2, 1.5)), zorder=3)
            mark = Rectangle((-0.05, y - 0.15), 0.02, 0.75, fc=color, animated=True, clip_on=False)
            axes.add_patch(mark)
            text: Any = live_text(axes, 1.0, (y + 0.15) / max(len(names), 3) + 1, "right", "top")
            self._bars.append(bar)
            self._spreads.append(spread)
            self._marks.append(mark)
            self._texts.append(text)

    def update(self, standings: Sequence[Standing], chosen: int) -> None:
        """Show how they stand; `chosen` counts from 0."""
        for row, (mean, low, high) in enumerate(standing.accuracy for standing in standings):
            self._bars[row].set_width(mean if np.isfinite(mean) else 0.0)
            self._spreads[row].set_visible(bool(np.isfinite(low) and high > low))
            self._spreads[row].set_data([low, high], [-row - 0.68] * 2)
            self._marks[row].set_visible(row == chosen)
            self._texts[row].set_text(standings[row].said)
        shown = list(zip(*(standing.accuracy for standing in standings), strict=True))
        seeds = "mean of the seeds", "lowest of the seeds", "highest of the seeds"
        exact(self._bars[0], lambda: [table(*each) for each in zip(seeds, [self._names] * 3, shown, strict=True)])
