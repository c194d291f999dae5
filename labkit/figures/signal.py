"""The picture of a signal's way: histograms by layer above, spread and gradient by layer below."""

from collections.abc import Hashable

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.histograms import MOST_PANELS, HeatMap, Histograms
from labkit.figures.layer_curves import LayerCurve, Theory
from labkit.figures.style import BACKWARD, FORWARD, INK, TITLE, new_figure
from labkit.nn.statistics import LayerStatistics

Array = NDArray[np.float64]

TITLES = {
    "post": "activations h",
    "pre": "pre-activations z",
    "grad_pre": "gradient dC/dz",
    "grad_weights": "gradient dC/dW",
}


class SignalView:
    """Histograms of one quantity, and below them std of the activations and RMS of dC/dz by layer."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first statistics."""
        self.figure: Figure = new_figure()
        self._made: tuple[int, str] | None = None

    def update(
        self,
        statistics: LayerStatistics,
        shown: str,
        forward: Theory | None = None,
        backward: Theory | None = None,
        density: Array | None = None,
    ) -> None:
        """Show `statistics`, with histograms of the quantity `shown`; and theory where it says something: the two
        curves with their bands, and the shares of the bins (depth, bins).
        """
        if self._made != (statistics.depth, shown):
            self._make(statistics.depth, shown)
        self._values.update(getattr(statistics, shown), density)
        self._forward.update(statistics.std, forward)
        self._backward.update(statistics.grad_rms, backward)

    @property
    def look(self) -> Hashable:
        """All that what stands still depends on."""
        return self._made, self._values.limits, self._forward.limits, self._backward.limits

    def _make(self, depth: int, shown: str) -> None:
        self.figure.clear()
        self._made = (depth, shown)
        rows = self.figure.add_gridspec(
            2, 2, height_ratios=(1.25, 1), left=0.082, right=0.975, top=0.87, bottom=0.09, hspace=0.42, wspace=0.16
        )
        color = BACKWARD if shown.startswith("grad") else FORWARD
        kind = Histograms if depth <= MOST_PANELS else HeatMap
        self._values = kind(self.figure, rows[0, :], depth, color, TITLES[shown])
        self.figure.text(0.015, 0.965, TITLES[shown], fontsize=TITLE + 1.5, color=INK, weight="bold", va="center")
        self._forward = LayerCurve(
            self.figure.add_subplot(rows[1, 0]), depth, "std of the activations h", FORWARD
        )
        self._backward = LayerCurve(
            self.figure.add_subplot(rows[1, 1]), depth, "RMS of the gradient dC/dz", BACKWARD
        )
