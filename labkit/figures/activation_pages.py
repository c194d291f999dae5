"""The pages of the lab on activation functions: one figure, which holds the picture of whatever is shown."""

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from labkit.figures.functions import FunctionsView
from labkit.figures.output_layers import OutputLayersView
from labkit.figures.property_table import PropertyTable
from labkit.figures.relu_sum import ReluSumView
from labkit.figures.steps import StepsView
from labkit.figures.style import new_figure

PAGES: dict[str, tuple[str, Callable[[Figure], Any]]] = {
    "functions": ("functions and slopes", FunctionsView),
    "properties": ("table of properties", PropertyTable),
    "step": ("a step, softened", StepsView),
    "approximation": ("any curve from ReLUs", ReluSumView),
    "outputs": ("output layers", OutputLayersView),
}
"""Label and picture by key."""


class ActivationPages:
    """Made anew where another page is shown; else its artists move."""

    def __init__(self) -> None:
        """Make an empty figure; the artists come with the first update."""
        self.figure: Figure = new_figure()
        self.shown: str | None = None
        self.page: Any = None

    def update(self, key: str, *what: Any) -> None:
        """Show `what` on the page `key`."""
        if key != self.shown:
            self.figure.clear()
            self.page, self.shown = PAGES[key][1](self.figure), key
        self.page.update(*what)
