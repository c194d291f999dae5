"""Axes of the chain-rule picture: layers along x, logarithms (base 10) along y."""

from math import ceil, floor
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from labkit.figures.live_text import LiveText
from labkit.figures.numbers import power_of_ten
from labkit.figures.style import GREY, INK, LABEL, LINE, TICK
from labkit.nn.histogram import step_above

Array = NDArray[np.float64]
_NUMBER = 0.17  # the share of the height that is left for numbers at each end
_TEXT = 0.11  # the share that a number takes


class LogAxis:
    """A y-axis of logarithms that holds what it is given and 1; its limits move in whole steps."""

    def __init__(self, axes: Axes, labels: bool = False) -> None:
        """Draw the line of 1; `labels`: leave room for numbers at the ends of bars."""
        self._axes, self._labels = axes, labels
        self._limits: tuple[float, float] | None = None
        axes.set_animated(True)  # its limits move more often than all else: they cost no drawing of the other axes
        axes.axhline(0, color=GREY, lw=1.2)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.set_axisbelow(True)

    def hold(self, logs: Array) -> tuple[float, float]:
        """Set limits that hold these; the lower one, and the height of a number beside a bar."""
        some = np.append(logs[np.isfinite(logs)], [0.0, *([-1.0] if -np.inf in logs else [])])
        step = step_above(max(1.0, float(some.max() - some.min()) / 6))
        bottom, top = step * floor(some.min() / step), step * max(ceil(some.max() / step), 1 if self._labels else 0)
        height = max(top - bottom, step)
        bottom = top - height
        if (bottom, top) != self._limits:
            self._limits = (bottom, top)
            margin = (_NUMBER if self._labels else 0.04) * height
            self._axes.set_ylim(bottom - margin, top + margin)
            powers = np.arange(bottom, top + step / 2, step)
            self._axes.set_yticks(powers, [power_of_ten(power) if power else "1" for power in powers])
        return bottom, _TEXT * height * (1 + 2 * _NUMBER)


def layers_along(axes: Axes, depth: int, *, labels: bool) -> None:
    """Give axes the layers 0 (the input) to depth along x."""
    axes.set_xlim(-0.5, depth + 0.6)
    step = 1 if depth <= 15 else 5
    ticks = [0, *([1] if step > 1 else []), *range(step, depth + 1, step)]
    axes.set_xticks(ticks, ["x" if t == 0 else str(t) for t in ticks] if labels else [""] * len(ticks), fontsize=TICK)
    if labels:
        axes.set_xlabel("layer", fontsize=LABEL, color=INK, labelpad=1)


def moving_text(axes: Axes, x: float) -> LiveText:
    """An empty text that moves, in the data's coordinates, centered at x."""
    style: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": TICK, "color": INK, "animated": True}
    text = LiveText(x, 0, "", zorder=5, **style)
    axes.add_artist(text)
    return text
