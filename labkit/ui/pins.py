"""Pins: states that stay on the picture as outlines, to compare the present one with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Any

from matplotlib.figure import Figure

from labkit.figures.numbers import short
from labkit.figures.outlines import Outlines
from labkit.figures.tables import readings
from labkit.labs.differences import differences, name_of, said
from labkit.labs.lab import Lab, View
from labkit.labs.link import MOST_PINS
from labkit.ui.parts import button, classed, html, put, row

_NAME = 60  # characters of a pin's name on its button


@dataclass(frozen=True)
class Pin:
    """A state, the steps done to it of a lab that moves by itself, its result, and the view that draws it unseen."""

    parameters: Any
    result: Any
    view: View
    steps: int = 0


class Pins:
    """The pins of a page: their outlines, a button for each that removes it, and a table of what differs.

    `changed()` is called when there is one more or less.
    """

    def __init__(self, lab: Lab, figure: Figure, changed: Callable[[], None]) -> None:
        """Nothing is pinned."""
        self._lab, self._figure, self._changed = lab, figure, changed
        self._outlines = Outlines(figure)
        self._version = 0
        self.pins: tuple[Pin, ...] = ()
        self._table = html("", "differences")
        self.widget = row((), "pins")

    @property
    def outlines(self) -> Outlines:
        """What is drawn over the picture."""
        return self._outlines

    def add(self, parameters: Any, result: Any, steps: int = 0) -> None:
        """Pin a state, after so many steps. ValueError when there is no room for another."""
        if len(self.pins) == MOST_PINS:
            raise ValueError(f"at most {MOST_PINS} states can be pinned: remove one below the picture")
        view = self._lab.view()
        view.update(result)
        self._keep((*self.pins, Pin(parameters, result, view, steps)))

    def remove(self, pin: Pin) -> None:
        """Take a pin away."""
        self._keep(tuple(each for each in self.pins if each is not pin))
        self._changed()

    def clear(self) -> None:
        """Take all away; the page is about to be drawn."""
        self._keep(())

    def _keep(self, pins: Sequence[Pin]) -> None:
        self.pins = tuple(pins)
        self._version += 1
        labels = [self._label(number, pin) for number, pin in enumerate(self.pins, 1)]
        self.widget.children = (*labels, self._table) if labels else ()

    def _label(self, number: int, pin: Pin) -> Any:
        return classed(button("", partial(self.remove, pin)), "pin", f"pin-{number}")

    def outline(self, parameters: Any) -> None:
        """Lay the outlines over the picture, which has just moved."""
        self.pins = tuple(self._follow(pin, parameters) for pin in self.pins)
        self._outlines.update([pin.view.figure for pin in self.pins], self._version)

    def say(self, parameters: Any) -> None:
        """Name the pins by what sets them apart from the present state, and tell the differences."""
        for number, (label, pin) in enumerate(zip(self.widget.children, self.pins, strict=False), 1):
            name = name_of(self._lab, pin.parameters, parameters)
            put(label, f"✕ {number}: {name if len(name) <= _NAME else name[: _NAME - 1] + '…'}", "description")
            put(label, f"Remove pin {number}: {name}", "tooltip")
        if self.pins:
            put(self._table, self._differences(parameters))

    def _follow(self, pin: Pin, parameters: Any) -> Pin:
        """What only changes what is shown is changed at the pins too, unless they were made on the way of a motion."""
        controls = self._lab.parameters.controls()
        aside = {name: value for name, value in parameters.values().items() if controls[name].aside}
        shown = replace(pin.parameters, **aside)
        if self._lab.motion is not None or shown == pin.parameters:
            return pin
        result = self._lab.result(shown)
        pin.view.update(result)
        self._version += 1
        return Pin(shown, result, pin.view)

    def _differences(self, parameters: Any) -> str:
        """A table: what was set and what is read off, now and at each pin."""
        states = [parameters, *(pin.parameters for pin in self.pins)]
        labels = list(dict.fromkeys(d.label for s in states[1:] for d in differences(self._lab, s, parameters)))
        rows = [[label, *(self._value(label, state) for state in states)] for label in labels]
        read = [{r.name: short(r.value) for r in readings(figure)} for figure in self._figures()]
        rows += [[name, *(each.get(name, "–") for each in read)] for name in read[0]]
        head = ["now", *(f"pin {number}" for number in range(1, len(states)))]
        return _table(head, rows)

    def _value(self, label: str, state: Any) -> str:
        controls = self._lab.parameters.controls()
        name = next(name for name, control in controls.items() if control.label == label)
        return said(controls[name], getattr(state, name))

    def _figures(self) -> list[Figure]:
        return [self._figure, *(pin.view.figure for pin in self.pins)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "<td></td>" + "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in others)}</tr>'
        for first, *others in rows
    )
    return f"<table><caption>What differs</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
