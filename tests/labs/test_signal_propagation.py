import numpy as np
import pytest

import labkit
from labkit.labs.signal_propagation import LAB, SignalPropagation, compute, explain


def test_opens_on_tanh_with_std_1_at_the_books_size():
    book = labkit.Network(activation="tanh", initializer="normal", std=1.0, depth=5, width=100, batch=1000, seed=0)
    assert SignalPropagation().network() == book


@pytest.mark.parametrize("show", ["post", "pre", "grad_pre", "grad_weights"])
def test_computes_what_the_public_functions_compute(show):
    parameters = SignalPropagation(show=show, depth=3, batch=100)
    stats = compute(parameters).statistics
    full = labkit.summarize(labkit.propagate(parameters.network()))
    np.testing.assert_array_equal(stats.std, full.std)
    np.testing.assert_array_equal(stats.grad_rms, full.grad_rms)
    np.testing.assert_array_equal(stats.saturated, full.saturated)
    shown = getattr(stats, show)
    assert shown.counts.sum() == getattr(full, show).size.sum()


def test_histogram_limits_of_a_bounded_activation_stand_still():
    edges = [compute(SignalPropagation(std=std, depth=2, batch=50)).statistics.post.edges for std in (0.01, 10)]
    np.testing.assert_array_equal(*edges)
    assert edges[0][[0, -1]].tolist() == [-1, 1]


def test_std_is_given_by_an_initializer_that_takes_none():
    std = SignalPropagation.controls()["std"]
    assert std.given(SignalPropagation(initializer="normal")) is None
    assert std.given(SignalPropagation(initializer="he_normal", width=50)) == pytest.approx(0.2)
    assert std.given(SignalPropagation(initializer="zeros")) == 0


@pytest.mark.parametrize(("std", "name"), [(0.1, "LeCun"), (0.1414, "He"), (0.12, "")])
def test_std_is_named_where_it_is_that_of_a_scheme(std, name):
    note = SignalPropagation.controls()["std"].note(SignalPropagation(std=std))
    assert (name in note) if name else note == ""


def test_alpha_is_shown_only_where_the_activation_has_one():
    alpha = SignalPropagation.controls()["alpha"]
    assert alpha.shown(SignalPropagation(activation="leaky_relu"))
    assert not alpha.shown(SignalPropagation(activation="relu"))


def test_a_loss_needs_labels_and_is_left_alone_without_them():
    assert SignalPropagation(gradient_source="loss").network().gradient_source == "cotangent"
    assert SignalPropagation(gradient_source="loss", dataset="mnist_small").network().gradient_source == "loss"


def test_caption_says_the_numbers_of_the_statistics():
    result = compute(SignalPropagation(activation="relu", initializer="he_normal"))
    stats, text = result.statistics, explain(result)
    assert text.startswith("ReLU, He, weight std 0.141")
    assert f"{stats.std[0]:.3f} → {stats.std[-1]:.3f}" in text
    assert f"{100 * stats.inactive[-1]:.0f} % are exactly 0" in text


def test_caption_names_overflow_and_zero():
    huge = {"activation": "identity", "std": 100.0, "depth": 100, "width": 300, "batch": 2, "input_scale": 100.0}
    overflow = explain(compute(SignalPropagation(**huge)))
    assert "overflowed" in overflow
    zero = explain(compute(SignalPropagation(std=0.0, depth=100)))
    assert "std goes 0 → 0" in zero


def test_too_large_a_network_is_refused_with_what_to_lower():
    with pytest.raises(ValueError, match=r"lower depth \(100\), width \(1000\) or batch \(10000\)"):
        LAB.result(SignalPropagation(depth=100, width=1000, batch=10_000))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Dashed: mean-field theory, with the band of 95 % of the seeds"),
        ({"initializer": "orthogonal"}, "Dashed: mean-field theory, no band: orthogonal weights are not drawn"),
        ({"initializer": "ones"}, "No theory is drawn: the weights have a nonzero mean"),
        ({"dataset": "mnist_small", "gradient_source": "loss"}, "No theory is drawn for the gradient: "),
    ],
    ids=str,
)
def test_caption_says_what_is_drawn_of_theory(values, said):
    result = compute(SignalPropagation(**values))
    assert said in explain(result)
    view = LAB.view()
    view.update(result)
    view.figure.canvas.draw()


def test_caption_speaks_of_no_share_where_no_value_is_finite():
    text = explain(compute(SignalPropagation(formula="log(x)", depth=3, batch=50)))
    assert "In layer 3 no value is a finite number" in text
    assert "saturated" not in text
