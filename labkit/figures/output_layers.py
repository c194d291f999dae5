"""Output layers by task: outputs above, the gradient that comes back below, a point that moves with the logit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.series import TABLED, along, exact, naming, number
from labkit.figures.style import BLUE, GREEN, GREY, INK, LABEL, TITLE, VERMILLION, live_text, quiet

Array = NDArray[np.float64]
_DASH, _DOT = (0, (6, 2)), (0, (1.4, 1.2))


@dataclass(frozen=True)
class Output:
    """One output layer over logits z (m,): outputs (m, units), gradients (m,) of two losses; and the same at one z."""

    task: str
    name: str
    loss: str
    z: Array
    outputs: Array
    gradient: Array
    squared: Array
    at: float
    outputs_at: Array
    loss_at: float
    gradient_at: float
    squared_at: float


class OutputLayersView:
    """A column for each task."""

    def __init__(self, figure: Figure) -> None:
        """Nothing before the first update: the tasks are data."""
        self._figure = figure
        self.columns: list[_Column] = []

    def update(self, shown: Sequence[Output]) -> None:
        """Show these output layers."""
        if not self.columns:
            grid = self._figure.add_gridspec(
                2, len(shown), height_ratios=(1.1, 1), left=0.055, right=0.985, top=0.86, bottom=0.08, hspace=0.42,
                wspace=0.2,
            )  # fmt: skip
            self.columns = [
                _Column(self._figure.add_subplot(grid[0, i]), self._figure.add_subplot(grid[1, i]), output)
                for i, output in enumerate(shown)
            ]
        for column, output in zip(self.columns, shown, strict=True):
            column.update(output)


class _Column:
    """Outputs and gradients of one task."""

    def __init__(self, above: Axes, below: Axes, output: Output) -> None:
        quiet(above, grid="both")
        quiet(below, title="gradient dC/dz", grid="both")
        above.text(0, 1.2, output.task, transform=above.transAxes, fontsize=TITLE + 1.5, color=INK, weight="bold")
        above.text(0, 1.07, f"{output.name} + {output.loss}", transform=above.transAxes, fontsize=LABEL, color=INK)
        naming(above, f"{output.task}: {output.name}", y="output")
        naming(below, f"{output.task}: gradient dC/dz", y="gradient")
        end = float(output.z[-1])
        for axes in (above, below):
            axes.set_xlim(-end, end)
            axes.set_xlabel("z", fontsize=LABEL, color=INK, labelpad=0)
        self._draw_outputs(above, output)
        self._draw_gradients(below, output)
        moving: dict[str, Any] = {"animated": True, "zorder": 5}
        self.cursors = [axes.plot([], [], color=GREY, lw=1.4, animated=True)[0] for axes in (above, below)]
        self.points = above.plot([], [], "o", color=INK, markersize=8, **moving)[0]
        self.gradient = below.plot([], [], "o", color=VERMILLION, markersize=9, **moving)[0]
        self.squared = below.plot([], [], "o", color=GREY, markersize=8, **moving)[0]
        self.text = live_text(above, 0.02, 0.98, "left", "top")
        self.gradient_text = live_text(below, 1.0, 1.03, "right", "bottom")

    @staticmethod
    def _draw_outputs(axes: Axes, output: Output) -> None:
        bounded = output.outputs.min() >= 0 and output.outputs.max() <= 1
        axes.set_ylim((-0.05, 1.55) if bounded else (-7, 11))
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1] if bounded else [-5, 0, 5])
        styles = ((BLUE, "-"), (GREEN, _DASH), (GREEN, _DOT))
        one = output.outputs.shape[1] == 1
        names = ["output"] if one else ["true class", "second class", "third class"]
        for values, (color, dash), name in zip(output.outputs.T, styles, names, strict=False):
            axes.plot(output.z, values, color=color, ls=dash, lw=2.6, label=name, gid=TABLED)
        if output.outputs.shape[1] > 1:
            axes.text(5.8, 1.05, "true class", color=BLUE, fontsize=LABEL, ha="right", va="bottom")
            axes.text(-5.8, 0.93, "others", color=GREEN, fontsize=LABEL, ha="left", va="bottom")

    @staticmethod
    def _draw_gradients(axes: Axes, output: Output) -> None:
        same = np.allclose(output.gradient, output.squared)
        axes.set_ylim((-8, 9) if same else (-1.1, 0.65))
        axes.set_yticks([-5, 0, 5] if same else [-1, -0.5, 0])
        axes.axhline(0, color=GREY, lw=1)
        axes.plot(output.z, output.gradient, color=VERMILLION, lw=2.6, label=output.loss, gid=TABLED)
        if not same:
            axes.plot(output.z, output.squared, color=GREY, lw=2.4, ls=_DASH, label="squared error", gid=TABLED)
        axes.legend(loc="upper left", fontsize=LABEL, frameon=False, borderaxespad=0, labelspacing=0.2)

    def update(self, output: Output) -> None:
        """Move the point."""
        for cursor, drawn in zip(self.cursors, (output.outputs, output.gradient), strict=True):
            cursor.set_data([output.at] * 2, [min(-0.1, 1.2 * drawn.min()), max(0.02, drawn.max())])
        here = [number("output at the point", value) for value in output.outputs_at]
        exact(self.points, lambda: [number("z at the point", output.at), *here, number("loss", output.loss_at)])
        exact(self.gradient, lambda: [along(f"{output.loss}, at the point", output.at, output.gradient_at)])
        exact(self.squared, lambda: [along("squared error, at the point", output.at, output.squared_at)])
        self.points.set_data([output.at] * len(output.outputs_at), output.outputs_at)
        self.gradient.set_data([output.at], [output.gradient_at])
        self.squared.set_data([output.at], [output.squared_at])
        self.squared.set_visible(output.squared_at != output.gradient_at)
        values = " + ".join(signed(float(v), 2) for v in output.outputs_at)
        total = " = 1" if len(output.outputs_at) > 1 else ""
        self.text.set_text(f"output {values}{total}\nloss {signed(output.loss_at)}")
        self.gradient_text.set_text(f"at the point: {signed(output.gradient_at)}")
