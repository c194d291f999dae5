import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.figures.chain import ChainView, Factors


def signed(values):
    values = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore"):
        return np.array([np.sign(values), np.log10(np.abs(values))])


def shown(depth=4, slope=0.25, **changes):
    weights = np.resize([2.0, -0.5], depth)
    slopes = np.full(depth, slope)
    back = np.append(np.cumprod((weights * slopes)[::-1])[::-1], 1.0)
    values = {
        "x": 1.0, "post": np.linspace(0, 1, depth), "saturated": np.arange(depth) == 1, "weights": signed(weights),
        "slopes": signed(slopes), "grad_post": signed(back), "grad_weights": signed(back[1:] * 0.1), "layer": 2,
    }  # fmt: skip
    return Factors(**{**values, **changes})


def made(**changes):
    view = ChainView()
    view.update(shown(**changes))
    return view


def test_bars_have_the_logarithms_as_height_and_negative_ones_are_hollow():
    view = made()
    assert [bar.get_height() for bar in view.bars[0].bars] == pytest.approx(np.log10([2, 0.5, 2, 0.5]))
    hollow = [bar.get_facecolor()[:3] == (1, 1, 1) for bar in view.bars[0].bars]
    assert hollow == [False, True, False, True]
    assert [text.get_text() for text in view.bars[0].texts] == ["2", "−0.5", "2", "−0.5"]


def test_the_product_is_shown_with_its_sign():
    view = made()
    assert view.product.get_text() == "dC/dx = 0.00391"
    positive, negative = view.running.points  # from the right: 1, -1/8, -1/16, 1/128, 1/256
    assert positive.get_xdata().tolist() == [0, 1, 4]
    assert positive.get_ydata() == pytest.approx(np.log10([1 / 256, 1 / 128, 1]))
    assert negative.get_xdata().tolist() == [2, 3]
    assert negative.get_ydata() == pytest.approx(np.log10([1 / 16, 1 / 8]))


def test_zero_is_marked_at_the_edge():
    slopes = np.array([0.25, 0.25, 0.0, 0.25])
    view = made(slopes=signed(slopes), grad_post=signed([0, 0, 0, 0.5, 1]), grad_weights=signed([0, 0, 0, 1]))
    assert view.bars[1].zeros.get_xdata() == pytest.approx([3.2])
    assert view.bars[1].texts[2].get_text() == "0"
    assert view.running.zeros[0].get_xdata().tolist() == [0, 1, 2]
    assert view.product.get_text() == "dC/dx = 0"


def test_what_is_not_finite_is_marked_as_such():
    back = np.array([[np.nan, 1, 1, 1, 1], [np.nan, np.inf, 0, 0, 0]])
    view = made(grad_post=back)
    assert view.running.nonfinite[0].get_xdata().tolist() == [0, 1]
    assert view.product.get_text() == "dC/dx = not a number"


def test_a_saturated_unit_has_the_thick_ring():
    view = made()
    assert view.units.shut.get_xdata().tolist() == [2]
    assert view.units.open.get_xdata().tolist() == [1, 3, 4]


def test_the_path_before_the_shift_is_dashed_only_when_there_is_one():
    assert not made().running.before.get_visible()
    view = made(before=signed([0.1, 0.2, 0.3, 0.5, 1]))
    assert view.running.before.get_visible()
    assert view.running.before.get_ydata() == pytest.approx(np.log10([0.1, 0.2, 0.3, 0.5, 1]))


def test_moving_factors_leave_the_background_alone():
    view = ChainView()
    canvas = LiveCanvas(view.figure)
    frames = []
    for slope in (0.25, 0.01, 1e-6):
        view.update(shown(slope=slope))
        frames.append(canvas.render())
    assert canvas.full_draws == 1
    assert len(set(frames)) == 3
