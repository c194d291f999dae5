"""A page made of any Lab: controls on the left, the picture and its caption on the right.

One synchronous callback does it all. ipywidgets keeps one message in flight for each control and sends the newest value
next: that keeps a fast drag from piling up, and works only while the callback is synchronous.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from html import escape
from importlib import resources
from time import perf_counter
from typing import Any

import ipywidgets as widgets

from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.labs.lab import Action, Lab, Preset
from labkit.labs.link import Moment, State, query, read_query
from labkit.labs.parameters import ParameterError
from labkit.labs.task_file import tasks_of
from labkit.ui.clock import Clock
from labkit.ui.controls import Field, field_for
from labkit.ui.drawers import Drawers
from labkit.ui.leads import Leads
from labkit.ui.parts import LOCK, alert, button, classed, column, commands, folded, html, row, words
from labkit.ui.pins import Pins
from labkit.ui.predict import Predict
from labkit.ui.projector import Projector
from labkit.ui.share import Share
from labkit.ui.sweep import Sweep
from labkit.ui.table import Numbers
from labkit.ui.time_limit import time_limit
from labkit.ui.verdict import VerdictLine

log = logging.getLogger(__name__)

PROJECTOR = 1.12
"""How much larger type and lines are for the back of a room."""
_PIXELS = 400, 1920  # the least and the largest width of a picture

OPENING = 20.0
"""Seconds that the steps of a link, its pins' too, may take before a page opens."""


