"""Projector: large type, thick lines, the controls folded away until they are asked for."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from labkit.ui.parts import classed


class Projector:
    """Its button, and the one that brings the controls back; `changed(on)` is told. `page` is what is made large."""

    def __init__(self, page: Any, changed: Callable[[bool], None]) -> None:
        """Off."""
        self._page, self._changed = page, changed
        self._toggle = classed(widgets.ToggleButton(description="Projector", tooltip="large, for a room"), "button")
        self._controls = classed(widgets.ToggleButton(description="Controls"), "button", "unfold")
        self.buttons = (self._toggle, self._controls)
        self._toggle.observe(self._on_toggle, "value")
        self._controls.observe(lambda change: self._mark("unfolded", change.new), "value")

    @property
    def on(self) -> bool:
        """Whether the page is large."""
        return bool(self._toggle.value)

    def switch(self, on: bool) -> None:
        """Turn it on or off."""
        self._toggle.value = on

    def _on_toggle(self, change: Any) -> None:
        self._mark("projector", change.new)
        self._changed(change.new)

    def _mark(self, name: str, on: bool) -> None:
        (self._page.add_class if on else self._page.remove_class)(f"labkit-{name}")
