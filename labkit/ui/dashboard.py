"""A page made of any Lab: controls on the left, the picture and its caption on the right.

One synchronous callback does it all. ipywidgets keeps one message in flight for each control and sends the newest value
next: that keeps a fast drag from piling up, and works only while the callback is synchronous.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from html import escape
from importlib import resources
from typing import Any

import ipywidgets as widgets

from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.labs.lab import Action, Lab, Preset
from labkit.labs.parameters import ParameterError
from labkit.ui.clock import Clock
from labkit.ui.controls import Field, field_for

log = logging.getLogger(__name__)

_PIXELS = 400, 1920  # the least and the largest width of a picture

LOCK = threading.RLock()
"""The one lock around compute, draw and publish: Matplotlib is not thread-safe, and JupyterLab calls from threads."""


class Page:
    """One lab on one page; `widget` is what is displayed."""

    def __init__(self, lab: Lab) -> None:
        """Build the page once, with the lab's defaults."""
        self.lab = lab
        self._quiet = False
        self._view = lab.view()
        self._canvas = LiveCanvas(self._view.figure)
        self._shown: Any = None
        self.clock = None if lab.motion is None else Clock(lab.motion, lambda: self._on_change(None))
        defaults = lab.parameters().values()
        self.fields: dict[str, Field] = {
            name: field_for(name, control, defaults[name], self._on_change)
            for name, control in lab.parameters.controls().items()
        }
        with self._held():
            for name in self.fields:  # a control begins in the bounds that the defaults give it
                self._restart_followers(name, {})
        self.image = widgets.Image(format="png")
        self.image.add_class("labkit-picture")
        # The page template's script writes here how many pixels wide the picture is shown: drawn at that size it is
        # sharp on a projector, and quick on a small screen.
        self.pixels = _classed(widgets.IntText(value=round(self._view.figure.bbox.width)), "labkit-pixels")
        self.pixels.observe(lambda _: self._resize(), "value")
        self.question = widgets.HTML(f"<p>{escape(lab.question)}</p>")
        self.caption = widgets.HTML()
        self.caption.add_class("labkit-caption")
        self.message = widgets.HTML()
        self.message.add_class("labkit-message")
        self.widget = self._layout()
        self._update(None)

    def set(self, values: Mapping[str, Any]) -> None:
        """Take these values for the controls named, and redraw once."""
        with LOCK:
            with self._held():
                for name in values:
                    self._restart_followers(name, values)
                for name, value in values.items():
                    self.fields[name].set(value)
            self._update(None)

    def show_preset(self, preset: Preset) -> None:
        """Show a scene: its values, the defaults for the rest; what moves stands at its start."""
        self._return_to(preset.values, preset.question)

    def act(self, action: Action) -> None:
        """Do what a button stands for, or say why not."""
        with LOCK:
            try:
                parameters = self.lab.parameters.of(self._values())
                values = action.values(parameters)
            except ValueError as error:  # nothing has changed: the picture is still that of the controls
                self.message.value = _alert(f"{action.label}: {error}.")
                return
            if action.disturb is not None and self.clock is not None:
                self.clock.disturb(action.disturb, parameters)
            self.set(values)

    def reset(self) -> None:
        """Return to the defaults."""
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
            self.image.value = self._canvas.render(getattr(self._view, "look", None))

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
            if result is not self._shown:
                self._view.update(result)
                self.image.value = self._canvas.render(getattr(self._view, "look", None))
                self._shown = result
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
        self.message.value = _alert(f"Not drawn: {message}. The picture is the one before.")
        self.image.add_class("labkit-old")

    def _layout(self) -> widgets.Widget:
        main = [field.box for field in self.fields.values() if not field.control.more]
        controls = _classed(widgets.VBox([*main, *self._more()]), "labkit-controls")
        clock = [] if self.clock is None else [self.clock.widget]
        shown = [*clock, self.image, self.message, self.caption, self.pixels]
        picture = _classed(widgets.VBox(shown), "labkit-output")
        body = _classed(widgets.HBox([controls, picture]), "labkit-body")
        style = _classed(widgets.HTML(f"<style>{_css()}</style>"), "labkit-style")
        page = _classed(widgets.VBox([style, self._header(), body]), "labkit-page")
        return _classed(widgets.Box([page]), "labkit-frame")

    def _header(self) -> widgets.Widget:
        title = widgets.HTML(f"<h1>{escape(self.lab.title)}</h1>")
        titles = _classed(widgets.VBox([title, self.question]), "labkit-title")
        buttons = [_button(action.label, partial(self.act, action)) for action in self.lab.actions]
        tools = [*self._scenes(), *buttons, _button("Reset", self.reset)]
        return _classed(widgets.HBox([titles, _classed(widgets.HBox(tools), "labkit-tools")]), "labkit-header")

    def _scenes(self) -> list[widgets.Widget]:
        """A menu of the presets; it is a command and keeps no choice."""
        if not self.lab.presets:
            return []
        options = [("Scenes …", -1), *((preset.name, number) for number, preset in enumerate(self.lab.presets))]
        menu = _classed(widgets.Dropdown(options=options, description="scenes"), "labkit-scenes")

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
        hidden = _classed(widgets.VBox(boxes), "labkit-more")
        hidden.layout.display = "none"
        toggle = _classed(widgets.ToggleButton(description="▸ more"), "labkit-button")

        def fold(change: Any) -> None:
            toggle.description = "▾ less" if change.new else "▸ more"
            hidden.layout.display = "" if change.new else "none"

        toggle.observe(fold, "value")
        return [toggle, hidden]


def _alert(text: str) -> str:
    return f'<p role="alert">{escape(text)}</p>'


def _classed(widget: Any, name: str) -> Any:
    widget.add_class(name)
    return widget


def _button(label: str, act: Callable[[], None]) -> Any:
    button = _classed(widgets.Button(description=label), "labkit-button")
    button.on_click(lambda _: act())
    return button


def _css() -> str:
    return (resources.files("labkit.ui") / "page.css").read_text(encoding="utf-8")


def show(key: str) -> widgets.Widget:
    """The page of the lab `key`, for a notebook's cell; KeyError names the labs that there are."""
    if key not in LABS:
        raise KeyError(f"there is no lab {key!r}: there are {', '.join(LABS)}")
    _one_blas_thread()
    return Page(LABS[key]).widget


def _one_blas_thread() -> None:
    """At these sizes more threads cost more than they give, and a class shares few cores."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # a browser has one thread
        return
    threadpool_limits(1, user_api="blas")
