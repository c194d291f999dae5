from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text

from labkit.figures.activation_pages import PAGES
from labkit.figures.canvas import LiveCanvas
from labkit.figures.functions import STYLES
from labkit.figures.intervals import interval, signed
from labkit.figures.property_table import cells, fitted, mathtext
from labkit.labs.activation_functions import LAB, ActivationFunctions, compute
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.approximation import MOST, TARGETS
from labkit.nn.formula import parse
from labkit.nn.portrait import portrait

KEYS = list(ACTIVATIONS)
SIX = [tuple(KEYS[i : i + 6]) for i in range(0, len(KEYS), 6)]


def shown(**values):
    view = LAB.view()
    view.update(compute(ActivationFunctions(**values)))
    return view


def alphas(keys):
    return next((ACTIVATIONS[key].alpha.default for key in keys if ACTIVATIONS[key].alpha), 0.01)


def check_inside(view):
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox()
        texts = [text.get_window_extent() for text in axes.texts if text.get_text()]
        for box in (tight, *texts) if tight.width else texts:
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1


@pytest.mark.parametrize("keys", SIX, ids="-".join)
@pytest.mark.parametrize("key", ["functions", "properties"])
def test_six_functions_and_a_long_formula_fit_the_picture(keys, key):
    formula = "where(x > 0, x, alpha * x) + 0.25 * sin(x) * exp(-x * x)"
    check_inside(shown(view=key, activations=keys, alpha=alphas(keys), formula=formula))


@pytest.mark.parametrize("key", PAGES)
def test_every_page_fits_the_picture(key):
    check_inside(shown(view=key))


MOVES = {
    "functions": [{"alpha": alpha} for alpha in (0.01, 0.03, 0.05)],
    "properties": [{"alpha": alpha} for alpha in (0.01, 0.2, 0.9)],
    "step": [{"steepness": k} for k in (0.5, 1.0, 4.0)],
    "approximation": [{"relus": n} for n in (1, 2, 7, 64)],
    "outputs": [{"logit": z} for z in (-6.0, 0.3, 6.0)],
}


@pytest.mark.parametrize("key", PAGES)
def test_a_moving_slider_redraws_no_background(key):
    view = LAB.view()
    canvas = frames = None
    for move in MOVES[key]:
        view.update(compute(ActivationFunctions(view=key, **move)))
        canvas = canvas or LiveCanvas(view.figure)
        frames = [*(frames or []), canvas.render()]
    assert canvas.full_draws == 1
    assert len(set(frames)) == len(frames)


def test_over_the_whole_of_alpha_the_background_is_redrawn_a_few_times_at_most():
    view = LAB.view()
    canvas = LiveCanvas(view.figure)
    for alpha in np.linspace(0, 1, 41):
        view.update(compute(ActivationFunctions(alpha=float(alpha))))
        canvas.render()
    assert canvas.full_draws <= 4


def test_lines_are_the_functions_and_those_not_chosen_are_hidden():
    view = shown(activations=("tanh", "relu"))
    rows = view.page.rows
    assert [row.value.get_visible() for row in rows] == [True, True, False, False, False, False, False]
    z, value = rows[0].value.get_data()
    np.testing.assert_allclose(value, np.tanh(z))
    np.testing.assert_allclose(rows[0].bar.get_xdata(), [-np.arccosh(10), np.arccosh(10)])
    assert rows[1].right.get_visible()
    assert not rows[1].left.get_visible()


def test_curves_differ_by_dash_or_color_both():
    assert len({color for color, _ in STYLES}) == len(STYLES)
    assert len({str(dash) for _, dash in STYLES[:-1]}) == len(STYLES) - 1


def test_a_capped_function_is_seen_whole_and_an_endless_one_to_half_the_reach():
    assert shown(activations=("leaky_relu6",)).page.panels[0].get_ylim()[1] >= 6
    assert shown(activations=("relu6",)).page.panels[0].get_ylim()[1] >= 6
    assert shown(activations=("relu",)).page.panels[0].get_ylim()[1] == pytest.approx(4, abs=0.2)


@pytest.mark.parametrize("reach", [2, 8, 20])
@pytest.mark.parametrize("formula", ["-x", "abs(x)", "sin(x)", "x**2", "-x**2", "1/x", "-3*relu(x)", "9.99*x", "0*x"])
def test_every_slope_lies_on_its_axis_or_the_share_that_does_not_is_said(formula, reach):
    result = compute(ActivationFunctions(activations=("tanh", "silu"), alpha=1.0, formula=formula, reach=reach))
    view = LAB.view()
    view.update(result)
    low, high = view.page.panels[1].get_ylim()
    remarks = []
    for function in result.shown[0]:
        slope = function.slope[~np.isnan(function.slope)]
        if beyond := np.mean((slope < low) | (slope > high)):
            remarks.append(f"{function.label}: {100 * beyond:.0f} % lies outside")
    assert view.page.remark.get_text() == "\n".join(remarks)
    assert not remarks or max(-low, high) > 10
    assert not remarks or formula in ("x**2", "-x**2", "1/x")


