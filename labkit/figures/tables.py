"""The numbers that a picture shows, as tables: read from its axes, so that they are the same by construction."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from labkit.figures.outlines import data_of, title_of

Array = NDArray[np.float64]


class Series(NamedTuple):
    """A line or a histogram: its name, and its numbers along x and y, (points,) each.

    Of a histogram `x` are the edges of the bins, (points + 1,).
    """

    name: str
    x: Array
    y: Array

    @property
    def bins(self) -> bool:
        """Whether it is a histogram."""
        return len(self.x) > len(self.y)


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
    """A table for each axes that show lines or histograms, in the figure's order."""
    found = [Table(title_of(axes), axes.get_xlabel(), axes.get_ylabel(), tuple(_series(axes))) for axes in figure.axes]
    return [table for table in found if table.series]


def readings(figure: Figure) -> list[Reading]:
    """What is read off at the right end of each axes with a single line."""
    found = []
    for table in tables(figure):
        lines = [series for series in table.series if not series.bins and len(series.x) > 1]
        if len(lines) == 1 and table.title:
            at = f", {table.x} {lines[0].x[-1]:g}" if table.x else ""
            found.append(Reading(f"{table.title}{at}", float(lines[0].y[-1])))
    return found


def _series(axes: Axes) -> Iterator[Series]:
    artists = data_of(axes)
    for number, artist in enumerate(artists, 1):
        label = str(artist.get_label())
        name = label if label and not label.startswith("_") else str(number) if len(artists) > 1 else ""
        x, y = _numbers(artist)
        if len(y):
            yield Series(name, x, y)


def _numbers(artist: Line2D | StepPatch) -> tuple[Array, Array]:
    if isinstance(artist, StepPatch):
        values, edges, _ = artist.get_data()
        return np.asarray(edges, np.float64), np.asarray(values, np.float64)
    x, y = artist.get_data(orig=True)
    return np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))


def as_html(found: list[Table]) -> str:
    """To be written."""
    return ""
