"""Accuracy and loss by step, in a panel each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from labkit.figures.numbers import percent, short, tenth
from labkit.figures.series import naming
from labkit.figures.step_axis import step_axis
from labkit.figures.style import GREEN, GREY, INK, PURPLE, TICK, live_text, quiet
from labkit.nn.histogram import rounded_up

Array = NDArray[np.float64]
CHANCE = float(np.log(2))
"""The loss of whoever says 50 % everywhere."""


@dataclass(frozen=True)
class TestScores:
    """Steps (kept,), and the accuracy and the loss on the test set after them, (kept,) each; `end` is the last step."""

    __test__ = False  # no test of pytest's, whatever its name says
    steps: NDArray[np.intp]
    accuracy: Array
    loss: Array
    end: int


class LearningCurve:
    """The accuracy in the first panel, the loss in the second; what a coin's toss has is dashed, with its name."""

    def __init__(self, panels: Sequence[Axes]) -> None:
        """Make the curves in two axes."""
        self.panels = list(panels)
        for axes in panels:
            quiet(axes, grid="y")
        for axes, name in zip(panels, ("test accuracy", "test loss"), strict=True):
            naming(axes, name, y=name)
        style: dict[str, Any] = {"animated": True, "clip_on": False, "lw": 2.6}
        (self.accuracy,) = panels[0].plot([], [], color=GREEN, label="test accuracy", **style)
        (self.loss,) = panels[1].plot([], [], color=PURPLE, label="test loss", **style)
        panels[0].set_ylim(0, 1.02)
        panels[0].set_yticks([0, 0.25, 0.5, 0.75, 1], [percent(v) for v in (0, 0.25, 0.5, 0.75, 1)])
        level(panels[0], 0.5, "a coin's toss: 50 %", above=False)
        level(panels[1], CHANCE, "a coin's toss: ln 2", above=True)
        self.said = [live_text(axes, 0.0, 1.04, "left", "bottom") for axes in panels]
        self._limits: tuple[int, float] | None = None

    def update(self, scores: TestScores) -> None:
        """Show what is known."""
        loss, end = scores.loss, scores.end
        finite = np.isfinite(loss)
        self.accuracy.set_data(scores.steps, np.where(finite, scores.accuracy, np.nan))
        self.loss.set_data(scores.steps, np.where(finite, loss, np.nan))
        top = rounded_up(max(1.0, float(loss[finite].max(initial=0.0))))
        if self._limits != (end, top):
            self._limits = (end, top)
            self.panels[1].set_ylim(0, 1.02 * top)
            for axes in self.panels:
                step_axis(axes, end)
        said = tenth(float(scores.accuracy[-1])) if finite[-1] else "not a number"
        self.said[0].set_text(f"test accuracy {said}")
        self.said[1].set_text(f"test loss {short(float(loss[-1]))}")


def level(axes: Axes, value: float, name: str, above: bool) -> None:
    """A dashed line across at a value that means something; its name is on the side that a good curve leaves free."""
    axes.axhline(value, color=GREY, lw=1.4, ls=(0, (5, 4)), zorder=1)
    axes.annotate(
        name, (1, value), (0, 4 if above else -4), xycoords=("axes fraction", "data"), textcoords="offset points",
        ha="right", va="bottom" if above else "top", fontsize=TICK, color=INK,
    )  # fmt: skip
