"""The picture of the phases: the (sigma_w, sigma_b) plane, and beside it what its point does, layer by layer.

The plane is background, drawn once for an activation; the point and its curves move. The axes of the gradient move as
a whole, since their limits do.
"""

from functools import partial
from textwrap import fill
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from labkit.figures.correlation_curve import CorrelationCurve
from labkit.figures.layer_curves import LayerCurve, Theory
from labkit.figures.series import TABLED, Series, along, exact, naming
from labkit.figures.style import BACKWARD, FORWARD, INK, LABEL, ORDERED, TICK, TITLE, live_text, new_figure, quiet

Array = NDArray[np.float64]
SURVIVES = "a signal survives about k layers"
_SHORTEST, _LONGEST = 1, 100  # layers: the ends of the colors
_CASING = [withStroke(linewidth=3.5, foreground=INK)]


class Plane(Protocol):
    """What is drawn of a plane: see labkit.nn.phase_map.PhaseMap."""

    @property
    def sigma_w(self) -> float:
        """Where its first axis ends."""

    @property
    def sigma_b(self) -> float:
        """Where its second axis ends."""

    @property
    def xi(self) -> Array:
        """Depth scale of each cell."""

    @property
    def line(self) -> Array:
        """The critical line, (2, points)."""


class Place(NamedTuple):
    """A name and where it is written in the plane."""

    name: str
    sigma_w: float
    sigma_b: float


class Curves(NamedTuple):
    """What is measured at a point, and what theory says: see CorrelationCurve and LayerCurve."""

    pairs: Array
    correlation: Array | None
    c_star: float | None
    scale: float | None
    gradient: Array
    gradient_theory: Theory | None


class PhaseView:
    """The plane with its point at the left, the correlation and the gradient by layer at the right."""

    def __init__(self) -> None:
        """Make the plane, empty; the curves come with the first point."""
        self.figure: Figure = new_figure()
        self._axes = self.figure.add_axes((0.066, 0.265, 0.475, 0.65))
        self._plane = _PlaneArtists(self.figure, self._axes)
        self._shown: tuple[str, Plane | None] | None = None
        self._depth = 0
        self._curves: list[Axes] = []

    def show_plane(self, label: str, plane: Plane | None, places: tuple[Place, ...], reason: str) -> None:
        """Show a plane, or the reason why there is none; the same one again costs nothing."""
        if self._shown is None or self._shown[0] != label or self._shown[1] is not plane:
            self._plane.update(label, plane, places, reason)
            self._shown = label, plane

    def show_measured(self, grew: Array, shrank: Array) -> None:
        """Show the points (2, points) where gradients were measured to grow on their way back, and to shrink."""
        self._plane.mark(grew, shrank)

    def show_point(self, sigma_w: float, sigma_b: float, curves: Curves) -> None:
        """Move the point, and show what it does in each layer."""
        depth = len(curves.gradient)
        if depth != self._depth:
            self._make_curves(depth)
        self._plane.move(sigma_w, sigma_b)
        self._correlation.update(curves.pairs, curves.correlation, curves.c_star, curves.scale)
        self._gradient.update(curves.gradient, curves.gradient_theory)

    def _make_curves(self, depth: int) -> None:
        for axes in self._curves:
            axes.remove()
        self._depth = depth
        above = self.figure.add_axes((0.635, 0.585, 0.35, 0.33))
        below = self.figure.add_axes((0.635, 0.09, 0.35, 0.33))
        self._curves = [above, below]
        self._correlation = CorrelationCurve(above, depth, FORWARD)
        self._gradient = LayerCurve(below, depth, "RMS of the gradient dC/dz", BACKWARD)
        below.set_animated(True)
        self.figure.stale = True


def _rows(plane: Plane) -> list[Series]:
    """The colors, a series for each row of cells."""
    rows, columns = plane.xi.shape
    x = (np.arange(columns) + 0.5) * plane.sigma_w / columns
    heights = (np.arange(rows) + 0.5) * plane.sigma_b / rows
    return [along(f"layers k at sigma_b = {y:.6g}", x, row) for y, row in zip(heights, plane.xi, strict=True)]


