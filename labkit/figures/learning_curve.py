"""Accuracy and loss by step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from labkit.figures.numbers import short, tenth
from labkit.figures.style import GREEN, INK, LABEL, PURPLE, live_text, quiet
from labkit.nn.histogram import rounded_up

Array = NDArray[np.float64]
CHANCE = float(np.log(2))


@dataclass(frozen=True)
class Curve:
    """Steps (kept,), and the accuracy and the loss on the test set after them, (kept,) each; `end` is the last step."""

    steps: NDArray[np.intp]
    accuracy: Array
    loss: Array
    end: int


class LearningCurve:
    """Accuracy and loss of one network on the test set; the loss of a coin's toss as a dotted line."""

    def __init__(self, axes: Axes) -> None:
        """Make the curves in `axes`."""
        self.axes = axes
        quiet(axes, grid="y")
        axes.axhline(CHANCE, color=INK, lw=1.4, ls=":")
        style: dict[str, Any] = {"animated": True, "clip_on": False, "lw": 2.6}
        (self.accuracy,) = axes.plot([], [], color=GREEN, **style)
        (self.loss,) = axes.plot([], [], color=PURPLE, ls=(0, (5, 1.5)), **style)
        axes.set_xlabel("step", fontsize=LABEL, color=INK, labelpad=1)
        self.said = [live_text(axes, x, 1.04, "left", "bottom") for x in (0.0, 0.5)]
        for text, color in zip(self.said, (GREEN, "#a3527f"), strict=True):
            text.set_color(color)
        self._limits: tuple[int, float] | None = None

    def update(self, curve: Curve) -> None:
        """Show what is known."""
        steps, accuracy, loss, end = curve.steps, curve.accuracy, curve.loss, curve.end
        finite = np.isfinite(loss)
        self.accuracy.set_data(steps, np.where(finite, accuracy, np.nan))
        self.loss.set_data(steps, np.where(finite, loss, np.nan))
        top = rounded_up(max(1.0, float(loss[finite].max(initial=0.0))))
        if self._limits != (end, top):
            self._limits = (end, top)
            self.axes.set(xlim=(0, max(end, 1)), ylim=(0, 1.04 * top))
        said = tenth(float(accuracy[-1])) if finite[-1] else "not a number"
        self.said[0].set_text(f"test accuracy {said}")
        self.said[1].set_text(f"test loss {short(float(loss[-1]))}")
