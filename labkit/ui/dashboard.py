"""A page made of any Lab: controls on the left, the picture and its caption on the right.

One synchronous callback does it all. ipywidgets keeps one message in flight for each control and sends the newest value
next: that keeps a fast drag from piling up, and works only while the callback is synchronous.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from html import escape
from importlib import resources
from typing import Any

import ipywidgets as widgets

from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.labs.drawing import result_at
from labkit.labs.lab import Action, Lab, Preset
from labkit.labs.link import State, read_query
from labkit.labs.parameters import ParameterError
from labkit.labs.task_file import tasks_of
from labkit.ui.clock import Clock
from labkit.ui.controls import Field, field_for
from labkit.ui.drawers import Drawers
from labkit.ui.parts import alert, button, classed, column, html, row
from labkit.ui.pins import Pins
from labkit.ui.predict import Predict
from labkit.ui.projector import Projector
from labkit.ui.share import Share
from labkit.ui.sweep import Sweep
from labkit.ui.table import Numbers
from labkit.ui.verdict import VerdictLine
from labkit.ui.ways import show_ways

log = logging.getLogger(__name__)

PROJECTOR = 1.12
"""How much larger type and lines are for the back of a room."""
_PIXELS = 400, 1920  # the least and the largest width of a picture

LOCK = threading.RLock()
"""The one lock around compute, draw and publish: Matplotlib is not thread-safe, and JupyterLab calls from threads."""


class Page:
    """One lab on one page; `widget` is what is displayed."""

    def __init__(self, lab: Lab, link: str = "") -> None:
        """Build the page once: with the lab's defaults, or as the query of a link has it."""
        self.lab = lab
        self._quiet = False
        self._view = lab.view()
        self._canvas = LiveCanvas(self._view.figure)
        self._shown: Any = None
        self._parameters: Any = None  # those of the picture
        self._hidden: tuple[str, ...] = ()
        self.pins = Pins(lab, self._view.figure, self._redraw)
        self.widget = classed(widgets.Box(), "frame")
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
        self.drawers = Drawers(self._drawers())
        self.widget.children = (self._layout(),)
        self._open(link)

    @property
    def state(self) -> State:
        """What the page shows."""
        pins = tuple(pin.parameters for pin in self.pins.pins)
        steps = 0 if self.clock is None else self.clock.done
        return State(self._parameters, pins, steps, self._hidden, self.projector.on)

    def _open(self, link: str) -> None:
        """Show what the link stands for, and say what of it cannot be had."""
        opened = read_query(self.lab, link)
        state = opened.state
        if state != State(self.lab.parameters()):
            self._take(state.parameters.values())
            for pin in state.pins:
                self.pins.add(pin, result_at(self.lab, pin, state.steps))
            self._hide(state.hidden)
            self.projector.switch(state.projector)
            if self.clock is not None:
                self.clock.begin_at(state.parameters, state.steps)
        self._update(None)
        if opened.complaints:
            self.message.value = alert("; ".join(opened.complaints) + ".")

    def _hide(self, names: Sequence[str]) -> None:
        """Leave out the controls that a link hides; what they are set to is still shown."""
        self._hidden = tuple(names)
        for name in names:
            self.fields[name].box.add_class("labkit-hidden")

    def pin(self) -> None:
        """Keep the present state as an outline, or say why not."""
        with LOCK:
            try:
                self.pins.add(self._parameters, self._shown)
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
        """Return to the defaults, without pins."""
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

    def _draw(self) -> None:
        self.pins.outline(self._parameters)
        self._canvas.over = self.pins.outlines.artists
        look = getattr(self._view, "look", None)
        self.image.value = self._canvas.render(None if look is None else (look, self.pins.outlines.look))

    def _redraw(self) -> None:
        """A pin more or less."""
        with LOCK:
            self._draw()
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

    def _update(self, changed: str | None) -> None:
        """Read every control, compute, draw, publish; or say what is wrong and keep the picture."""
        try:
            parameters = self.lab.parameters.of(self._values())
            result = self._result(parameters)
            self._parameters = parameters
            if result is not self._shown or self.pins.pins:
                self._view.update(result)
                self._shown = result
                self._draw()
        except ParameterError as error:
            self._refuse(str(error), error.field or changed)
        except (ValueError, OSError) as error:
            self._refuse(str(error), changed)
        except Exception as error:
            log.exception("the lab %s failed", self.lab.key)
            self._refuse(f"the lab could not do this ({type(error).__name__}); it goes on with other values", changed)
        else:
            self._say(parameters, result)

    def _result(self, parameters: Any) -> Any:
        return self.lab.result(parameters) if self.clock is None else self.clock.result(parameters)

    def _say(self, parameters: Any, result: Any) -> None:
        self.caption.value = f'<p role="status">{escape(self.lab.explain(result))}</p>'
        self.verdict.say(parameters, result)
        self.pins.say(parameters)
        self.drawers.follow()
        self.message.value = ""
        self.image.remove_class("labkit-old")
        for field in self.fields.values():
            field.follow(parameters)

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
        below = [self.message, self.verdict.widget, self.caption, self.pins.widget, self.pixels]
        body = row([controls, column([*clock, self.image, *below], "output")], "body")
        style = html(f"<style>{_css()}</style>", "style")
        return column([style, self._header(), self.drawers.widget, body], "page")

    def _header(self) -> widgets.Widget:
        title = widgets.HTML(f"<h1>{escape(self.lab.title)}</h1>")
        buttons = [button(action.label, partial(self.act, action)) for action in self.lab.actions]
        pin = button("Pin", self.pin, "keep what is shown as an outline, to compare with")
        tools = [*self._scenes(), *buttons, pin, *self.drawers.buttons.values(), *self.projector.buttons]
        tools.append(button("Reset", self.reset))
        return row([column([title, self.question], "title"), row(tools, "tools")], "header")

    def _drawers(self) -> dict[str, Callable[[], Any]]:
        figure = self._view.figure
        return {
            "Predict": lambda: Predict(tasks_of(self.lab.key), self._ask, self._cover, self.lab.key, self.drawers.shut),
            "Sweep": lambda: Sweep(self.lab, self._values, self.set),
            "Numbers": lambda: Numbers(lambda: figure),
            "Share": lambda: Share(
                self.lab, lambda: figure, lambda: (self.state, self._shown, [pin.result for pin in self.pins.pins])
            ),
        }

    def _scenes(self) -> list[widgets.Widget]:
        """A menu of the presets; it is a command and keeps no choice."""
        if not self.lab.presets:
            return []
        options = [("Scenes …", -1), *((preset.name, number) for number, preset in enumerate(self.lab.presets))]
        menu = classed(widgets.Dropdown(options=options, description="scenes"), "scenes")

        def chosen(change: Any) -> None:
            if change.new >= 0:
                menu.value = -1  # None would leave the menu blank
                self.show_preset(self.lab.presets[change.new])

        menu.observe(chosen, "value")
        return [menu]

    def _more(self) -> list[widgets.Widget]:
        boxes = [field.box for field in self.fields.values() if field.control.more]
        if not boxes:
            return []
        hidden = column(boxes, "more")
        hidden.layout.display = "none"
        toggle = classed(widgets.ToggleButton(description="▸ more"), "button")

        def fold(change: Any) -> None:
            toggle.description = "▾ less" if change.new else "▸ more"
            hidden.layout.display = "" if change.new else "none"

        toggle.observe(fold, "value")
        return [toggle, hidden]


def _css() -> str:
    return (resources.files("labkit.ui") / "page.css").read_text(encoding="utf-8")


def show(key: str, link: str | None = None) -> widgets.Widget:
    """The page of the lab `key`, for a notebook's cell; KeyError names the labs that there are.

    `link` is the query of a link to a state of it; None: that of the dashboard's address, where there is one.
    """
    if key not in LABS:
        raise KeyError(f"there is no lab {key!r}: there are {', '.join(LABS)}")
    _one_blas_thread()
    show_ways(key)
    return Page(LABS[key], os.environ.get("QUERY_STRING", "") if link is None else link).widget


def _one_blas_thread() -> None:
    """At these sizes more threads cost more than they give, and a class shares few cores."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # a browser has one thread
        return
    threadpool_limits(1, user_api="blas")
