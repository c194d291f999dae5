"""Drawers: parts of a page that are folded away, one open at a time, made when first opened."""

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
    """Their buttons, and the place of the one that is open."""

    def __init__(self, makers: Mapping[str, Callable[[], Drawer]]) -> None:
        """All are shut."""
        self._makers = makers
        self._made: dict[str, Drawer] = {}
        self._open: str | None = None
        self.buttons = {name: classed(widgets.ToggleButton(description=name), "button") for name in makers}
        self.widget = row((), "drawer")
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
        before = self._open
        self._show(name)
        if before is not None and before != name:
            self.buttons[before].value = False
        self.follow()

    def _show(self, name: str | None) -> None:
        self._open = name
        self.widget.children = () if name is None else (self._made[name].widget,)
