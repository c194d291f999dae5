"""The numbers that a picture shows, as tables: read from its axes, so that they are the same by construction."""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from labkit.figures.outlines import data_of
from labkit.figures.series import Series as Series
from labkit.figures.series import names_of, series_of, told_by

HEADER = ("panel", "series", "x name", "x", "bin from", "bin to", "value name", "value")
"""What stands in the columns of `rows`."""

_COUNTED = "layer", "step"  # what a line ends with, and does not turn back along


class Table(NamedTuple):
    """What axes show: their title, what runs along x and y, and their series."""

    title: str
    x: str
    y: str
    series: tuple[Series, ...]


class Reading(NamedTuple):
    """The last value of the only line of axes."""

    name: str
    value: float


def tables(figure: Figure) -> list[Table]:
    """A table for each axes that say numbers, in the figure's order."""
    found = [
        Table(*names_of(axes), tuple(chain.from_iterable(series_of(artist) for artist in told_by(axes))))
        for axes in figure.axes
    ]
    return [table for table in found if table.series]


def readings(figure: Figure) -> list[Reading]:
    """What is read off at the right end of each axes with a single measured line."""
    found = []
    for axes in figure.axes:
        drawn = [artist for artist in data_of(axes) if isinstance(artist, Line2D) and artist.get_linestyle() != "None"]
        names = names_of(axes)
        if len(drawn) == 1 and names.title and names.x in _COUNTED:
            given = list(series_of(drawn[0]))
            if len(given) == 1 and len(given[0].x) > 1:
                found.append(Reading(f"{names.title}, {names.x} {given[0].x[-1]:g}", float(given[0].y[-1])))
    return found


def rows(tables: Sequence[Table]) -> list[tuple[str, ...]]:
    """All numbers in long form, HEADER first: a row each, at full precision; of a line x, of a bin its two ends."""
    return [HEADER, *chain.from_iterable(map(_rows, tables))]


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    for series in table.series:
        for place, value in zip(_places(series), series.y.tolist(), strict=True):
            yield table.title, series.name, table.x, *place, table.y or table.title, repr(value)


def _places(series: Series) -> Iterator[tuple[str, str, str]]:
    """What stands for x, and for the ends of a bin."""
    x = series.x.tolist()
    if series.bins:
        yield from (("", repr(low), repr(high)) for low, high in pairwise(x))
    else:
        yield from ((word, "", "") for word in series.places or map(repr, x))
