"""Every scene of every lab, drawn: no text leaves the picture, and no number that is none is said as one."""

import re

import pytest
from matplotlib.text import Text

from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.labs.lab import Preset
from labkit.server.settings import dashboard_config

LONG = "x * tanh(softplus(x)) + 0.25 * sin(3 * x) / (1 + exp(-x))"
TICKS = 4  # of a lab that moves
SLACK = 1  # pixel: an extent is that of the letters' box, not of their ink


def scenes():
    for key, lab in LABS.items():
        own = [Preset("own", "", {"formula": LONG})] if "formula" in lab.parameters.controls() else []
        for preset in (Preset("default", "", {}), *lab.presets, *own):
            yield pytest.param(lab, preset.values, id=f"{key}: {preset.name}")


def results(lab, values):
    """What the page shows of these values: at once, and after some ticks."""
    parameters = lab.parameters.of(values)
    if lab.motion is None:
        yield lab.compute(parameters)
        return
    state = lab.motion.start(parameters)
    yield lab.motion.show(state, parameters)
    for _ in range(TICKS):
        state = lab.motion.advance(state, 0.03)
    while not lab.motion.steps(state)[0]:
        state = lab.motion.advance(state, 0.03)
    yield lab.motion.show(state, parameters)


def texts(figure):
    """The texts that are drawn; of an axis's labels only those of ticks within its limits."""
    undrawn = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            drawn = {label for tick in axis._update_ticks() for label in (tick.label1, tick.label2)}
            undrawn |= set(axis.findobj(Text)) - drawn - {axis.label, axis.offsetText}
    return [t for t in figure.findobj(Text) if t not in undrawn and t.get_visible() and t.get_text().strip()]


def outside(figure):
    width, height = figure.canvas.get_width_height()
    found = []
    for text in texts(figure):
        box = text.get_window_extent()
        if min(box.x0, box.y0) < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK:
            found.append((text.get_text(), [round(edge) for edge in box.extents]))
    return found


@pytest.fixture(autouse=True)
def as_little_memory_as_a_visitor_has(monkeypatch):
    monkeypatch.setenv("LABKIT_MEMORY_MIB", dashboard_config([]).LabKernelManager.memory_mib)


@pytest.mark.parametrize(("lab", "values"), list(scenes()))
def test_every_scene_is_drawn_whole_and_said_in_numbers(lab, values):
    view = lab.view()
    canvas = LiveCanvas(view.figure)
    for result in results(lab, values):
        view.update(result)
        canvas.render()
        assert outside(view.figure) == []
        said = [lab.explain(result), *(text.get_text() for text in texts(view.figure))]
        assert [each for each in said if re.search(r"\b(nan|inf)\b", each)] == []


def test_a_text_that_leaves_the_picture_is_found():
    lab = LABS["softmax"]
    view = lab.view()
    view.update(lab.compute(lab.parameters()))
    canvas = LiveCanvas(view.figure)
    canvas.render()
    assert outside(view.figure) == []
    view.figure.axes[0].text(1.0, 0.5, "far out to the right of it all", transform=view.figure.transFigure)
    canvas.render()
    assert [text for text, _ in outside(view.figure)] == ["far out to the right of it all"]
