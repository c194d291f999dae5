"""A lab's picture in a file, without a page: for slides, for papers, for the README."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import rc_context

from labkit.figures.live_text import LiveText
from labkit.figures.outlines import Outlines
from labkit.labs.lab import Lab, View

FORMATS = (".png", ".svg", ".pdf")
WIDTHS = 200, 8000
"""The least and the largest width in pixels; a vector picture takes its proportions from it."""
_FONTS: Any = {"svg.fonttype": "path", "pdf.fonttype": 42}  # letters as outlines, or the font in the file


def result_at(lab: Lab, parameters: Any, steps: int = 0) -> Any:
    """The result that a lab shows; of one that moves by itself after `steps` steps, or as many as there are."""
    if lab.motion is None:
        return lab.compute(parameters)
    return lab.motion.show(lab.motion.reach(lab.motion.start(parameters), steps), parameters)


def save(lab: Lab, result: Any, file: Path, width: int, pins: Sequence[Any] = ()) -> None:
    """Draw a result into a file of one of the FORMATS, others as outlines. ValueError names what does not fit."""
    if file.suffix.lower() not in FORMATS:
        raise ValueError(f"the output must end in {', '.join(FORMATS)}, got {file.name!r}")
    file.write_bytes(drawn(lab, result, file.suffix.lower(), width, pins))


def drawn(lab: Lab, result: Any, suffix: str, width: int, pins: Sequence[Any] = ()) -> bytes:
    """A result as a picture of one of the FORMATS, letters included; ValueError where the width is out of bounds."""
    low, high = WIDTHS
    if not low <= width <= high:
        raise ValueError(f"the width must lie in [{low}, {high}] pixels, got {width}")
    view, *others = [_view(lab, each) for each in (result, *pins)]
    outlines = Outlines(view.figure)
    outlines.update([other.figure for other in others], key=True)
    for artist in outlines.artists:
        assert artist.axes is not None
        artist.axes.add_artist(artist)
    for text in view.figure.findobj(LiveText) if outlines.artists else ():
        text.set_zorder(7)  # above the outlines, as on the page
    for axes in view.figure.axes:
        axes.set_animated(False)  # axes that move as a whole on the page are left out of a file
    file = BytesIO()
    with rc_context(_FONTS):
        view.figure.savefig(file, format=suffix.removeprefix("."), dpi=width / view.figure.get_figwidth())
    return file.getvalue()


def _view(lab: Lab, result: Any) -> View:
    view = lab.view()
    view.update(result)
    return view
