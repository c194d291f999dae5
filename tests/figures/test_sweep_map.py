"""A sweep's map: words along its axes are read whole, or cut where they would meet."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from labkit.figures.slice_curve import Levels, Slice
from labkit.figures.sweep_map import Map, SweepView

WORDS = ("normal (std)", "uniform", "LeCun normal", "LeCun uniform", "LeCun: the book's Xavier", "GELU (tanh form)")
NUMBERS = ("0.01176", "0.02233", "0.04344", "0.08308", "0.1609", "0.3028")
KINDS = (Levels("initializer", WORDS), Levels("init std", NUMBERS))


def shown(across: Levels, up: Levels) -> SweepView:
    shape = len(up.words), len(across.words)
    view, values = SweepView(), np.linspace(1, 2, shape[0] * shape[1]).reshape(shape)
    made = Map("mine", "RMS of h", "RMS", across, up, values, (1.0, 2.0), False)
    view.show(made, (0, 0), *(Slice("x 1", each, each, each, None) for each in (values[0], values[:, 0])))
    FigureCanvasAgg(view.figure).draw()
    return view


@pytest.mark.parametrize("across", KINDS, ids=lambda levels: levels.label)
@pytest.mark.parametrize("up", KINDS, ids=lambda levels: levels.label)
def test_words_stay_in_the_picture_and_apart(across: Levels, up: Levels) -> None:
    view = shown(across, up)
    for axes in view.figure.axes[:1] + view.figure.axes[2:]:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
        assert all(a.x1 < b.x0 for a, b in pairwise(boxes)), [x.get_text() for x in axes.get_xticklabels()]
        names = [*axes.get_yticklabels(), axes.yaxis.label, *axes.get_xticklabels()]
        assert [name.get_text() for name in names if name.get_text() and name.get_window_extent().x0 < 0] == []


def test_a_map_of_numbers_has_its_place_back() -> None:
    view = shown(*KINDS)
    wide = view.figure.axes[0].get_position()
    other = shown(KINDS[0], KINDS[0]).figure.axes[0].get_position()
    assert other.x0 > wide.x0
    assert np.isclose(other.x1, wide.x1)
