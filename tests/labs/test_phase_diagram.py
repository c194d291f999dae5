"""The lab's numbers against closed forms, the literature's reference values and measurement."""

from dataclasses import replace
from math import asin, pi, sqrt

import numpy as np
import pytest

import labkit
from labkit.labs.phase_diagram import LAB, PAIRS, PhaseDiagram, _inputs, compute, measured_pairs
from labkit.labs.phase_result import explain, places
from labkit.nn.cosines import row_cosines
from labkit.nn.draws import Stream, drawn
from labkit.nn.initializers import orthogonal
from labkit.nn.phase_map import CELLS, Phase, PhaseMap, phase_map, plane_end
from labkit.nn.theory import correlations

SMALL = {"depth": 5, "width": 50, "batch": 20}
CRITICAL = LAB.actions[0].values


def preset(name):
    return LAB.parameters.of(next(p.values for p in LAB.presets if p.name == name))


def test_tanh_in_chaos_has_the_reference_values():
    result = compute(preset("tanh, chaotic"))
    end = result.prediction.fixed_point
    assert end.q == pytest.approx(2.253753, abs=5e-7)
    assert end.chi_1 == pytest.approx(1.327070, abs=5e-7)
    assert result.angle.c_star == pytest.approx(0.263895, abs=5e-7)
    assert result.angle.chi_c == pytest.approx(0.860351, abs=5e-7)
    assert result.layers == pytest.approx(6.64826, abs=5e-6)
    text = explain(result)
    for said in ("chaotic", "a signal survives about 6.65 layers", "q* = 2.25", "χ₁ = 1.327", "c* = 0.264"):
        assert said in text


def test_tanh_in_order_has_the_reference_values():
    result = compute(preset("tanh, ordered"))
    assert result.prediction.q_star == pytest.approx(0.607047, abs=5e-7)
    assert result.prediction.chi_1 == pytest.approx(0.939807, abs=5e-7)
    assert result.angle.c_star == 1
    assert result.layers == pytest.approx(16.108, abs=5e-4)
    assert "ordered phase (inputs become alike): a signal survives about 16.1 layers" in explain(result)


def test_critical_of_tanh_is_the_reference_value():
    sigma_w = CRITICAL(PhaseDiagram(sigma_b=sqrt(0.05)))["sigma_w"]
    assert sigma_w**2 == pytest.approx(1.760955, abs=5e-7)


@pytest.mark.parametrize(("key", "alpha"), [("relu", 0.0), ("leaky_relu", 0.1), ("leaky_relu", 0.5), ("prelu", 0.25)])
def test_rectifiers_are_critical_at_one_point(key, alpha):
    exact = sqrt(2 / (1 + alpha**2))  # He et al. (2015), eq. 14
    own = {} if key == "relu" else {"alpha": alpha}
    assert CRITICAL(PhaseDiagram(activation=key, sigma_b=0.0, **own))["sigma_w"] == pytest.approx(exact, rel=1e-9)
    line = phase_map(labkit.ACTIVATIONS[key], own.get("alpha")).line
    np.testing.assert_allclose(line, [[exact], [0]], atol=1e-6)
    with pytest.raises(ValueError, match=r"no critical σ_w at σ_b = 0\.3: .*grows"):
        CRITICAL(PhaseDiagram(activation=key, sigma_b=0.3, **own))


def test_line_and_phases_of_erf_are_its_closed_forms():
    """Poole et al. (2016): q' = w2 (2/pi) asin(2q / (1 + 2q)) + b2, chi_1 = w2 (4/pi) / sqrt(1 + 4q)."""
    parameters = PhaseDiagram(formula="erf(x)")
    plane = phase_map(parameters.network().activation_row, None)
    sigma_w, sigma_b = plane.line[:, np.isfinite(plane.line[0])]
    q = ((sigma_w**2 * 4 / pi) ** 2 - 1) / 4
    exact = q - sigma_w**2 * 2 / pi * np.arcsin(2 * q / (1 + 2 * q))
    np.testing.assert_allclose(sigma_b**2, exact, rtol=1e-6, atol=1e-9)
    assert np.ptp(sigma_b) > 1.9
    for row, column in ((30, 60), (30, 120), (150, 100), (150, 190)):
        w2, b2 = ((column + 0.5) / CELLS * plane.sigma_w) ** 2, ((row + 0.5) / CELLS * plane.sigma_b) ** 2
        q = 1.0
        for _ in range(2000):
            q = w2 * 2 / pi * asin(2 * q / (1 + 2 * q)) + b2
        chi = w2 * 4 / pi / sqrt(1 + 4 * q)
        assert plane.phase[row, column] == (Phase.CHAOTIC if chi > 1 else Phase.ORDERED)
        if chi < 1:
            assert plane.xi[row, column] == pytest.approx(-1 / np.log(chi), rel=1e-6)