class _PlaneArtists:
    """The plane: colors, critical line, names; and the point, which moves."""

    def __init__(self, figure: Figure, axes: Axes) -> None:
        self._axes = axes
        quiet(axes)
        naming(axes, "phases of a wide network", "sigma_w", "sigma_b")
        axes.set_xlabel(r"$\sigma_w$ of the weights (std · $\sqrt{\mathrm{width}}$)", fontsize=LABEL, color=INK)
        axes.set_ylabel(r"$\sigma_b$ of the biases", fontsize=LABEL, color=INK)
        self._image = axes.imshow(
            np.ones((1, 1)), norm=LogNorm(_SHORTEST, _LONGEST, clip=True), cmap=ORDERED, origin="lower",
            aspect="auto", interpolation="bilinear", extent=(0, 1, 0, 1),
        )  # fmt: skip
        bar = figure.colorbar(
            self._image, cax=figure.add_axes((0.066, 0.085, 0.475, 0.025)), orientation="horizontal", extend="both"
        )
        bar.set_ticks([1, 2, 5, 10, 20, 50, 100], labels=["1", "2", "5", "10", "20", "50", "100"], minor=False)
        bar.ax.xaxis.set_minor_locator(NullLocator())
        bar.ax.tick_params(labelsize=TICK)
        bar.ax.set_title(f"k: {SURVIVES}", fontsize=LABEL, loc="left", color=INK, pad=4)
        (self._line,) = axes.plot([], [], color=INK, lw=3)
        (self._spot,) = axes.plot([], [], "D", color=INK, markersize=10, clip_on=False)
        self._line.set_label("critical line")
        self._spot.set_label("critical point")
        self._names: list[Text] = []
        style: dict[str, Any] = {"markeredgecolor": INK, "markerfacecolor": "white", "clip_on": False}
        (self._point,) = axes.plot([], [], "o", markersize=15, markeredgewidth=3, animated=True, zorder=6, **style)
        self._point.set_label("you are here")
        style |= {"markersize": 10, "markeredgewidth": 1.6, "ls": "", "animated": True, "zorder": 5}
        (self._grew,) = axes.plot([], [], "^", label="measured: the gradient grows", gid=TABLED, **style)
        (self._shrank,) = axes.plot([], [], "v", label="measured: the gradient shrinks", gid=TABLED, **style)
        self._here = live_text(axes, 0, 0, "left", "bottom")
        self._here.set_zorder(7)  # above what was measured beside it
        self._end = (1.0, 1.0)
        self._reason = ""

    def update(self, label: str, plane: Plane | None, places: tuple[Place, ...], reason: str) -> None:
        """Show a plane, or the reason why there is none."""
        self._reason = reason if plane is None else ""
        for text in self._names:
            text.remove()
        self._axes.set_title(f"{label}: phases of a wide network", fontsize=TITLE, loc="left", color=INK)
        for artist in (self._image, self._point, self._here):
            artist.set_visible(plane is not None)
        self._end = (1.0, 1.0)
        line = np.empty((2, 0))
        if plane is None:
            self._names = [
                self._axes.text(0.5, 0.5, fill(reason, 44), transform=self._axes.transAxes, ha="center", va="center",
                                fontsize=TITLE, color=INK)
            ]  # fmt: skip
        else:
            line, self._end = plane.line, (plane.sigma_w, plane.sigma_b)
            self._image.set_data(plane.xi)
            exact(self._image, partial(_rows, plane))
            self._image.set_extent((0, plane.sigma_w, 0, plane.sigma_b))
            self._names = [self._name(place) for place in places]
        self._axes.set(xlim=(0, self._end[0]), ylim=(0, self._end[1]))
        single = line.shape[1] == 1
        self._line.set_data(*(np.empty((2, 0)) if single else line))
        self._spot.set_data(*(line if single else np.empty((2, 0))))

    def mark(self, grew: Array, shrank: Array) -> None:
        """Mark measured points, (2, points) each; the names of the phases, which they would cover, give way."""
        bare = not (grew.size or shrank.size)
        for text in self._names if self._reason == "" else ():
            if text.get_visible() != bare:
                text.set_visible(bare)
        for marks, places in ((self._grew, grew), (self._shrank, shrank)):
            marks.set_visible(places.size > 0)
            marks.set_data(*places)

    def _name(self, place: Place) -> Text:
        return self._axes.text(place.sigma_w, place.sigma_b, place.name, ha="center", va="center", color="white",
                               fontsize=TITLE + 1.5, weight="bold", path_effects=_CASING)  # fmt: skip

    def move(self, sigma_w: float, sigma_b: float) -> None:
        """Move the point."""
        x, y = sigma_w / self._end[0], sigma_b / self._end[1]
        self._point.set_data([sigma_w], [sigma_b])
        left = x > 0.75
        self._here.set_horizontalalignment("right" if left else "left")
        self._here.set_position((x - 0.03 if left else x + 0.03, min(y + 0.02, 0.93)))
        self._here.set_text("you are here")
