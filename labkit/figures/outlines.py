"""Other results of a lab as outlines on its picture: the same views drawn elsewhere, their lines brought here.

What is outlined are the lines, histograms, bars and boundaries that have a name; see labkit.figures.series.
"""

from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch

from labkit.figures.frames import Frame
from labkit.figures.ghosts import LOOKS as LOOKS
from labkit.figures.ghosts import ghosts
from labkit.figures.series import TABLED, labelled, names_of

Sides = tuple[bool, bool]


class Outlines:
    """The outlines on one figure, and the axes' limits made wide enough for them."""

    def __init__(self, figure: Figure) -> None:
        """Nothing is outlined yet."""
        self._figure = figure
        self._own: dict[Axes, Frame] = {}  # what the view itself has set
        self._put: dict[Axes, Frame] = {}  # what was made of it here
        self._moved: set[tuple[Axes, int]] = set()  # sides whose limits the view has set since
        self._watched: set[Axes] = set()
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
        if key == self._key and not self._moved and list(self._put) == (self._figure.axes if others else []):
            return  # ticks move with the limits alone
        now = {axes: Frame.of(axes) for axes in self._figure.axes} if others or self._put else {}
        self._own = {axes: self._kept(axes, frame) for axes, frame in now.items()}
        pairs = [(number, pair) for number, other in enumerate(others) for pair in _pairs(self._figure, other)]
        wide = dict(self._own)
        for _, (here, there) in pairs:
            wide[here] = wide[here].joined(Frame.of(there))
        for axes, frame in wide.items():
            frame.put_on(axes)
        self._put = {axes: Frame.of(axes) for axes in wide} if others else {}
        self._watch()
        self._key = key
        self.artists = [ghost for number, (here, there) in pairs for ghost in _ghosts(here, there, number)]

    def _kept(self, axes: Axes, now: Frame) -> Frame:
        """What the view itself has set: side by side what it had before, unless it has set another since."""
        own, put = self._own.get(axes), self._put.get(axes)
        if own is None or put is None:
            return now
        kept = (had if here == made and (axes, side) not in self._moved else here
                for side, (here, made, had) in enumerate(zip(now, put, own, strict=True)))  # fmt: skip
        return Frame(*kept)

    def _watch(self) -> None:
        """Notice from now on when limits are set, though it be to those that they have."""
        self._moved.clear()
        for axes in self._put.keys() - self._watched:
            for side, name in enumerate("xy"):
                axes.callbacks.connect(f"{name}lim_changed", partial(self._note, side))
        self._watched = set(self._put) | (self._watched & set(self._figure.axes))

    def _note(self, side: int, axes: Axes) -> None:
        self._moved.add((axes, side))


def data_of(axes: Axes) -> list[Artist]:
    """The lines, histograms, bars and boundaries of `axes` that show data of their own and are seen."""
    kinds = Line2D | StepPatch | Rectangle | LineCollection
    found = (artist for artist in axes.get_children() if isinstance(artist, kinds))
    return [artist for artist in found if artist.get_visible() and labelled(artist) and artist.get_gid() != TABLED]


def title_of(axes: Axes) -> str:
    """What axes show."""
    return names_of(axes).title


def _pairs(figure: Figure, other: Figure) -> Iterator[tuple[Axes, Axes]]:
    """Which axes of the two show the same: those of one title."""
    named = {title_of(axes): axes for axes in reversed(other.axes)}
    for axes in figure.axes:
        if title_of(axes) and title_of(axes) in named:
            yield axes, named[title_of(axes)]


def _ghosts(here: Axes, there: Axes, number: int) -> Iterator[Line2D]:
    own = data_of(here)
    bars = {artist.get_label() for artist in own if isinstance(artist, Rectangle)}
    seen: set[Any] = set()
    for artist in data_of(there):
        name = artist.get_label()
        if isinstance(artist, Rectangle) and name not in bars:
            continue  # a bar of something that has no place here
        yield from ghosts(here, artist, own, number, first=name not in seen)
        seen.add(name)
