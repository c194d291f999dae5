"""The table twin: the numbers of the picture, for those who cannot see it and for those who want to copy them."""

from collections.abc import Callable

from matplotlib.figure import Figure

from labkit.figures.table_twin import as_html
from labkit.figures.tables import tables
from labkit.ui.drawers import Drawer
from labkit.ui.parts import html, put
from labkit.ui.verdict import thresholds


class Numbers(Drawer):
    """A drawer; below the numbers stands what a verdict is held against."""

    def __init__(self, figure: Callable[[], Figure]) -> None:
        """Of the figure that the page shows."""
        self._figure = figure
        self.widget = html("", "numbers")

    def follow(self) -> None:
        """Write them anew."""
        put(self.widget, as_html(tables(self._figure())) + thresholds())
