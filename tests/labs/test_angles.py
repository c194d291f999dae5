import numpy as np
import pytest

import labkit
from labkit.labs.angles import LAB, Angles, compute, directions, explain
from labkit.labs.parameters import ParameterError


def test_opens_on_he_relu_with_the_inputs_spread_over_half_a_circle():
    he = labkit.Network(activation="relu", initializer="he_normal", depth=10, width=100, batch=5, std=0.1, seed=0)
    assert Angles().network() == he
    np.testing.assert_allclose(compute(Angles()).degrees[0], [45, 90, 135, 180], atol=1e-5)


def test_theory_of_the_default_is_the_published_collapse():
    said = compute(Angles()).theory[:, 1]  # the input at 90 degrees
    np.testing.assert_allclose(said[[0, 1, 2, 3, 10]], [0, 0.318, 0.494, 0.605, 0.872], atol=5e-4)


def test_measures_what_the_public_trace_holds():
    result = compute(Angles(depth=4, angle=60, inputs=3))
    assert result.cosines.shape == (5, 3, 3)
    assert result.std.shape == (4,)
    assert result.theory.shape == (5, 2)
    np.testing.assert_allclose(result.degrees[0], [30, 60], atol=1e-5)


def test_the_layer_shown_follows_the_depth_and_stays_within_it():
    assert Angles(depth=7).layer == 7
    with pytest.raises(ParameterError, match=r"layer shown must lie in \[0, 7\]"):
        Angles(depth=7, layer=8)


def test_layer_0_shows_the_inputs_where_they_were_laid():
    shown = directions(compute(Angles(layer=0, angle=90, inputs=3)))
    np.testing.assert_allclose(shown.now, shown.start, atol=1e-7)
    np.testing.assert_allclose(shown.start, [[0.5**0.5, 0.5**0.5], [0, 1], [-(0.5**0.5), 0.5**0.5]], atol=1e-7)
    assert shown.kept == pytest.approx(1)


def test_std_is_given_by_an_initializer_that_takes_none():
    std = Angles.controls()["std"]
    assert std.given(Angles(initializer="normal")) is None
    assert std.given(Angles(initializer="he_normal", width=50)) == pytest.approx(0.2)


def test_caption_says_the_numbers():
    result = compute(Angles())
    text = explain(result)
    assert text.startswith("ReLU, He, weight std 0.141: inputs 1 and 5 start 180° apart")
    assert f"are {result.degrees[-1, -1]:.0f}° apart in layer 10" in text
    assert "(theory: kept at 0.826)" in text
    assert "all angles run to 0° (correlation c* = 1), more slowly than any exponential" in text


def test_caption_names_the_end_and_its_depth_scale():
    text = explain(compute(Angles(activation="tanh", initializer="normal", std=0.2, bias_std=0.3, depth=3)))
    assert "c* = 0.264 of the pre-activations" in text
    assert "falling by e in 6.65 layers" in text


def test_a_linear_network_is_said_to_keep_angles():
    assert "keep whatever angle" in explain(compute(Angles(activation="identity", initializer="orthogonal")))


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"activation": "softmax"}, "mixes the units"), ({"initializer": "ones"}, "nonzero mean"),
     ({"initializer": "zeros"}, "all zero")],
)  # fmt: skip
def test_no_theory_is_drawn_where_there_is_none(values, reason):
    result = compute(Angles(**values))
    assert result.theory is result.std_theory is result.end is None
    assert "No theory is drawn: " in explain(result)
    assert reason in explain(result)
    view = LAB.view()
    view.update(result)
    assert not any(line.get_visible() for line in view._angles._theory)
    assert not view._angles._goal.get_visible()


def test_a_dead_image_has_no_angle():
    text = explain(compute(Angles(initializer="zeros")))
    assert "in layer 10 there is no angle left to measure" in text


def test_your_own_formula_gets_theory():
    result = compute(Angles(formula="x * tanh(softplus(x))", depth=3))
    assert np.isfinite(result.theory).all()


@pytest.mark.parametrize(
    "values",
    [{}, {"width": 20}, {"activation": "tanh", "initializer": "lecun_normal"}, {"activation": "sigmoid", "inputs": 2}],
    ids=str,
)
def test_the_band_of_std_holds_95_percent_of_the_seeds(values):
    """40 seeds: 3 binomial standard errors of 0.034, layers of one network being correlated."""
    inside = []
    for seed in range(40):
        result = compute(Angles(seed=seed, **values))
        inside.append((result.band.low <= result.std) & (result.std <= result.band.high))
    assert np.mean(inside) > 0.95 - 3 * 0.034


@pytest.mark.parametrize(
    "values",
    [{"initializer": "orthogonal"}, {"width": 10}, {"activation": "tanh", "initializer": "normal", "std": 10.0}],
    ids=str,
)
def test_no_band_is_drawn_where_its_formula_does_not_hold(values):
    result = compute(Angles(**values))
    assert np.isnan(result.band.low).all()
    assert np.isfinite(result.std_theory).all()
    assert "the formula of its band does not hold here" in explain(result)
    view = LAB.view()
    view.update(result)
    view.figure.canvas.draw()
    assert "does not hold" not in explain(compute(Angles()))


def test_orthogonal_linear_layers_keep_every_angle_as_theory_says():
    result = compute(Angles(activation="identity", initializer="orthogonal", width=20, angle=90))
    np.testing.assert_allclose(result.cosines[:, 0, 1:], result.theory, atol=1e-9)
