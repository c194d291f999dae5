"""Other results of a lab as outlines on its picture: the same views drawn elsewhere, their lines brought here.

What a view shows as data are its animated lines and histograms. What only helps to read it (theory, cursors, frames)
is left out: it has the gid ASIDE, or does not stand in the axes' own coordinates.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from labkit.figures.frames import Frame
from labkit.figures.style import GREEN, INK, PURPLE

Array = NDArray[np.float64]

ASIDE = "aside"
"""The gid of what helps to read a picture and is no data of its own."""
LOOKS: Any = ((GREEN, (0, (5, 2))), (PURPLE, (0, (1.5, 1.5))), (INK, (0, (6, 2, 1, 2))))
"""Color and dashes of each outline; it has its number at its end as well."""
_MOST_BINS = 400  # of one outline


class Outlines:
    """The outlines on one figure, and the axes' limits made wide enough for them."""

    def __init__(self, figure: Figure) -> None:
        """Nothing is outlined yet."""
        self._figure = figure
        self._own: dict[Axes, Frame] = {}  # what the view itself has set
        self._put: dict[Axes, Frame] = {}  # what was made of it here
        self._key: Hashable = None
        self.artists: list[Artist] = []

    @property
    def look(self) -> Hashable:
        """What of the ground depends on the outlines."""
        return tuple(self._put.values())

    def update(self, others: Sequence[Figure], key: Hashable) -> None:
        """Outline what these figures, of the same view, show now; `key` names it, so that nothing is done twice.

        To be called after the view has moved.
        """
        now = {axes: Frame.of(axes) for axes in self._figure.axes} if others or self._put else {}
        self._own = {axes: self._own[axes] if frame == self._put.get(axes) else frame for axes, frame in now.items()}
        if (key, now) == (self._key, self._put):
            return
        pairs = [(number, pair) for number, other in enumerate(others) for pair in _pairs(self._figure, other)]
        wide = dict(self._own)
        for _, (here, there) in pairs:
            wide[here] = wide[here].joined(Frame.of(there))
        for axes, frame in wide.items():
            frame.put_on(axes)
        self._put = {axes: Frame.of(axes) for axes in wide} if others else {}
        self._key = key
        self.artists = [ghost for number, (here, there) in pairs for ghost in _ghosts(here, there, number)]


def data_of(axes: Axes) -> list[Line2D | StepPatch]:
    """The lines and histograms of `axes` that show data and are seen."""
    found = (artist for artist in axes.get_children() if isinstance(artist, Line2D | StepPatch))
    return [artist for artist in found if _is_data(axes, artist)]


def _is_data(axes: Axes, artist: Artist) -> bool:
    own = artist.get_transform() == axes.transData or isinstance(artist, StepPatch)
    return own and artist.get_animated() and artist.get_visible() and artist.get_gid() != ASIDE


def title_of(axes: Axes) -> str:
    """The title of axes, wherever it stands."""
    return next(filter(None, (axes.get_title(loc) for loc in ("left", "center", "right"))), "")


def _pairs(figure: Figure, other: Figure) -> Iterator[tuple[Axes, Axes]]:
    """Which axes of the two show the same: one by one where there are as many, else those of the same title."""
    if len(figure.axes) == len(other.axes):
        yield from zip(figure.axes, other.axes, strict=True)
        return
    named = {title_of(axes): axes for axes in reversed(other.axes)}
    for axes in figure.axes:
        if title_of(axes) and title_of(axes) in named:
            yield axes, named[title_of(axes)]


def _edges(patch: StepPatch) -> Array:
    return np.asarray(patch.get_data()[1], np.float64)


def _ghosts(here: Axes, there: Axes, number: int) -> Iterator[Line2D]:
    edges = next((_edges(a) for a in data_of(here) if isinstance(a, StepPatch) and len(_edges(a)) > 2), None)
    for artist in data_of(there):
        if isinstance(artist, StepPatch):
            yield _ghost(here, *_steps(artist, edges), number, top=True, named=len(_edges(artist)) > 2)
        elif len(np.atleast_1d(artist.get_xdata())) > 1:
            x, y = (np.asarray(values, np.float64) for values in artist.get_data())
            yield _ghost(here, x, y, number)


def _ghost(axes: Axes, x: Array, y: Array, number: int, top: bool = False, named: bool = True) -> Line2D:
    """A line of the outline's look in `axes`, without being one of their artists; its number at the end or the top."""
    color, dashes = LOOKS[number]
    seen = np.flatnonzero(np.isfinite(y))
    place = [] if not named or not len(seen) else [int(np.nanargmax(y) if top else seen[-1])]
    ghost = Line2D(x, y, color=color, ls=dashes, lw=1.8, marker=f"${number + 1}$", markevery=place, markersize=9)
    ghost.set_figure(axes.figure)
    ghost.axes = axes
    ghost.set_transform(axes.transData)
    ghost.set_clip_path(axes.patch)
    ghost.set_zorder(6)
    return ghost


def _steps(patch: StepPatch, edges: Array | None) -> tuple[Array, Array]:
    """A histogram's outline: the shares that its values would have in bins as wide as `edges` has them."""
    shares, own = np.asarray(patch.get_data()[0], np.float64), _edges(patch)
    if edges is not None and len(own) > 2:
        shares, own = rebinned(shares, own, float(edges[1] - edges[0]))
    return np.repeat(own, 2), np.concatenate([[0.0], np.repeat(shares, 2), [0.0]])


def rebinned(shares: Array, edges: Array, width: float) -> tuple[Array, Array]:
    """The same distribution, (bins,) with (bins + 1,) edges, in bins of another width that lie on multiples of it.

    Where the new bins are narrower the values of an old one are spread evenly over its place. Of more than 400 bins
    the old ones stay, each with the share that a new bin in its place has.

    >>> rebinned(np.array([0.5, 0.5]), np.array([0.0, 1.0, 2.0]), 2.0)[0].tolist()
    [1.0]
    """
    first, last = np.floor(edges[0] / width + 1e-9), np.ceil(edges[-1] / width - 1e-9)
    if last - first > _MOST_BINS:
        return shares * (width / np.diff(edges)), edges
    new = np.arange(first, last + 1) * width
    below = np.concatenate([[0.0], np.cumsum(shares)])
    return np.diff(np.interp(new, edges, below)), new
