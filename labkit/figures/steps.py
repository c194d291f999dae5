"""A step, the smooth logistic, and two ReLUs between them."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.series import TABLED, naming
from labkit.figures.style import BLUE, GREEN, INK, LABEL, VERMILLION, live_text, quiet

Array = NDArray[np.float64]
_DASH, _DOT = (0, (6, 2)), (0, (1.4, 1.2))


@dataclass(frozen=True)
class Steps:
    """Logistic and its slope at places z (m,); the two ReLUs' terms (2, m); their kink at -+reach, their slope."""

    z: Array
    logistic: Array
    slope: Array
    terms: Array
    reach: float
    ramp_slope: float


class StepsView:
    """Left: the three functions. Right: their slopes above, the two ReLUs that make the ramp below."""

    def __init__(self, figure: Figure) -> None:
        """Make the panels."""
        grid = figure.add_gridspec(2, 2, left=0.055, right=0.985, top=0.93, bottom=0.1, hspace=0.38, wspace=0.14)
        self._values, self._slopes = figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[0, 1])
        self._terms = figure.add_subplot(grid[1, 1])
        quiet(self._values, title="a step, and two ways to soften it", grid="both")
        quiet(self._slopes, title="their slopes: what learning has to go by", grid="both")
        quiet(self._terms, title="the two ReLUs, and their sum", grid="both")
        for axes in (self._values, self._terms):
            axes.set_xlabel("z", fontsize=LABEL, color=INK, labelpad=1)
        self._make_values()
        self._make_slopes()
        self._make_terms()
        self._limits: tuple[float, float] | None = None

    def _make_values(self) -> None:
        axes = self._values
        axes.set_ylim(-0.09, 1.22)
        axes.plot([-100, 0, np.nan, 0, 100], [0, 0, np.nan, 1, 1], color=INK, lw=2.6, label="step", gid=TABLED)
        axes.plot([0, 0], [0, 1], "o", color=INK, mfc="white", markersize=8)
        (self.logistic,) = axes.plot([], [], color=BLUE, lw=2.6, animated=True, label="logistic")
        (self.ramp,) = axes.plot([], [], color=VERMILLION, lw=2.6, ls=_DASH, animated=True, label="two ReLUs")
        axes.legend(loc="upper left", ncols=3, fontsize=LABEL, frameon=False, borderaxespad=0.1, columnspacing=1.2)
        self.text = live_text(axes, 0.985, 0.1, "right", "bottom")

    def _make_slopes(self) -> None:
        axes = self._slopes
        naming(axes, x="z")
        axes.plot([-100, 0, np.nan, 0, 100], [0, 0, np.nan, 0, 0], color=INK, lw=2.6, label="step", gid=TABLED)
        axes.plot([0], [0], "o", color=INK, mfc="white", markersize=8)
        (self.slope,) = axes.plot([], [], color=BLUE, lw=2.6, animated=True, label="logistic")
        (self.ramp_slope,) = axes.plot([], [], color=VERMILLION, lw=2.6, ls=_DASH, animated=True, label="two ReLUs")
        self.slope_text = live_text(axes, 0.985, 0.98, "right", "top")

    def _make_terms(self) -> None:
        axes = self._terms
        axes.set_ylim(-2.2, 2.4)
        (self.first,) = axes.plot([], [], color=GREEN, lw=2.2, animated=True, label="max(0, kz/4 + ½)")
        (self.second,) = axes.plot([], [], color=INK, lw=2.2, ls=_DOT, animated=True, label="−max(0, kz/4 − ½)")
        (self.sum,) = axes.plot([], [], color=VERMILLION, lw=2.6, ls=_DASH, animated=True, label="sum")
        axes.legend(loc="upper left", fontsize=LABEL, frameon=False, borderaxespad=0.1, labelspacing=0.2)

    def update(self, shown: Steps) -> None:
        """Show these."""
        self._set_limits(float(shown.z[-1]), _top(shown.ramp_slope))
        ramp = shown.terms.sum(axis=0)
        self.logistic.set_data(shown.z, shown.logistic)
        self.ramp.set_data(shown.z, ramp)
        self.slope.set_data(shown.z, shown.slope)
        end, reach, height = float(shown.z[-1]), shown.reach, shown.ramp_slope
        self.ramp_slope.set_data(
            [-end, -reach, np.nan, -reach, reach, np.nan, reach, end], [0, 0, np.nan, height, height, np.nan, 0, 0]
        )
        self.first.set_data(shown.z, shown.terms[0])
        self.second.set_data(shown.z, shown.terms[1])
        self.sum.set_data(shown.z, ramp)
        self.text.set_text(f"two ReLUs bend at z = −{signed(reach)} and {signed(reach)}")
        self.slope_text.set_text(f"logistic and ramp at 0: {signed(height)}\nstep: 0, and none at 0")

    def _set_limits(self, end: float, top: float) -> None:
        if (end, top) != self._limits:
            self._limits = (end, top)
            for axes in (self._values, self._slopes, self._terms):
                axes.set_xlim(-end, end)
            self._slopes.set_ylim(-0.06 * top, 1.12 * top)


def _top(slope: float) -> float:
    """Few steps, so that the axes stand still while the steepness moves."""
    return 1.0 if slope <= 1.0 else 5.0
