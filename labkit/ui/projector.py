"""Projector: large type, thick lines, the controls folded away until they are asked for."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from labkit.ui.parts import classed


class Projector:
    """The button, and whether it is on; `changed(on)` is told."""

    def __init__(self, changed: Callable[[bool], None]) -> None:
        """Off."""
        self._changed = changed
        self.widget = classed(widgets.ToggleButton(description="Projector", tooltip="large, for a room"), "button")
        self.widget.observe(self._on_toggle, "value")

    @property
    def on(self) -> bool:
        """Whether the page is large."""
        return bool(self.widget.value)

    def switch(self, on: bool) -> None:
        """Turn it on or off."""
        self.widget.value = on

    def _on_toggle(self, change: Any) -> None:
        self._changed(change.new)
