"""Drawers: parts of a page that are folded away, one open at a time, made when first opened."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from labkit.ui.parts import LOCK, classed, row


class Drawer:
    """A part of a page; a drawer does what it needs of these."""

    widget: Any

    def follow(self) -> None:
        """Show what the page shows now."""

    def start(self) -> None:
        """It has been opened."""

    def end(self) -> None:
        """It has been shut."""

    def rest(self) -> None:
        """What moves by itself stands still."""


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

    def rest(self) -> None:
        """What moves by itself stands still."""
        if self._open is not None:
            self._made[self._open].rest()

    def shut(self) -> None:
        """Shut the one that is open."""
        if self._open is not None:
            self.buttons[self._open].value = False

    def _on_toggle(self, name: str, wanted: bool) -> None:
        with LOCK:
            self._turn(name, wanted)

    def _turn(self, name: str, wanted: bool) -> None:
        if wanted:
            self.shut()
            if name not in self._made:
                self._made[name] = self._makers[name]()
            self._open = name
            self.widget.children = (self._made[name].widget,)
            self._made[name].start()
            self.follow()
        elif self._open == name:
            self._open = None
            self.widget.children = ()
            self._made[name].end()
