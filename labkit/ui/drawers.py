"""Drawers: parts of a page that are folded away under the picture, one open at a time, made when first opened."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import ipywidgets as widgets

from labkit.ui.parts import classed, row


class Drawer(Protocol):
    """A part of a page."""

    widget: Any

    def follow(self) -> None:
        """Show what the page shows now."""


class Drawers:
    """A row of buttons, and the drawer that is open below it; other buttons may stand at its end."""

    def __init__(self, makers: Mapping[str, Callable[[], Drawer]], *others: Any) -> None:
        """All are shut."""
        self._makers = makers
        self._made: dict[str, Drawer] = {}
        self._open: str | None = None
        self.buttons = {name: classed(widgets.ToggleButton(description=name), "button") for name in makers}
        self._row = (*self.buttons.values(), *others)
        self.widget = row(self._row, "drawers")
        for name, toggle in self.buttons.items():
            toggle.observe(lambda change, name=name: self._on_toggle(name, change.new), "value")

    def follow(self) -> None:
        """What is open shows what the page shows now."""
        if self._open is not None:
            self._made[self._open].follow()

    def _on_toggle(self, name: str, wanted: bool) -> None:
        if not wanted:
            if self._open == name:
                self._show(None)
            return
        if name not in self._made:
            self._made[name] = self._makers[name]()
        before, self._open = self._open, name
        if before is not None and before != name:
            self.buttons[before].value = False
        self._show(name)
        self.follow()

    def _show(self, name: str | None) -> None:
        self._open = name
        opened = () if name is None else (classed(self._made[name].widget, "drawer"),)
        self.widget.children = (*self._row, *opened)