def test_relu_map_is_the_arc_cosine_kernel():
    """Cho and Saul (2009): c' = (sqrt(1 - c**2) + c (pi - arccos c)) / pi."""
    result = compute(PhaseDiagram(activation="relu", sigma_w=sqrt(2), sigma_b=0.0, start=0.0, depth=10))
    c, exact = 0.0, []
    for _ in range(10):
        exact.append(c)
        c = (sqrt(1 - c * c) + c * (pi - np.arccos(c))) / pi
    np.testing.assert_allclose(result.correlation, exact, atol=2e-5)
    assert exact[1] == pytest.approx(0.318, abs=5e-4)


def test_line_leaves_out_what_is_unstable():
    gelu = phase_map(labkit.ACTIVATIONS["gelu"], None).line
    drawn = gelu[:, np.isfinite(gelu[0])]
    assert drawn[1].min() > 0.3  # without bias it is critical only at an unstable variance
    for sigma_b in (0.5, 1.0):
        nearest = np.argmin(np.abs(drawn[1] - sigma_b))
        found = CRITICAL(PhaseDiagram(activation="gelu", sigma_w=1.0, sigma_b=float(drawn[1, nearest])))["sigma_w"]
        assert found == pytest.approx(drawn[0, nearest], rel=1e-6)
    with pytest.raises(ValueError, match="unstable"):
        CRITICAL(PhaseDiagram(activation="gelu", sigma_w=1.0, sigma_b=0.0))


def test_softplus_has_no_line_and_softmax_no_plane():
    assert np.isnan(phase_map(labkit.ACTIVATIONS["softplus"], None).line).all()
    result = compute(PhaseDiagram(activation="softmax", **SMALL))
    assert (result.plane, result.correlation, result.layers) == (None, None, None)
    assert "no theory is drawn, for softmax mixes the units" in explain(result)
    with pytest.raises(ValueError, match="softmax mixes the units"):
        CRITICAL(PhaseDiagram(activation="softmax", **SMALL))


@pytest.mark.parametrize(
    ("activation", "sigma_w", "sigma_b"),
    [("tanh", 1.3, 0.3), ("tanh", 2.0, 0.3), ("relu", 1.2, 0.5), ("gelu", 1.0, 1.0)],
)
def test_measured_correlation_is_the_map_within_its_standard_error(activation, sigma_w, sigma_b):
    width, layers, seeds = 300, 5, 20
    net = labkit.Network(
        activation=activation, std=sigma_w / sqrt(width), bias_std=sigma_b, width=width, depth=layers, batch=2
    )
    means = np.array([measured_pairs(replace(net, seed=seed), 0.5).mean(axis=0) for seed in range(seeds)])
    error = means.std(axis=0, ddof=1) / sqrt(seeds)
    assert error.max() < 0.02
    predicted = correlations(net, 0.5)
    bias = 2 * np.arange(1, layers + 1) / width  # the mean lies off theory by the order of depth / width
    assert (np.abs(means.mean(axis=0) - predicted) <= 4 * error + bias).all()
    assert np.abs(predicted - 0.5).max() > 0.05


def test_pairs_start_at_just_their_correlation():
    net = labkit.Network(initializer="orthogonal", width=100, depth=1, batch=2)
    np.testing.assert_allclose(measured_pairs(net, 0.7), np.full((PAIRS, 1), 0.7), atol=1e-12)


def test_pairs_are_drawn_as_all_else_and_share_nothing_with_the_networks_input():
    x = _inputs(50, 0.0, 3)
    np.testing.assert_array_equal(x[[1, PAIRS + 1]], sqrt(50) * drawn(orthogonal, 3, Stream.INPUT, 3, 2, 50))
    np.testing.assert_allclose(np.mean(x * x, axis=1), 1)
    assert np.abs(row_cosines(x[:-1], x[1:])).max() < 5 / sqrt(50)  # but for the pairs' own 0, of random directions


