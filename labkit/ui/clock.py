"""The clock of a lab that moves by itself: ipywidgets' Play, whose every tick is one message.

Stop, sliders and the closing of the page are answered between two ticks, without a thread.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import ipywidgets as widgets

from labkit.labs.lab import Motion

TICK = 0.05
"""Seconds that the lab moves on in a tick, at most; then the page is drawn and answers."""
_INTERVAL = 10  # milliseconds from one tick to the next: one message at most is under way, so a slow page has fewer
_PAUSE = 1.0  # seconds without a tick after which the pace is measured anew


class Clock:
    """A lab's state, and the row of widgets that moves it: play and pause, back to the start, how far it is.

    `ticked()` is called at each tick and asks for the result in its turn.
    """

    def __init__(self, motion: Motion, ticked: Callable[[], None]) -> None:
        """Make the widgets; nothing has started."""
        self._motion, self._ticked = motion, ticked
        self._state: Any = None
        self._of: Any = None  # the values that the state was started with
        self._due = False
        self.disturbed = False
        """Whether the state is another than its steps alone have made."""
        self._pace: tuple[float, int, float] | None = None  # since when and from which step; the last tick
        self.play = widgets.Play(interval=_INTERVAL, max=2**31 - 1, show_repeat=False)
        self.bar = widgets.IntProgress()
        self.said = widgets.Label()
        self.widget = widgets.HBox([self.play, self.bar, self.said])
        for widget, name in ((self.widget, "clock"), (self.bar, "progress"), (self.said, "pace")):
            widget.add_class(f"labkit-{name}")
        self.play.observe(self._on_play, "value")

    def result(self, parameters: Any) -> Any:
        """What is to be shown now: after a tick a little later than before, of other values from the start."""
        of = tuple(value for name, value in parameters.values().items() if not parameters.controls()[name].aside)
        due, self._due = self._due, False
        if self._state is None or of != self._of:
            self._state = self._motion.start(parameters)
            self._of, self._pace, self.disturbed = of, None, False
        elif due:
            self._state = self._motion.advance(self._state, TICK)
        self._say(*self._motion.steps(self._state), ticked=due)
        return self._motion.show(self._state, parameters)

    @property
    def done(self) -> int:
        """Steps done."""
        return 0 if self._state is None else self._motion.steps(self._state)[0]

    def begin_at(self, parameters: Any, steps: int, seconds: float) -> None:
        """Start, and go on for so many steps, or as many as are done in so long."""
        self.result(parameters)
        self._state = self._motion.reach(self._state, steps, seconds)
        self._say(*self._motion.steps(self._state), ticked=False)

    def disturb(self, change: Callable[[Any, Any], None], parameters: Any) -> None:
        """Change the state as it is; the next result shows it."""
        change(self._state, parameters)
        self.disturbed = True

    def restart(self) -> None:
        """Back to the start, and stand still."""
        self._state = None
        self.stop()

    def stop(self) -> None:
        """Stand still."""
        self.play.playing = False

    def _on_play(self, change: Any) -> None:
        if change.new == self.play.min:  # the button that stops
            self._state = None
        elif self.play.playing:
            self._due = True
        else:  # a tick that was on its way when the clock was stopped
            return
        self._ticked()

    def _say(self, done: int, of: int, ticked: bool) -> None:
        self.bar.max, self.bar.value = of, done
        if done >= of:
            self.stop()
        pace = self._measured(done) if ticked else 0
        self.said.value = f"step {done} of {of}" + (f", {pace:.0f} a second" if pace and done < of else "")

    def _measured(self, done: int) -> float:
        """Steps a second since the clock runs."""
        now = perf_counter()
        if self._pace is None or now - self._pace[2] > _PAUSE or done < self._pace[1]:
            self._pace = now, done, now
            return 0.0
        since, first, _ = self._pace
        self._pace = since, first, now
        return (done - first) / (now - since)
