"""Outlines of other states on every lab's picture."""

from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from labkit.figures.canvas import LiveCanvas
from labkit.figures.frames import Frame
from labkit.figures.ghosts import LOOKS, rebinned
from labkit.figures.outlines import Outlines, data_of, title_of
from labkit.labs import LABS
from labkit.labs.drawing import drawn, result_at

# of the labs that train, one in every run
EACH_LAB = [
    pytest.param(lab, id=key, marks=pytest.mark.long if lab.motion and key != "symmetry" else ())
    for key, lab in LABS.items()
]


def pixels(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def shown(lab, values, steps=1):
    view = lab.view()
    view.update(result_at(lab, lab.parameters.of(values), steps))
    return view


def some(lab):
    """The defaults, and three scenes of a lab."""
    presets = [preset.values for preset in lab.presets]
    return [{}, *(presets[i] for i in sorted({0, len(presets) // 2, len(presets) - 1}))]


def holds(frame, other):
    pairs = zip(frame.limits, other.limits, strict=True)
    return all(min(own) <= min(its) and max(own) >= max(its) for own, its in pairs)


def pin_and_unpin(lab, scenes):
    views = [shown(lab, values) for values in scenes]
    view, others = views[0], [each.figure for each in views[1:]]
    canvas, outlines = LiveCanvas(view.figure), Outlines(view.figure)
    plain = pixels(canvas.render())
    before = {axes: Frame.of(axes) for axes in view.figure.axes}
    for count in range(1, len(others) + 1):
        outlines.update(others[:count], count)
        canvas.over = outlines.artists
        canvas.render(outlines.look)
        for axes in view.figure.axes:
            assert holds(Frame.of(axes), before[axes])
            for other in others[:count]:
                same = [there for there in other.axes if title_of(axes) == title_of(there) != ""]
                assert all(holds(Frame.of(axes), Frame.of(there)) for there in same[:1])
    outlines.update([], 0)
    assert outlines.artists == []
    assert {axes: Frame.of(axes) for axes in view.figure.axes} == before
    canvas.over = ()
    np.testing.assert_array_equal(pixels(canvas.render()), plain)


@pytest.mark.parametrize("lab", EACH_LAB)
def test_pins_widen_the_limits_and_leave_no_trace(lab):
    pin_and_unpin(lab, some(lab))


@pytest.mark.long
@pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
def test_every_scene_can_be_pinned_on_the_next(lab):
    scenes = [{}, *(preset.values for preset in lab.presets)]
    for place in range(len(scenes)):
        pin_and_unpin(lab, [scenes[(place + i) % len(scenes)] for i in range(4)])


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
def test_every_lab_has_something_to_outline(lab):
    view = shown(lab, {})
    outlines = Outlines(view.figure)
    outlines.update([shown(lab, {}).figure], 1)
    assert any(isinstance(artist, Line2D) for artist in outlines.artists)
    assert any(data_of(axes) for axes in view.figure.axes)


def test_what_the_view_sets_while_pinned_is_what_comes_back():
    """Though it be what the outlines had made of the axes."""
    lab = LABS["signal_propagation"]
    view, pinned = shown(lab, {"std": 0.1}), shown(lab, {"std": 0.01})
    outlines = Outlines(view.figure)
    outlines.update([pinned.figure], 1)
    view.update(lab.compute(lab.parameters(std=0.01)))
    outlines.update([pinned.figure], 1)
    outlines.update([], 0)
    assert [Frame.of(axes) for axes in view.figure.axes] == [Frame.of(axes) for axes in pinned.figure.axes]


def test_limits_set_again_to_what_they_were_made_are_the_views_own():
    figures = [Figure(), Figure()]
    first, second = (figure.add_subplot(title="same") for figure in figures)
    first.set_ylim(0, 1)
    second.set_ylim(0, 2)
    outlines = Outlines(figures[0])
    outlines.update(figures[1:], 1)
    assert first.get_ylim() == (0, 2)
    first.set_ylim(0, 2)
    outlines.update(figures[1:], 1)
    outlines.update([], 0)
    assert first.get_ylim() == (0, 2)


def test_an_outline_is_the_other_states_curve():
    lab = LABS["signal_propagation"]
    view, pinned = shown(lab, {"depth": 5}), lab.compute(lab.parameters(depth=7))
    other = lab.view()
    other.update(pinned)
    outlines = Outlines(view.figure)
    outlines.update([other.figure], 1)
    axes = next(axes for axes in view.figure.axes if title_of(axes) == "std of the activations h")
    ghost = next(artist for artist in outlines.artists if artist.axes is axes and len(artist.get_xdata()) == 7)
    std = pinned.statistics.std
    np.testing.assert_array_equal(ghost.get_ydata(), std)
    assert axes.get_xlim()[1] >= 7


def test_own_data_is_seen_beside_an_outline():
    lab = LABS["signal_propagation"]
    view = shown(lab, {"std": 0.1})
    canvas, outlines = LiveCanvas(view.figure), Outlines(view.figure)
    outlines.update([shown(lab, {"std": 0.3}).figure], 1)
    plain = pixels(canvas.render())
    canvas.over = outlines.artists
    over = pixels(canvas.render())
    blue = (plain == (0x00, 0x72, 0xB2)).all(axis=-1)
    assert blue.sum() > 5000
    assert (over[blue] == (0x00, 0x72, 0xB2)).all(axis=-1).mean() > 0.75  # it crosses the bars
    assert (over != plain).any(axis=-1).sum() > 500


def test_what_was_pinned_stays_where_it_was_while_the_view_moves_on():
    lab = LABS["signal_propagation"]
    view, pinned = shown(lab, {"std": 0.1}), lab.compute(lab.parameters(std=0.1))
    outlines, canvas = Outlines(view.figure), LiveCanvas(view.figure)
    other = shown(lab, {"std": 0.1}).figure
    for std in (0.1, 0.11, 0.12):
        view.update(lab.compute(lab.parameters(std=std)))
        outlines.update([other], 1)
        canvas.over = outlines.artists
        frame = pixels(canvas.render(outlines.look))
        lines = [artist.get_ydata() for artist in outlines.artists if len(artist.get_xdata()) == 5]
        assert any(np.array_equal(line, pinned.statistics.std) for line in lines)
        assert (frame == (0x6A, 0x1B, 0x9A)).all(axis=-1).sum() > 200


def test_theory_is_not_outlined():
    lab = LABS["signal_propagation"]
    view = shown(lab, {})
    labels = {artist.get_label() for axes in view.figure.axes for artist in data_of(axes)}
    assert "measured" in labels
    assert "theory" not in labels


def test_looks_differ_by_dashes_and_by_color():
    for (first, dash), (second, other) in combinations(LOOKS, 2):
        assert dash != other
        assert first != second


def test_no_look_has_a_color_of_a_view():
    looks = {color for color, _ in LOOKS}
    for key in ("signal_propagation", "mnist_comparison", "activation_functions", "softmax"):
        axes = shown(LABS[key], {}).figure.axes
        own = {str(a.get_color()) for each in axes for a in data_of(each) if isinstance(a, Line2D)}
        assert not looks & own


def test_rebinned_keeps_the_whole_and_equals_the_histogram_of_fine_samples():
    rng = np.random.default_rng(0)
    values = rng.uniform(-1, 3, 4000)
    counts, edges = np.histogram(values, bins=80, range=(-1, 3))
    for width in (0.1, 0.25, 0.5, 0.025):
        shares, new = rebinned(counts / 4000, edges, width)
        assert shares.sum() == pytest.approx(1)
        np.testing.assert_allclose(np.diff(new), width)
        if np.isclose(width / 0.05, round(width / 0.05)) and width > 0.05:  # nothing has to be spread
            np.testing.assert_allclose(shares, np.histogram(values, bins=new)[0] / 4000, atol=1.5 / 4000)


def test_a_picture_in_a_file_has_the_outlines():
    lab = LABS["softmax"]
    results = [lab.compute(lab.parameters(temperature=t)) for t in (1.0, 3.0)]
    alone, both = (pixels(drawn(lab, results[0], ".png", 800, pins)) for pins in ((), results[1:]))
    assert alone.shape == both.shape
    assert (alone != both).any(axis=-1).sum() > 200
