"""A curve made of ReLUs: target and sum, the ReLUs one by one, and how the error falls with their number."""

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.series import along, exact, naming
from labkit.figures.style import BLUE, GREY, INK, LABEL, TICK, VERMILLION, live_text, quiet

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Approximation:
    """Target and sum at places z (m,); kinks and weights of the n ReLUs; the largest error with 1, 2, .. ReLUs."""

    z: Array
    target: Array
    total: Array
    knots: Array
    at_knots: Array
    kinks: Array
    weights: Array
    errors: Array

    @property
    def n(self) -> int:
        """How many ReLUs."""
        return len(self.kinks)


class ReluSumView:
    """Left: target and sum above, the single ReLUs below. Right: the largest error against n."""

    def __init__(self, figure: Figure) -> None:
        """Make the panels."""
        grid = figure.add_gridspec(
            2, 2, height_ratios=(1.5, 1), width_ratios=(1.35, 1), left=0.055, right=0.98, top=0.93, bottom=0.1,
            hspace=0.33, wspace=0.2,
        )  # fmt: skip
        self._above = figure.add_subplot(grid[0, 0])
        self._below = figure.add_subplot(grid[1, 0], sharex=self._above)
        self._error = figure.add_subplot(grid[:, 1])
        self._make_curves()
        self._make_errors()
        self._limits: tuple[float, ...] = ()

    def _make_curves(self) -> None:
        quiet(self._above, title="target and sum of ReLUs", grid="both")
        naming(self._above, x="z")
        quiet(self._below, title="the ReLUs one by one, each with its weight", grid="both")
        self._below.set_xlabel("z", fontsize=LABEL, color=INK, labelpad=0)
        (self.target,) = self._above.plot([], [], color=GREY, lw=5, alpha=0.55, animated=True, label="target")
        (self.total,) = self._above.plot([], [], color=BLUE, lw=2.6, animated=True, label="sum of n ReLUs")
        (self.knots,) = self._above.plot([], [], "o", color=BLUE, mec="white", markersize=7, animated=True)
        self._above.legend(loc="upper right", bbox_to_anchor=(1.0, 1.17), ncols=2, fontsize=LABEL, frameon=False)
        self.terms = LineCollection([], colors=VERMILLION, linewidths=1.6, animated=True)
        self._below.add_collection(self.terms, autolim=False)

    def _make_errors(self) -> None:
        axes = self._error
        quiet(axes, title="largest error", grid="both")
        axes.set_xscale("log")
        axes.set_yscale("log", nonpositive="mask")  # the curve holds what it cannot show as well
        axes.set(xlim=(0.9, 72), ylim=(1e-4, 10))
        axes.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
        axes.set_xticks([], minor=True)
        axes.set_yticks([1e-4, 1e-3, 1e-2, 1e-1, 1, 10], ["0.0001", "0.001", "0.01", "0.1", "1", "10"])
        axes.set_yticks([], minor=True)
        axes.set_xlabel("number of ReLUs n", fontsize=LABEL, color=INK)
        places = np.array([1.0, 64.0])
        axes.plot(places, 12 / places**2, "--", color=GREY, lw=1.6)
        axes.text(1.3, 10 / 1.3**2, "  falls as 1/n²", color=GREY, fontsize=TICK, ha="left", va="bottom")
        (self.curve,) = axes.plot([], [], "-", color=BLUE, lw=2, animated=True, label="largest error")
        (self.exact,) = axes.plot(
            [], [], "v", color=INK, markersize=7, animated=True, clip_on=False, transform=axes.get_xaxis_transform()
        )
        (self.here,) = axes.plot([], [], "o", color=VERMILLION, markersize=11, animated=True, zorder=5)
        self.text = live_text(axes, 0.99, 0.985, "right", "top")

    def update(self, shown: Approximation) -> None:
        """Show this sum."""
        self._set_limits(shown)
        self.target.set_data(shown.z, shown.target)
        self.total.set_data(shown.z, shown.total)
        self.knots.set_data(shown.knots, shown.at_knots)
        end = float(shown.z[-1])
        self.terms.set_segments([
            np.array([[start, 0.0], [end, weight * (end - start)]])
            for start, weight in zip(shown.kinks, shown.weights, strict=True)
        ])
        terms = list(zip(shown.kinks, shown.weights, strict=True))
        exact(self.terms, lambda: [
            along(f"ReLU {i}", [start, end], [0, weight * (end - start)]) for i, (start, weight) in enumerate(terms, 1)
        ])
        self._update_errors(shown)

    def _update_errors(self, shown: Approximation) -> None:
        counts, error = np.arange(1, len(shown.errors) + 1), float(shown.errors[shown.n - 1])
        self.curve.set_data(counts, shown.errors)
        some = shown.errors == 0
        self.exact.set_visible(bool(some.any()))
        self.exact.set_data(counts[some], np.zeros(some.sum()))
        self.here.set_visible(error > 0)
        self.here.set_data([shown.n], [error])
        lines = [f"n = {shown.n}: largest error {signed(error)}"] + (["▼ no error at all"] if some.any() else [])
        self.text.set_text("\n".join(lines))

    def _set_limits(self, shown: Approximation) -> None:
        low, high = float(shown.target.min()), float(shown.target.max())
        limits = (float(shown.z[0]), float(shown.z[-1]), low, high)
        if limits != self._limits:  # a new target: the axes do not move with n
            self._limits = limits
            margin = 0.12 * (high - low)
            self._above.set(xlim=limits[:2], ylim=(low - margin, high + margin))
            size = 3 * max(high - low, 1.0)
            self._below.set_ylim(-size, size)
