"""The picture of a signal's way: histograms by layer above, spread and gradient by layer below."""

from matplotlib.figure import Figure

from labkit.figures.histograms import MOST_PANELS, HeatMap, Histograms
from labkit.figures.layer_curves import LayerCurve
from labkit.figures.style import BACKWARD, FORWARD, INK, TITLE, new_figure
from labkit.nn.statistics import LayerStatistics

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

    def update(self, statistics: LayerStatistics, shown: str) -> None:
        """Show `statistics`, with histograms of the quantity `shown`."""
        if self._made != (statistics.depth, shown):
            self._make(statistics.depth, shown)
        self._values.update(getattr(statistics, shown))
        self._forward.update(statistics.std)
        self._backward.update(statistics.grad_rms)

    def _make(self, depth: int, shown: str) -> None:
        self.figure.clear()
        self._made = (depth, shown)
        rows = self.figure.add_gridspec(
            2, 2, height_ratios=(1.25, 1), left=0.078, right=0.985, top=0.87, bottom=0.09, hspace=0.42, wspace=0.16
        )
        color = BACKWARD if shown.startswith("grad") else FORWARD
        kind = Histograms if depth <= MOST_PANELS else HeatMap
        self._values = kind(self.figure, rows[0, :], depth, color)
        self.figure.text(0.015, 0.965, TITLES[shown], fontsize=TITLE + 1.5, color=INK, weight="bold", va="center")
        self._forward = LayerCurve(
            self.figure.add_subplot(rows[1, 0]), depth, "std of the activations h", FORWARD
        )
        self._backward = LayerCurve(
            self.figure.add_subplot(rows[1, 1]), depth, "RMS of the gradient dC/dz", BACKWARD
        )
