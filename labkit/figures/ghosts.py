"""The outline of one artist on the axes of another picture: a dashed line with its number in a small square."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from labkit.figures.series import numbers_of

Array = NDArray[np.float64]

LOOKS: Any = (("#6a1b9a", (0, (5, 2))), ("#ad1457", (0, (1.5, 1.5))), ("#33691e", (0, (7, 2, 1.2, 2))))
"""Color and dashes of each outline, none a color of the views; it has its number as well."""
_MOST_BINS = 400  # of one outline
_TOPS = (0.5, 0.15, 0.85)  # where among its higher bins a histogram has its number, so that the numbers stand apart
_FEW, _APART = 30, 0.1  # a line with more points has its numbers so much of its length apart
_BESIDE = 0.14, 0.14  # inches
_CASING = [withStroke(linewidth=2.8, foreground="white")]


def ghosts(here: Axes, artist: Artist, own: Sequence[Artist], number: int, first: bool = True) -> Iterator[Line2D]:
    """Lines that outline `artist` in the axes `here`, with the artists `own`, without being their artists.

    `first`: its number is shown.
    """
    if isinstance(artist, Rectangle) and not artist.get_width():
        return  # no number yet
    if isinstance(artist, StepPatch):
        edges = next((e for e in (_edges(a) for a in own if isinstance(a, StepPatch)) if len(e) > 2), None)
        x, y = _steps(artist, edges)
        place = _top(y, _TOPS[number]) if len(_edges(artist)) > 2 else None
    elif isinstance(artist, Rectangle):
        (left, bottom), width, height = artist.get_xy(), artist.get_width(), artist.get_height()
        x = left + width * np.array([0.0, 0.0, 1.0, 1.0, 0.0])
        y = bottom + height * np.array([0.0, 1.0, 1.0, 0.0, 0.0])
        place = 1 + number % 2 if first else None
    else:
        x, y = _drawn(artist)
        place = _end(here, x, y, number)
    if isinstance(artist, Line2D) and artist.get_linestyle() in {"None", "none", "", " "}:
        yield from _marks(here, artist, x, y, number, place)  # larger than the own ones
    elif len(x) > 1:
        color, dashes = LOOKS[number]
        yield _in(here, Line2D(x, y, color=color, ls=dashes, lw=1.7, path_effects=_CASING))
        yield from _flag(here, x, y, number, place)


def _drawn(artist: Artist) -> tuple[Array, Array]:
    if not isinstance(artist, Line2D):
        return numbers_of(artist)
    x, y = artist.get_data()
    return np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))


def _marks(here: Axes, artist: Line2D, x: Array, y: Array, number: int, place: int | None) -> Iterator[Line2D]:
    """Hollow marks, and the number beside the last one."""
    color, _ = LOOKS[number]
    style: dict[str, Any] = {"ls": "", "marker": artist.get_marker(), "ms": artist.get_markersize() + 3}
    yield _in(here, Line2D(x, y, mfc="none", mec=color, mew=2.2, **style), inside=artist.get_clip_on())
    yield from _flag(here, x, y, number, place, beside=True)


def _flag(
    here: Axes, x: Array, y: Array, number: int, place: int | None, beside: bool = False
) -> Iterator[Line2D]:
    """The number in a square; `beside` its place, so that a mark there is seen."""
    if place is None:
        return
    spot, color = ([x[place]], [y[place]]), LOOKS[number][0]
    square = Line2D(*spot, ls="", marker="s", ms=11.5, color=color, mec="white", mew=1.2)
    digit = Line2D(*spot, ls="", marker=_digit(number + 1), ms=6.5, color="white", mew=0.2)
    for part in (square, digit):
        ghost = _in(here, part, inside=False)
        if beside:
            ghost.set_transform(here.transData + ScaledTranslation(*_BESIDE, here.figure.dpi_scale_trans))
        yield ghost


@lru_cache(maxsize=len(LOOKS))
def _digit(number: int) -> Path:
    """The shape of a digit around its middle: mathematics as a mark takes ten times as long."""
    path = TextPath((0, 0), str(number), size=1)
    return Path(path.vertices - path.get_extents().get_points().mean(axis=0), path.codes)


def _in(here: Axes, ghost: Line2D, inside: bool = True) -> Line2D:
    """A line in the coordinates of axes, without being one of their artists; what lies outside is cut off."""
    ghost.set_figure(here.figure)
    ghost.axes = here
    ghost.set_transform(here.transData)
    ghost.set_clip_path(here.patch)
    ghost.set_clip_on(inside)
    ghost.set_zorder(6)
    return ghost


def _end(here: Axes, x: Array, y: Array, number: int) -> int | None:
    """Where a line has its number: near the end of what is seen of it, each at another place."""
    (left, right), (bottom, top) = sorted(here.get_xlim()), sorted(here.get_ylim())
    seen = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    if not len(seen):
        return None
    back = number if len(seen) <= _FEW else round(number * _APART * len(seen))
    return int(seen[max(0, len(seen) - 1 - back)])


def _top(y: Array, share: float) -> int:
    """One of the places where a histogram's outline is high, this share of them before it."""
    high = np.flatnonzero(y >= 0.6 * y.max())
    return int(high[round(share * (len(high) - 1))])


def _edges(patch: StepPatch) -> Array:
    return np.asarray(patch.get_data()[1], np.float64)


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