class Page:
    """One lab on one page; `widget` is what is displayed."""

    def __init__(self, lab: Lab, link: str = "", model_id: str | None = None) -> None:
        """Build the page once: with the lab's defaults, or as the query of a link has it.

        `model_id` is the name of `widget` for the browser, where that must be known beforehand.
        """
        self.lab = lab
        self._quiet = False
        self._view = lab.view()
        self._canvas = LiveCanvas(self._view.figure, lab.key)
        self._shown: Any = None
        self._parameters: Any = None  # those of the picture
        self._at_fault: str | None = None  # the control that a refusal is about
        self._complaint: tuple[Any, int, str] | None = None  # of a link, and the state to which it led
        self._hidden: tuple[str, ...] = ()
        self.pins = Pins(lab, self._view.figure, self._redraw)
        self.widget = classed(widgets.Box(model_id=model_id), "frame")
        self.projector = Projector(self.widget, self._enlarge)
        self.clock = None if lab.motion is None else Clock(lab.motion, lambda: self._on_change(None))
        defaults = lab.parameters().values()
        self.fields: dict[str, Field] = {
            name: field_for(name, control, defaults[name], self._on_change)
            for name, control in lab.parameters.controls().items()
        }
        with self._held():
            for name in self.fields:  # a control begins in the bounds that the defaults give it
                self._restart_followers(name, {})
        self.image = classed(widgets.Image(format="png"), "picture")
        # The page template's script writes here how many pixels wide the picture is shown: drawn at that size it is
        # sharp on a projector, and quick on a small screen.
        self.pixels = classed(widgets.IntText(value=round(self._view.figure.bbox.width)), "pixels")
        self.pixels.observe(lambda _: self._resize(), "value")
        self.question = widgets.HTML(f"<p>{escape(lab.question)}</p>")
        self.caption = html("", "caption")
        self.message = html("", "message")
        self.verdict = VerdictLine(self.set)
        self.leads = None if lab.leads is None else Leads(lab.leads, lambda key, link: Page(LABS[key], link).widget)
        self.drawers = Drawers(self._drawers())
        self.widget.children = (self._layout(),)
        self.open(link)

    @property
    def state(self) -> State:
        """What the page shows."""
        pins = tuple(Moment(pin.parameters, pin.steps) for pin in self.pins.pins)
        return State(self._parameters, pins, self._done, self._hidden, self.projector.on)

    @property
    def _done(self) -> int:
        return 0 if self.clock is None else self.clock.done

    def open(self, link: str) -> None:
        """Show what the query of a link stands for, and say what of it cannot be had; before anything is moved."""
        opened = read_query(self.lab, link)
        complaints, until = list(opened.complaints), perf_counter() + OPENING
        self._hide(opened.state.hidden)
        self.projector.switch(opened.state.projector)
        self._begin(opened.state, complaints, until)
        for number, pin in enumerate(opened.state.pins, 1):
            if refused := self._tried(partial(self._add_pin, pin, until)):
                complaints.append(f"pin {number}: {refused}: it is left out")
        if self.pins.pins:
            self._redraw()
        if complaints:
            self._complaint = self._parameters, self._done, alert("; ".join(complaints) + ".")
            self.message.value = self._complaint[-1]

    def _begin(self, state: State, complaints: list[str], until: float) -> None:
        """Show a link's parameters at its step, or the defaults: a page always has a picture."""
        self._take(state.parameters.values())
        if self.clock is not None and state.steps:
            self._tried(partial(self.clock.begin_at, state.parameters, state.steps, until - perf_counter()))
        refused = self._update(None)
        if refused:
            complaints.append(f"{refused}: the defaults are shown")
            self._return_to({}, self.lab.question)
        elif self._done < state.steps:
            complaints.append(f"step {state.steps} was asked for, {self._done} is as far as it came")

    def _add_pin(self, pin: Moment, until: float) -> None:
        """Pin a link's state at its step, or at that which is reached while a page opens."""
        motion = self.lab.motion
        if motion is None:
            self.pins.add(pin.parameters, self.lab.result(pin.parameters))
        else:
            state = motion.reach(motion.start(pin.parameters), pin.steps, until - perf_counter())
            self.pins.add(pin.parameters, motion.show(state, pin.parameters), motion.steps(state)[0])

    def _hide(self, names: Sequence[str]) -> None:
        """Leave out the controls that a link hides; what they are set to is still shown."""
        self._hidden = tuple(names)
        for name in names:
            self.fields[name].box.add_class("labkit-hidden")

    def pin(self) -> None:
        """Keep the present state as an outline, or say why not."""
        with LOCK:
            try:
                self.pins.add(self._parameters, self._shown, self._done)
            except ValueError as error:
                self.message.value = alert(f"Pin: {error}.")
                return
            self._redraw()

    def set(self, values: Mapping[str, Any]) -> None:
        """Take these values for the controls named, and redraw once."""
        with LOCK:
            self._take(values)
            self._update(None)

    def _take(self, values: Mapping[str, Any]) -> None:
        with self._held():
            for name in values:
                self._restart_followers(name, values)
            for name, value in values.items():
                self.fields[name].set(value)

    def show_preset(self, preset: Preset) -> None:
        """Show a scene: its values, the defaults for the rest; what moves stands at its start."""
        self._return_to(preset.values, preset.question)

    def _ask(self, values: Mapping[str, Any]) -> None:
        """Show a task's scene."""
        self._return_to(values, self.lab.question)

    def _cover(self, on: bool) -> None:
        """Hide picture and words until the learner has answered."""
        (self.widget.add_class if on else self.widget.remove_class)("labkit-covered")

    def act(self, action: Action) -> None:
        """Do what a button stands for, or say why not."""
        with LOCK:
            try:
                parameters = self.lab.parameters.of(self._values())
                values = action.values(parameters)
            except ValueError as error:  # nothing has changed: the picture is still that of the controls
                self.message.value = alert(f"{action.label}: {error}.")
                return
            if action.disturb is not None and self.clock is not None:
                self.clock.disturb(action.disturb, parameters)
            self.set(values)

    def reset(self) -> None:
        """Return to the defaults, without pins; nothing moves by itself any more."""
        with LOCK:
            self._complaint = None
            self.drawers.rest()
            self.pins.clear()
            self._return_to({}, self.lab.question)

    def _return_to(self, values: Mapping[str, Any], question: str) -> None:
        if self.clock is not None:
            self.clock.restart()
        self.set(self.lab.parameters.of(values).values())
        self.question.value = f"<p>{escape(question)}</p>"

    def _resize(self) -> None:
        with LOCK:
            least, most = _PIXELS
            self._canvas.resize(min(max(self.pixels.value, least), most))
            self._draw()

    def _enlarge(self, on: bool) -> None:
        """Larger type and thicker lines: fewer inches for as many pixels."""
        with LOCK:
            self._canvas.magnify(PROJECTOR if on else 1.0)
            if self._shown is not None:
                self._draw()
                self._say_caption()

    def _draw(self) -> None:
        self.pins.outline(self._parameters)
        self._canvas.over = self.pins.outlines.artists
        look = getattr(self._view, "look", None)
        self.image.value = self._canvas.render(None if look is None else (look, self.pins.outlines.look))

    def _redraw(self) -> None:
        """A pin more or less."""
        with LOCK:
            self._draw()
            self._say_caption()
            self.pins.say(self._parameters)
            self.drawers.follow()

    @contextmanager
    def _held(self) -> Iterator[None]:
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def _values(self) -> dict[str, Any]:
        return {name: field.value for name, field in self.fields.items()}

    def _restart_followers(self, name: str, values: Mapping[str, Any]) -> None:
        for field in self.fields.values():
            if name in field.control.follows:
                field.restart({**self._values(), **values})

    def _on_change(self, name: str | None) -> None:
        """The control `name` was moved, or the clock has ticked."""
        if not self._quiet:
            with LOCK:
                with self._held(), suppress(ValueError):  # a formula that cannot be read: the update says so
                    if name is not None:
                        self._restart_followers(name, {})
                self._update(name)

    def _update(self, changed: str | None) -> str:
        """Read every control, compute, draw, publish; or keep the picture and say what is wrong, which is returned."""
        self._at_fault = changed
        refused = self._tried(self._show)
        if refused:
            self._refuse(refused, self._at_fault)
        else:
            self._say(self._parameters, self._shown)
        return refused

    def _tried(self, act: Callable[[], None]) -> str:
        """Do it; what was wrong, in words for a visitor."""
        try:
            with time_limit():
                act()
        except ParameterError as error:
            self._at_fault = error.field or self._at_fault
            return str(error)
        except (ValueError, OSError) as error:
            return str(error)
        except MemoryError:
            return "this needs more memory than there is here: lower depth, width or batch"
        except Exception as error:
            log.exception("the lab %s failed", self.lab.key)
            return f"the lab could not do this ({type(error).__name__}); it goes on with other values"
        return ""

    def _show(self) -> None:
        parameters = self.lab.parameters.of(self._values())
        before = self._parameters, self._shown
        try:
            result = self._result(parameters)
            self._parameters = parameters
            if result is not self._shown or self.pins.pins:
                self._view.update(result)
                self._shown = result
                self._draw()
        except BaseException:  # the picture is the one before: so must be what is said and drawn of it
            self._parameters, self._shown = before
            if self._shown is not None:
                self._view.update(self._shown)
            raise

    def _result(self, parameters: Any) -> Any:
        return self.lab.result(parameters) if self.clock is None else self.clock.result(parameters)

    def _say(self, parameters: Any, result: Any) -> None:
        self._say_caption()
        self.verdict.say(parameters, result)
        if self.leads is not None:
            self.leads.say(result)
        self.pins.say(parameters)
        self.drawers.follow()
        self.message.value = self._link_complaint()
        self.image.remove_class("labkit-old")
        for field in self.fields.values():
            field.follow(parameters)

    def _link_complaint(self) -> str:
        """What was wrong with the link stands until something is moved; a browser also sends what it only rounds."""
        if self._complaint is not None and self._complaint[:2] != (self._parameters, self._done):
            self._complaint = None
        return "" if self._complaint is None else self._complaint[-1]

    def _say_caption(self) -> None:
        """The caption; the page's script finds in it the state, to open it again should the kernel be lost."""
        said, state = words(self.lab.explain(self._shown)), escape(query(self.state))
        self.caption.value = f'<p role="status" data-state="{state}">{said}</p>'

    def _refuse(self, message: str, name: str | None) -> None:
        """Say `message` at the control that it is about and under the picture, which is marked as the one before."""
        if self.clock is not None:
            self.clock.stop()
        for field in self.fields.values():
            if field.name == name:
                field.refuse(message)
            else:
                field.say("")
        self.message.value = alert(f"Not drawn: {message}. The picture is the one before.")
        self.image.add_class("labkit-old")

    def _layout(self) -> widgets.Widget:
        main = [field.box for field in self.fields.values() if not field.control.more]
        controls = column([*main, *self._more()], "controls")
        clock = [] if self.clock is None else [self.clock.widget]
        leads = [] if self.leads is None else [self.leads.widget]
        below = [self.message, self.verdict.widget, self.caption, *leads, self.pins.widget, self.pixels]
        body = row([controls, column([*clock, self.image, *below], "output")], "body")
        style = html(f"<style>{_css()}</style>", "style")
        return column([style, self._header(), self.drawers.widget, body], "page")

    def _header(self) -> widgets.Widget:
        title = widgets.HTML(f"<h1>{escape(self.lab.title)}</h1>")
        buttons = [button(action.label, partial(self.act, action)) for action in self.lab.actions]
        pin = button("Pin", self.pin, "keep what is shown as an outline, to compare with")
        tools = [*self._menu(), *buttons, pin, *self.drawers.buttons.values(), *self.projector.buttons]
        tools.append(button("Reset", self.reset))
        return row([column([title, self.question], "title"), row(tools, "tools")], "header")

    def _drawers(self) -> dict[str, Callable[[], Any]]:
        figure = self._view.figure
        return {
            "Predict": lambda: Predict(tasks_of(self.lab.key), self._ask, self._cover, self.lab.key, self.drawers.shut),
            "Sweep": lambda: Sweep(self.lab, self._values, self.set),
            "Numbers": lambda: Numbers(lambda: figure),
            "Share": lambda: Share(
                self.lab, lambda: figure, lambda: (self.state, self._shown, [pin.result for pin in self.pins.pins]),
                lambda: self.clock is not None and self.clock.disturbed,
            ),
        }

    def _menu(self) -> list[widgets.Widget]:
        presets = self.lab.presets
        return [commands("scenes", [preset.name for preset in presets], lambda n: self.show_preset(presets[n]))] * bool(
            presets
        )

    def _more(self) -> list[widgets.Widget]:
        boxes = [field.box for field in self.fields.values() if field.control.more]
        return folded(boxes) if boxes else []


def _css() -> str:
    return (resources.files("labkit.ui") / "page.css").read_text(encoding="utf-8")
