"""Sweep: a control that moves by itself, from one end to the other and back."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import ipywidgets as widgets
import numpy as np

from labkit.labs.lab import Lab
from labkit.labs.parameters import Choice, Control, LogRange, Range
from labkit.ui.drawers import Drawer
from labkit.ui.parts import classed, row

_INTERVAL = 20  # milliseconds from one tick to the next; one message at most is under way, so a slow page has fewer
_PACES = {"slow (20 s)": 20.0, "medium (10 s)": 10.0, "fast (5 s)": 5.0}
_PAUSE = 1.0  # seconds without a tick, after which it goes on from where it stood
_LONGEST = 1000  # a whole range with more steps is not swept


def sweepable(control: Control) -> bool:
    """Whether there is a way from one end of a control to the other."""
    if isinstance(control, Range):
        return (control.high - control.low) / control.step <= _LONGEST
    return isinstance(control, LogRange) or (isinstance(control, Choice) and control.swept)


def value_at(control: Control, share: float, low: float, high: float) -> Any:
    """The value at a share from 0 to 1 of the way from one end of a control to the other.

    `low` and `high` are a Range's bounds.

    >>> value_at(LogRange("std", low=0.01, high=100.0), 0.5, 0, 0)
    1.0
    """
    if isinstance(control, LogRange):
        return float(f"{np.exp(np.log(control.low) + share * np.log(control.high / control.low)):.3g}")
    if isinstance(control, Choice):
        keys = list(control.table)
        return keys[min(int(share * len(keys)), len(keys) - 1)]
    assert isinstance(control, Range)
    found = low + round(share * (high - low) / control.step) * control.step
    return round(found) if control.whole else float(f"{min(found, high):.10g}")


def share_of(control: Control, value: Any, low: float, high: float) -> float:
    """How far along its way a value lies, from 0 to 1."""
    if isinstance(control, LogRange):
        at = max(value, control.low)
        return float(np.clip(np.log(at / control.low) / np.log(control.high / control.low), 0, 1))
    if isinstance(control, Choice):
        return list(control.table).index(value) / max(len(control.table) - 1, 1)
    return float((value - low) / (high - low)) if high > low else 0.0


class Sweep(Drawer):
    """A drawer: which control, how fast, play and stop. Where it is follows from the time, so that a slow page skips.

    `values()` gives the present ones; `put(values)` sets one and redraws.
    """

    def __init__(
        self, lab: Lab, values: Callable[[], Mapping[str, Any]], put: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Make the widgets; nothing moves."""
        self._controls = {name: control for name, control in lab.parameters.controls().items() if sweepable(control)}
        self._values, self._put = values, put
        self._phase, self._last = 0.0, 0.0  # 0 to 1 on the way there, 1 to 2 on the way back
        self._lab = lab
        self.choice = widgets.Dropdown(options=self._moving(), description="sweep")
        self.pace = widgets.Dropdown(options=list(_PACES.items()), value=10.0, description="pace")
        self.play = widgets.Play(interval=_INTERVAL, max=2**31 - 1, show_repeat=False)
        self.widget = row((self.choice, self.pace, classed(self.play, "sweep-play")), "sweep")
        self.play.observe(self._on_play, "value")
        self.choice.observe(lambda _: self._begin(), "value")

    def follow(self) -> None:
        """Offer the controls that move something now."""
        offered, chosen = self._moving(), self.choice.value
        if offered != list(self.choice.options):
            self.choice.options = offered
            if chosen in dict(offered).values():
                self.choice.value = chosen
            else:
                self.end()

    def _moving(self) -> list[tuple[str, str]]:
        """Labels and names of the controls that have a meaning and decide, as the others stand."""
        try:
            now = self._lab.parameters.of(self._values())
        except ValueError:  # a formula that cannot be read: the page says so
            return list(self.choice.options)
        return [
            (control.label, name)
            for name, control in self._controls.items()
            if (control.shown is None or control.shown(now)) and (control.given is None or control.given(now) is None)
        ]

    def rest(self) -> None:
        """Stand still."""
        self.play.playing = False

    end = rest

    def _bounds(self, control: Control) -> tuple[float, float]:
        if not isinstance(control, Range):
            return 0.0, 0.0
        return control.bounds(self._values()) if control.bounds is not None else (control.low, control.high)

    def _begin(self) -> None:
        """Go on from the control's present value."""
        control = self._controls[self.choice.value]
        self._phase = share_of(control, self._values()[self.choice.value], *self._bounds(control))
        self._last = perf_counter()

    def _on_play(self, change: Any) -> None:
        if not self.play.playing:  # a tick that was on its way when it was stopped
            return
        now = perf_counter()
        if now - self._last > _PAUSE:
            self._begin()
        self._phase = (self._phase + (now - self._last) / self.pace.value) % 2
        self._last = now
        name, control = self.choice.value, self._controls[self.choice.value]
        share = self._phase if self._phase <= 1 else 2 - self._phase
        value = value_at(control, share, *self._bounds(control))
        if value != self._values()[name]:
            self._put({name: value})
