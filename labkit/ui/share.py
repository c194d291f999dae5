"""Share and keep: the link to what the page shows, and files of it."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from labkit import __version__
from labkit.labs.drawing import drawn
from labkit.labs.files import numbers, state_file
from labkit.labs.lab import Lab
from labkit.labs.link import State, query
from labkit.labs.scripts import has_scripts, scripts
from labkit.ui.drawers import Drawer
from labkit.ui.parts import alert, button, classed, column, html, put, row

_WIDTHS = (1280, 1920, 3840)
_TYPES = {
    ".png": "image/png", ".svg": "image/svg+xml", ".csv": "text/csv", ".json": "application/json",
    ".py": "text/x-python",
}  # fmt: skip
Shown = tuple[State, Any, list[Any]]


class Share(Drawer):
    """A drawer. `shown()` gives the state, the result and the results of the pins as the page shows them; `disturbed()`
    tells whether a button has changed a training on its way, which no link holds.
    """

    def __init__(
        self, lab: Lab, figure: Callable[[], Figure], shown: Callable[[], Shown], disturbed: Callable[[], bool]
    ) -> None:
        """Make the widgets."""
        self._lab, self._figure, self._shown, self._disturbed = lab, figure, shown, disturbed
        self._link = html("", "link")
        self._hide = widgets.SelectMultiple(
            options=[(control.label, name) for name, control in lab.parameters.controls().items()],
            description="hide in the link", rows=4,
        )  # fmt: skip
        sizes = [(f"{width} pixels wide", width) for width in _WIDTHS]
        self._width = widgets.Dropdown(options=sizes, description="size")
        self._files = html('<p role="status">A file is made of what the page shows now.</p>', "files")
        makes = [button(label, partial(self._offer, suffix)) for label, suffix in self._offers().items()]
        self._hide.observe(lambda _: self.follow(), "value")
        keep = column((classed(self._width, "size"), row(makes, "makes"), self._files))
        self.widget = row((column((self._link, classed(self._hide, "hide"))), keep), "share")

    def _offers(self) -> Mapping[str, str]:
        code = {"Code (NumPy, PyTorch)": ".py"} if has_scripts(self._lab) else {}
        return {"PNG": ".png", "SVG": ".svg", "Numbers (CSV)": ".csv", "State (JSON)": ".json", **code}

    def follow(self) -> None:
        """Say the link of the present state."""
        state = self._state()
        target = f"{self._lab.key}.ipynb?{query(state)}"
        labels = " or ".join(f"“{action.label}”" for action in self._lab.actions)
        missing = f"<p>What {escape(labels)} did is not in the link.</p>" if self._disturbed() else ""
        put(self._link, _link(target, self._lab.key, query(state)) + missing)

    def _state(self) -> State:
        state = self._shown()[0]
        return replace(state, hidden=tuple(dict.fromkeys((*state.hidden, *self._hide.value))))

    def _offer(self, suffix: str) -> None:
        """Make the files and offer them, or say why not."""
        try:
            files = self._made(suffix)
        except ValueError as error:
            put(self._files, alert(f"Not made: {error}."))
            return
        put(self._files, f'<p role="status">{" ".join(_anchor(name, data) for name, data in files.items())}</p>')

    def _made(self, suffix: str) -> dict[str, bytes]:
        _, result, pins = self._shown()
        state = self._state()
        name = self._lab.key + suffix
        if suffix == ".csv":
            return {name: numbers(self._figure()).encode()}
        if suffix == ".json":
            return {name: state_file(self._lab, state, __version__).encode()}
        if suffix == ".py":
            return {file: text.encode() for file, text in scripts(self._lab, state.parameters).items()}
        return {name: drawn(self._lab, result, suffix, self._width.value, pins)}


def _anchor(name: str, data: bytes) -> str:
    kind = _TYPES["." + name.rsplit(".", 1)[1]]
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return f'<a class="labkit-file" download="{escape(name)}" href="{source}">Save {escape(name)}</a>'


def _link(target: str, key: str, text: str) -> str:
    """The link, and the same for a notebook and for a command line."""
    link = f'<a class="labkit-address" href="{escape(target)}" target="_blank" rel="noopener">Link to what is shown</a>'
    lines = (f'labkit.show("{key}", "{text}")', f"labkit render --from-link '{target}' --output {key}.svg")
    copy = '<button type="button" class="labkit-copy">Copy the link</button>'
    return f"<p>{link} {copy}</p>" + "".join(f"<code>{escape(line)}</code>" for line in lines)
