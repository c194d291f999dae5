"""What every part of a page is made of."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import ipywidgets as widgets


def classed(widget: Any, *names: str) -> Any:
    """The widget, with these CSS classes, all of which begin with labkit-."""
    for name in names:
        widget.add_class(f"labkit-{name}")
    return widget


def button(label: str, act: Callable[[], None], tooltip: str | None = None) -> Any:
    """A button that does something."""
    made = classed(widgets.Button(description=label, tooltip=tooltip), "button")
    made.on_click(lambda _: act())
    return made


def row(parts: Iterable[Any], *names: str) -> Any:
    """Parts side by side."""
    return classed(widgets.HBox(tuple(parts)), *names)


def column(parts: Iterable[Any], *names: str) -> Any:
    """Parts below each other."""
    return classed(widgets.VBox(tuple(parts)), *names)


def html(text: str = "", *names: str) -> Any:
    """A piece of HTML."""
    return classed(widgets.HTML(text), *names)


def alert(text: str) -> str:
    """Words that are announced, as HTML."""
    return f'<p role="alert">{escape(text)}</p>'


def put(widget: Any, value: Any, trait: str = "value") -> None:
    """Set what has changed: what has not costs no message."""
    if getattr(widget, trait) != value:
        setattr(widget, trait, value)