def test_a_function_without_bounds_or_values_is_drawn_all_the_same():
    long = "x**2 + alpha * sin(x) * exp(-x * x) + 1"
    for formula in (long, "exp(exp(x))", "1/x", "log(x)", "1e99*x**3", "where(x>0,1e99,-1e99)"):
        check_inside(shown(activations=("tanh",), formula=formula))


def test_cells_say_the_properties():
    relu, tanh, softmax = (cells(portrait(ACTIVATIONS[key])) for key in ("relu", "tanh", "softmax"))
    assert relu == ["0 to ∞", "0 to ∞", "no\nmean 0.4", "z < 0", "1.414", "1.414", "no: bends\nat 0", "1 × ReLU"]
    assert tanh[:7] == ["−1 to 1", "−2.99 to 2.99", "yes", "z < −2.09\nz > 2.09", "1.593", "1.467", "yes"]
    assert tanh[7].endswith("× ReLU")
    assert softmax[2] == "–"
    assert cells(portrait(parse("step(x)")))[6] == "no: jumps\nat 0"


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_every_formula_can_be_drawn(key):
    text, size = fitted(ACTIVATIONS[key].formula, 200)
    assert text
    assert size >= 6


def test_a_formula_that_matplotlib_cannot_read_is_left_out():
    assert fitted(r"\nonsense{z}", 200)[0] == ""
    assert mathtext(r"\tfrac18") == r"$\frac{1}{8}$"


def test_intervals_read_well():
    assert interval(-np.inf, np.inf) == "everywhere"
    assert interval(-6, np.inf) == "−6 to ∞"
    assert interval(np.nan, np.nan) == "nowhere"
    assert signed(-np.inf) == "−∞"


def test_the_sum_of_the_terms_is_the_curve_and_the_point_is_its_error():
    page = shown(view="approximation", target="sine", relus=8).page
    assert len(page.terms.get_segments()) == 8
    z, total = page.total.get_data()
    knots, at = page.knots.get_data()
    np.testing.assert_allclose(at, np.sin(knots), atol=1e-12)
    _, target = page.target.get_data()
    assert page.here.get_ydata()[0] == pytest.approx(np.abs(total - target).max(), rel=1e-3)
    assert z[0] == -6


@pytest.mark.parametrize("target", TARGETS)
def test_the_error_and_the_point_at_every_n_lie_on_their_axis(target):
    page = shown(view="approximation", target=target).page
    found = page.curve.get_ydata()
    low, high = page.curve.axes.get_ylim()
    assert len(found) == MOST
    assert low < np.min(found[found > 0], initial=high)  # zeros have a mark at the edge
    assert np.nanmax(found, initial=low) < high


def test_outputs_of_softmax_sum_to_one_at_the_point():
    columns = shown(view="outputs", logit=-3.0).page.columns
    assert sum(columns[2].points.get_ydata()) == pytest.approx(1)
    assert columns[1].gradient.get_ydata()[0] == pytest.approx(1 / (1 + np.exp(3)) - 1)


@pytest.mark.parametrize("keys", SIX, ids="-".join)
def test_columns_of_the_table_do_not_run_into_each_other(keys):
    view = shown(view="properties", activations=keys, alpha=alphas(keys), formula="where(x > 0, x, alpha*sin(x))")
    LiveCanvas(view.figure).render()
    for row, formula, name in zip(view.page.cells, view.page._formulas, view.page._names, strict=True):
        texts = [name, *row]
        for text, following in zip(texts, [*row, None], strict=True):
            right = text.get_window_extent().x1 if text.get_text() else 0
            assert right <= (following.get_window_extent().x0 if following else view.figure.bbox.width)
        assert formula.get_window_extent().x1 <= row[0].get_window_extent().x0


@pytest.mark.parametrize("keys", SIX, ids="-".join)
def test_formulas_stand_between_their_name_and_the_next_row(keys):
    view = shown(view="properties", activations=keys, alpha=alphas(keys))
    LiveCanvas(view.figure).render()
    rules = [line.get_ydata()[0] * view.figure.bbox.height for line in view.page._rules]
    for formula, name, below in zip(view.page._formulas, view.page._names, [*rules[1:], 0], strict=True):
        if formula.get_text():
            assert formula.get_window_extent().y1 + 3 <= name.get_window_extent().y0  # pixels of air
            assert formula.get_window_extent().y0 >= below


@pytest.mark.parametrize("formula", ["log(x)", "min(max(alpha*x, x), 6)"])
def test_no_two_texts_of_the_table_touch(formula):
    values = {"view": "properties", "activations": ("sigmoid", "softmax"), "formula": formula}
    view = LAB.view()
    view.update(LAB.compute(LAB.parameters.of(values)))
    LiveCanvas(view.figure).render()
    texts = [text for text in view.figure.findobj(Text) if text.get_text() and text.axes.get_visible()]
    boxes = [text.get_window_extent() for text in texts]
    touching = [
        (texts[i].get_text(), texts[j].get_text()) for i, j in combinations(range(len(boxes)), 2)
        if boxes[i].overlaps(boxes[j])
    ]  # fmt: skip
    assert touching == []
