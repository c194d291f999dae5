"""Contestants that are trained in step: losses, standings, and the layers of the one that is looked at."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from labkit.figures.histograms import MOST_PANELS, HeatMap, Histograms
from labkit.figures.layer_curves import LayerCurve
from labkit.figures.loss_curves import Curve, LossCurves
from labkit.figures.signal import TITLES
from labkit.figures.standings import Standing, Standings
from labkit.figures.style import BLUE, GREEN, INK, PURPLE, TITLE, VERMILLION, live_text, new_figure
from labkit.nn.statistics import LayerStatistics

ORANGE = "#E69F00"  # Okabe and Ito's
COLORS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, INK)
"""One for each contestant."""


class ComparisonView:
    """Losses and standings above; below the layers of one contestant at one of the steps kept."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first result."""
        self.figure: Figure = new_figure()
        self._made: object = None

    def begin(
        self, names: Sequence[str], chosen: int, steps: int, depth: int, shown: str, level: tuple[float, str],
        chance: float, titles: tuple[str, str],
    ) -> None:  # fmt: skip
        """Make the artists for these contestants, the `chosen` one's layers below, unless they are there."""
        made = tuple(names), chosen, steps, depth, shown, level, chance, titles
        if made == self._made:
            return
        self._made = made
        self.figure.clear()
        colors = COLORS[: len(names)]
        upper = self.figure.add_gridspec(
            1, 2, width_ratios=(1.5, 1), left=0.078, right=0.985, top=0.945, bottom=0.53, wspace=0.07
        )
        self._losses = LossCurves(self.figure.add_subplot(upper[0]), steps, colors, titles[0], *level, names, top=2.6)
        self._standings = Standings(self.figure.add_subplot(upper[1]), names, colors, titles[1], chance)
        self._make_layers(depth, shown, colors[chosen])

    def _make_layers(self, depth: int, shown: str, color: str) -> None:
        few = depth <= MOST_PANELS // 2
        lower = self.figure.add_gridspec(
            1, 2, width_ratios=(1.85, 1), left=0.078, right=0.985, top=0.335, bottom=0.085,
            wspace=0.16 if few else 0.25,
        )  # fmt: skip
        kind = Histograms if few else HeatMap
        self._values = kind(self.figure, lower[0], depth, color, TITLES[shown])
        self._gradient = LayerCurve(self.figure.add_subplot(lower[1]), depth, "RMS of dC/dz by layer", color)
        head = self.figure.add_axes((0.0, 0.385, 1.0, 0.04), frameon=False, xticks=[], yticks=[])
        head.patch.set_visible(False)
        self._head = live_text(head, 0.012, 0.5, "left", "bottom")
        self._head.set_fontsize(TITLE)
        self._head_of = TITLES[shown]

    def update(
        self, curves: Sequence[Curve], ended: Sequence[int | None], standings: Sequence[Standing], chosen: int,
        looked_at: tuple[int, str], shown: str, statistics: LayerStatistics, said: str = "",
    ) -> None:  # fmt: skip
        """Show how far they are; `looked_at` is the step whose layers are shown, and whose they are; `said` of them."""
        step, name = looked_at
        self._losses.update(curves, ended, step)
        self._standings.update(standings, chosen)
        self._values.update(getattr(statistics, shown))
        self._gradient.update(statistics.grad_rms)
        after = "before the first step" if step == 0 else f"after step {step}"
        self._head.set_text(f"{name}: {self._head_of}, {after}{said}")