def test_gradient_is_what_the_public_functions_compute():
    parameters = PhaseDiagram(**SMALL)
    full = labkit.summarize(labkit.propagate(parameters.network()))
    np.testing.assert_array_equal(compute(parameters).gradient, full.grad_rms)


def test_measured_pairs_use_the_weights_of_the_network():
    """By plain NumPy, from the trace's own weights."""
    net = PhaseDiagram(**SMALL).network()
    trace = labkit.propagate(net)
    h = _inputs(net.width, 0.8, net.seed)
    found = measured_pairs(net, 0.8)
    for layer in range(net.depth):
        z = h @ trace.weights[layer] + trace.biases[layer]
        cosines = [a @ b / sqrt((a @ a) * (b @ b)) for a, b in zip(z[:PAIRS], z[PAIRS:], strict=True)]
        np.testing.assert_allclose(found[:, layer], cosines, rtol=1e-10)
        h = np.tanh(z)


def test_plane_is_kept_while_its_point_moves():
    one, other = (compute(PhaseDiagram(sigma_w=sigma_w, **SMALL)) for sigma_w in (1.0, 1.7))
    assert one.plane is other.plane
    assert compute(PhaseDiagram(activation="elu", alpha=0.5, **SMALL)).plane is not one.plane


@pytest.mark.parametrize(("key", "end"), [("tanh", 4), ("relu", 4), ("sigmoid", 20), ("softplus", 4), ("softmax", 4)])
def test_plane_reaches_beyond_the_line(key, end):
    assert plane_end(labkit.ACTIVATIONS[key]) == end


def test_sigma_w_is_taken_into_the_plane_of_another_activation():
    control = PhaseDiagram.controls()["sigma_w"]
    assert control.start({**PhaseDiagram().values(), "sigma_w": 15.0}) == 4
    assert control.start({**PhaseDiagram().values(), "activation": "sigmoid", "sigma_w": 15.0}) == 15
    with pytest.raises(ValueError, match=r"weights must lie in \[0\.02, 4\], got 15"):
        PhaseDiagram(sigma_w=15.0)


def test_names_stand_in_their_phases():
    plane = phase_map(labkit.ACTIVATIONS["elu"], 1.0)
    named = {place.name: place for place in places(plane)}
    assert {"ordered", "variance explodes", "critical line"} <= set(named)
    for name, phase in (("ordered", Phase.ORDERED), ("variance explodes", Phase.EXPLODING)):
        row = int(named[name].sigma_b / plane.sigma_b * CELLS)
        column = int(named[name].sigma_w / plane.sigma_w * CELLS)
        assert plane.phase[row, column] == phase


def test_a_phase_without_room_is_not_named():
    phase = np.zeros((CELLS, CELLS), np.int8)
    phase[:, :3] = Phase.CHAOTIC
    plane = PhaseMap(4.0, 2.0, np.ones_like(phase, float), phase, np.empty((2, 0)))
    assert [place.name for place in places(plane)] == ["ordered"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"activation": "relu", "sigma_w": 2.0}, "the variance grows by a factor e every 1.44 layers"),
        ({"activation": "gelu", "sigma_w": sqrt(2), "sigma_b": 0.0}, "the variance shrinks by a factor e every 1.44 "),
        ({"activation": "relu", "sigma_w": sqrt(2), "sigma_b": 0.0}, "on the critical line"),
        ({"activation": "relu", "sigma_w": sqrt(2), "sigma_b": 0.3}, "the variance grows by as much in each layer"),
        ({"activation": "identity", "sigma_w": 1.0, "sigma_b": 0.3}, "the variance grows by as much in each layer"),
        ({"activation": "identity", "sigma_w": 1.0, "sigma_b": 0.0}, "differences fade by a power of the depth"),
        ({"activation": "identity", "sigma_w": 0.9, "sigma_b": 0.3}, "a signal survives about 4.75 layers"),
        ({"activation": "sigmoid", "sigma_w": 10.2, "sigma_b": 0.5}, "c* = 1 - 0.0004"),
    ],
)
def test_caption_names_the_phase(values, said):
    assert said in explain(compute(PhaseDiagram(**{**SMALL, **values})))


@pytest.mark.parametrize("formula", ["exp(x)", "x**3", "0*x", "1/x"])
@pytest.mark.filterwarnings("error")
def test_wild_formulas_of_ones_own_are_drawn_or_refused_with_words(formula):
    result = compute(PhaseDiagram(formula=formula, **SMALL))
    LAB.view().update(result)
    assert len(explain(result)) > 40
