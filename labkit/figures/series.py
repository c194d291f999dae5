"""What the artists of a picture say in numbers: the ground of its tables and of the outlines on other pictures.

An artist with a label is data. TABLED stands in the tables and is never outlined, as a theory; ASIDE is neither, though
it has a name in a legend. What is drawn otherwise than it was measured (bars, colors, clipped or signed values) is
given by `exact`; what axes show is given by `naming` where it is not written on them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ASIDE = "aside"
"""The gid of what has a label and is no data."""
TABLED = "tabled"
"""The gid of data that is not outlined on other pictures: theory, samples, the past."""
THEORY = "theory"


class Series(NamedTuple):
    """A line or a histogram: its name, and its numbers along x and y, (points,) each.

    Of a histogram `x` are the edges of the bins, (points + 1,). `places` are words in place of x, if there are any.
    """

    name: str
    x: Array
    y: Array
    places: tuple[str, ...] = ()

    @property
    def bins(self) -> bool:
        """Whether it is a histogram."""
        return len(self.x) > len(self.y)


class Names(NamedTuple):
    """What axes show, and what runs along x and y."""

    title: str = ""
    x: str = ""
    y: str = ""


Reader = Callable[[], Iterable[Series]]
_EXACT, _NAMES = "labkit_exact", "labkit_names"  # attributes: they go with the artist, whatever they hold


def exact(artist: Artist, read: Reader) -> None:
    """`read()` gives, when it is asked for, the numbers that `artist` shows."""
    vars(artist)[_EXACT] = read


def naming(axes: Axes, title: str = "", x: str = "", y: str = "") -> None:
    """Say what axes show where it is not written on them, or not there."""
    vars(axes)[_NAMES] = Names(title, x, y)


def names_of(axes: Axes) -> Names:
    """What axes show and what runs along them: as it was given, else as it is written."""
    given = vars(axes).get(_NAMES, Names())
    written = next(filter(None, (axes.get_title(loc) for loc in ("left", "center", "right"))), "")
    return Names(given.title or written, given.x or axes.get_xlabel(), given.y or axes.get_ylabel())


def along(name: str, x: ArrayLike, y: ArrayLike) -> Series:
    """Points (points,) each."""
    return Series(name, np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64)))


def number(name: str, value: float) -> Series:
    """A single number."""
    return Series(name, np.zeros(1), np.array([value], np.float64), ("",))


def table(name: str, places: Iterable[str], values: Iterable[float]) -> Series:
    """Numbers by words."""
    words, y = tuple(places), np.array(list(values), np.float64)
    return Series(name, np.arange(1.0, len(words) + 1), y, words)


def labelled(artist: Artist) -> bool:
    """Whether an artist has a name, and is data by it."""
    label = str(artist.get_label())
    return bool(label) and not label.startswith("_") and artist.get_gid() != ASIDE


def told_by(axes: Axes) -> list[Artist]:
    """The artists of `axes` that are seen and say numbers; theory and colors come last."""
    found = [a for a in axes.get_children() if a.get_visible() and (_EXACT in vars(a) or _readable(a))]
    return sorted(found, key=lambda artist: (isinstance(artist, AxesImage), artist.get_gid() == TABLED))


def _readable(artist: Artist) -> bool:
    return isinstance(artist, Line2D | StepPatch | LineCollection) and labelled(artist)


def series_of(artist: Artist) -> Iterator[Series]:
    """What an artist says, what is empty left out."""
    read: Reader | None = vars(artist).get(_EXACT)
    found = [Series(str(artist.get_label()), *numbers_of(artist))] if read is None else read()
    return (series for series in found if len(series.y))


def numbers_of(artist: Artist) -> tuple[Array, Array]:
    """What is drawn along x and y; of a histogram the edges, of several lines one with gaps."""
    if isinstance(artist, StepPatch):
        values, edges, _ = artist.get_data()
        return np.asarray(edges, np.float64), np.asarray(values, np.float64)
    if isinstance(artist, LineCollection):
        gap = np.full((1, 2), np.nan)
        parts = [part for each in artist.get_segments() for part in (np.asarray(each, np.float64), gap)]
        x, y = np.concatenate(parts[:-1]).T if parts else np.empty((2, 0))
        return x, y
    assert isinstance(artist, Line2D)
    x, y = artist.get_data(orig=True)
    return np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
