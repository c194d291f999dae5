"""One widget for each kind of control. The value lives in Python: a widget only asks for another one."""

from collections.abc import Callable, Mapping
from html import escape
from math import log10
from typing import Any

import ipywidgets as widgets

from labkit.labs.parameters import Choice, Choices, Control, LogRange, Range, Switch, Text

Changed = Callable[[str], None]
_EXACT = 2**53  # below it a float holds every whole number
_MOST_STEPS = 20_000  # a range with more steps is typed, not slid


class Field:
    """A control on the page: its widgets, a note under them, and the value that the user asked for.

    `changed(name)` is called when the user asks for another value. While something else decides (`given`), the
    widgets are shut and show that; the user's own value is kept.
    """

    def __init__(self, name: str, control: Control, value: Any, changed: Changed) -> None:
        """Make the widgets."""
        self.name, self.control, self.value = name, control, value
        self._changed, self._setting = changed, False
        self._note: Any = None  # made where there is something to say: a page is quicker with fewer widgets
        self.parts = self._make()
        self.box = widgets.Box(self.parts)
        self.box.add_class("labkit-control")
        if control.note is not None:
            self._put_note("&nbsp;")  # keeps its place, so that nothing jumps when it speaks
        for part in self.parts:
            part.observe(self._on_widget, "value")

    def _make(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def _display(self, value: Any) -> None:
        """Put `value` into the widgets."""
        self.parts[0].value = value

    def _read(self, part: Any) -> Any:
        """The value that the widget `part` asks for."""
        return part.value

    def _on_widget(self, change: Any) -> None:
        if self._setting:
            return
        self.value = self._read(change.owner)
        self._after_widget(change.owner)
        self._changed(self.name)

    def _after_widget(self, part: Any) -> None:
        """Bring the other widgets of this control in line."""

    def set(self, value: Any) -> None:
        """Take a value that did not come from the widget; nobody is told."""
        self.value = value
        self._show(value)

    def _show(self, value: Any) -> None:
        self._setting = True
        try:
            self._display(value)
        finally:
            self._setting = False

    def restart(self, values: Mapping[str, Any]) -> None:
        """Start anew after the field that this one follows has changed."""
        if self.control.start is not None:
            self.set(self.control.start(values))

    def follow(self, parameters: Any) -> None:
        """Bring visibility, given value and note in line with the parameters."""
        control = self.control
        visible = control.shown is None or control.shown(parameters)
        if control.folds:
            _set(self.box.layout, "display", None if visible else "none")
        else:
            _set(self.box.layout, "visibility", "visible" if visible else "hidden")
        given = control.given(parameters) if control.given else None
        if given is not None or self.parts[0].disabled:
            self._show(self.value if given is None else given)
            for part in self.parts:
                _set(part, "disabled", given is not None)
        self.say(control.note(parameters) if control.note else "")

    def say(self, note: str) -> None:
        """Show a note under the control."""
        self._put_note(escape(note) or ("&nbsp;" if self.control.note else ""))

    def refuse(self, message: str) -> None:
        """Say why the value is not taken."""
        self._put_note(f'<span class="labkit-error" role="alert">{escape(message)}</span>')

    @property
    def said(self) -> str:
        """The note or the refusal under the control, as HTML."""
        return self._note.value if self._note is not None else ""

    def _put_note(self, html: str) -> None:
        if self._note is None and html:
            self._note = widgets.HTML()
            self._note.add_class("labkit-note")
            self.box.children = (*self.parts, self._note)
        if self._note is not None:
            _set(self._note, "value", html)


class RangeField(Field):
    """A slider, or a number box where the range has too many steps for one."""

    def _make(self) -> tuple[Any, ...]:
        control = self.control
        assert isinstance(control, Range)
        if (control.high - control.low) / control.step > _MOST_STEPS:
            return (widgets.FloatText(value=self.value, description=control.label),)  # IntText reads 1.5 as 15
        slider = widgets.IntSlider if control.whole else widgets.FloatSlider
        limits = {"min": control.low, "max": control.high, "step": control.step}
        return (slider(value=self.value, description=control.label, **limits),)

    def _read(self, part: Any) -> Any:
        """The browser's slider answers a value that it is set to with that value rounded to its step: no wish."""
        assert isinstance(self.control, Range)
        if self.control.whole and part.value == part.value // 1 < _EXACT:
            return int(part.value)
        slid = isinstance(part, widgets.FloatSlider)
        return self.value if slid and abs(part.value - self.value) < self.control.step / 2 else part.value

    def restart(self, values: Mapping[str, Any]) -> None:
        """Take the bounds that hold now, and start anew: else a browser moves the value, and says so."""
        assert isinstance(self.control, Range)
        if self.control.bounds is not None:
            low, high = self.control.bounds(values)
            slider = self.parts[0]
            _set_bounds(slider, min(low, slider.min), max(high, slider.max))
        super().restart(values)
        self._rebound(values)

    def follow(self, parameters: Any) -> None:
        """Take the bounds of these parameters too: those that a page opens with."""
        self._rebound(parameters.values())
        super().follow(parameters)

    def _rebound(self, values: Mapping[str, Any]) -> None:
        control = self.control
        assert isinstance(control, Range)
        if control.bounds is None:
            return
        low, high = control.bounds(values)
        self._setting = True  # a slider moves its value into its new bounds
        try:
            _set_bounds(self.parts[0], low, high)
        finally:
            self._setting = False


class LogRangeField(Field):
    """A logarithmic slider and beside it a number box, which also takes what the slider cannot."""

    def _make(self) -> tuple[Any, ...]:
        control = self.control
        assert isinstance(control, LogRange)
        slider = widgets.FloatLogSlider(
            value=self.value, base=10, min=log10(control.low), max=log10(control.high), step=0.05,
            description=control.label, readout=False,
        )  # fmt: skip
        self._displayed = slider.value
        box = widgets.FloatText(value=self.value, description=f"{control.label}, any value")
        box.add_class("labkit-number")
        return slider, box

    def _read(self, part: Any) -> Any:
        if part is not self.parts[0]:
            return part.value
        if abs(log10(part.value / self._displayed)) < part.step / 2:
            return self.value  # the browser's slider, put between two steps, has only gone to the nearest one
        self._displayed = part.value
        return float(f"{part.value:.3g}")

    def _display(self, value: Any) -> None:
        self._display_slider(value)
        self.parts[1].value = value

    def _display_slider(self, value: Any) -> None:
        control = self.control
        assert isinstance(control, LogRange)
        self.parts[0].value = self._displayed = min(max(value, control.low), control.high)

    def _after_widget(self, part: Any) -> None:
        # The slider that is being dragged is left alone, or it would jump back under the finger.
        self._setting = True
        try:
            if part is self.parts[0]:
                self.parts[1].value = self.value
            else:
                self._display_slider(self.value)
        finally:
            self._setting = False


class ChoiceField(Field):
    """A menu, or a slider over the rows."""

    def _make(self) -> tuple[Any, ...]:
        control = self.control
        assert isinstance(control, Choice)
        kind = widgets.SelectionSlider if control.swept else widgets.Dropdown
        options = [(label, key) for key, label in control.options.items()]
        return (kind(options=options, value=self.value, description=control.label),)


class SwitchField(Field):
    """A check box."""

    def _make(self) -> tuple[Any, ...]:
        return (widgets.Checkbox(value=self.value, description=self.control.label, indent=False),)


class ChoicesField(Field):
    """A list of which several can be chosen."""

    def _make(self) -> tuple[Any, ...]:
        control = self.control
        assert isinstance(control, Choices)
        options = [(label, key) for key, label in control.options.items()]
        rows = min(len(options), 9)
        return (widgets.SelectMultiple(options=options, value=self.value, description=control.label, rows=rows),)


class TextField(Field):
    """A line of text, taken when it is finished."""

    def _make(self) -> tuple[Any, ...]:
        control = self.control
        assert isinstance(control, Text)
        box = widgets.Text(
            value=self.value, description=control.label, placeholder=control.placeholder, continuous_update=False
        )
        box.add_class("labkit-text")
        return (box,)


_KINDS: dict[type[Control], type[Field]] = {
    Range: RangeField,
    LogRange: LogRangeField,
    Choice: ChoiceField,
    Switch: SwitchField,
    Choices: ChoicesField,
    Text: TextField,
}


def field_for(name: str, control: Control, value: Any, changed: Changed) -> Field:
    """The Field for a control."""
    return _KINDS[type(control)](name, control, value, changed)


def _set_bounds(slider: Any, low: float, high: float) -> None:
    """Both at once: min must never stand above max."""
    with slider.hold_trait_notifications():
        slider.min, slider.max = low, high


def _set(target: Any, trait: str, value: Any) -> None:
    """Set a trait only where it differs: each setting is a message."""
    if getattr(target, trait) != value:
        setattr(target, trait, value)


