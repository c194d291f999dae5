"""What every part of a page is made of."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

LOCK = threading.RLock()
"""The one lock around compute, draw and publish: Matplotlib is not thread-safe, and JupyterLab calls from threads."""


def classed(widget: Any, *names: str) -> Any:
    """The widget, with these CSS classes, all of which begin with labkit-."""
    for name in names:
        widget.add_class(f"labkit-{name}")
    return widget


def button(label: str, act: Callable[[], None], tooltip: str | None = None) -> Any:
    """A button that does something."""
    made = classed(widgets.Button(description=label, tooltip=tooltip), "button")

    def clicked(_: Any) -> None:
        with LOCK:
            act()

    made.on_click(clicked)
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


def words(text: str) -> str:
    """A sentence as HTML: a number and its % stay on one line.

    >>> words("5 % of < 7")
    '<span class="labkit-together">5 %</span> of &lt; 7'
    """
    return re.sub(r"\S+ %", r'<span class="labkit-together">\g<0></span>', escape(text))


def alert(text: str) -> str:
    """Words that are announced, as HTML."""
    return f'<p role="alert">{escape(text)}</p>'


def put(widget: Any, value: Any, trait: str = "value") -> None:
    """Set what has changed: what has not costs no message."""
    if getattr(widget, trait) != value:
        setattr(widget, trait, value)


def commands(name: str, labels: Sequence[str], chosen: Callable[[int], None]) -> Any:
    """A menu whose entries are commands, by their numbers; it keeps no choice."""
    options = [(f"{name.capitalize()} …", -1), *((label, number) for number, label in enumerate(labels))]
    menu = classed(widgets.Dropdown(options=options, description=name), name)

    def on_choice(change: Any) -> None:
        if change.new is not None and change.new >= 0:
            menu.value = -1  # None would leave the menu blank
            chosen(change.new)

    menu.observe(on_choice, "value")
    return menu


def folded(boxes: Iterable[Any]) -> list[Any]:
    """A button, and what it unfolds."""
    hidden = column(boxes, "more")
    hidden.layout.display = "none"
    toggle = classed(widgets.ToggleButton(description="▸ more"), "button")

    def fold(change: Any) -> None:
        toggle.description = "▾ less" if change.new else "▸ more"
        hidden.layout.display = "" if change.new else "none"

    toggle.observe(fold, "value")
    return [toggle, hidden]
