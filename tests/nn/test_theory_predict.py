"""predict(): closed forms, reference values, wide networks, edges, and where theory does not hold."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

import labkit
from labkit.nn import theory
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.datasets import DATASETS, Dataset
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.rows import atoms
from labkit.nn.statistics import summarize
from labkit.nn.theory import correlations, predict

from .theory_rows import ALL, EXTRA  # isort: skip

CURVES = ("mean", "std", "rms", "saturated", "inactive", "grad_rms", "grad_post_rms", "weight_norm", "grad_weight_norm",
          "grad_weight_ratio")  # fmt: skip


def _signs(batch, width, seed):
    return np.where(np.random.default_rng(seed).random((batch, width)) < 0.5, -1.0, 1.0), None


@pytest.fixture(autouse=True)
def more_rows(monkeypatch):
    """Inputs of exactly mean square 1 in every row, and the activations of the tests."""
    signs = Dataset("signs", "signs", _signs, source="a test")
    monkeypatch.setattr("labkit.nn.network.DATASETS", {**DATASETS, "signs": signs})
    monkeypatch.setattr("labkit.nn.datasets.DATASETS", {**DATASETS, "signs": signs})
    monkeypatch.setattr("labkit.nn.lookup.ACTIVATIONS", {**{row.key: row for row in EXTRA}, **ACTIVATIONS})


def test_the_fish_books_tanh_net():
    found = predict(Network(activation="tanh", initializer="lecun_normal", dataset="signs"))
    np.testing.assert_allclose(found.std, [0.62793, 0.48626, 0.40824, 0.35764, 0.32162], atol=5e-6)
    np.testing.assert_allclose(found.mean, 0, atol=1e-12)


def test_the_fish_books_relu_nets():
    he = predict(Network(activation="relu", initializer="he_normal", dataset="signs"))
    np.testing.assert_allclose(he.mean, 0.56419, atol=5e-6)
    np.testing.assert_allclose(he.std, 0.82565, atol=5e-6)
    small = predict(Network(activation="relu", std=0.01, dataset="signs"))
    np.testing.assert_allclose(small.mean, [0.0398942, 0.00282095, 1.99471e-4, 1.41047e-5, 9.97356e-7], rtol=4e-6)


def test_he_relu_collapses_the_angle():
    net = Network(activation="relu", initializer="he_normal", depth=11, dataset="signs")
    found = correlations(net, 0.0)
    np.testing.assert_allclose(found[:4], [0, 0.318, 0.494, 0.605], atol=5e-4)
    assert found[10] == pytest.approx(0.872, abs=5e-4)

    def arc_cosine(c):
        return (np.sqrt(1 - c * c) + (np.pi - np.arccos(c)) * c) / np.pi

    for c0 in (-0.8, 0.5, 0.99):
        c = [c0]
        for _ in range(10):
            c.append(arc_cosine(c[-1]))
        np.testing.assert_allclose(correlations(net, c0), c, atol=1e-4)
    with pytest.raises(ValueError, match=r"c0 must lie in \[-1, 1\], got 2"):
        correlations(net, 2)


def wide_net(row, **fields):
    alpha = None if row.alpha is None else row.alpha.default
    gain = 1.0 / labkit.nn.expectations.expectation_table(row, alpha).at(np.ones(1)).rms[0]
    return Network(activation=row.key, std=min(gain, 2.0) / 1000**0.5, width=1000, batch=60, depth=4, **fields)


@pytest.mark.parametrize(
    "fields", [pytest.param({}, marks=pytest.mark.long), {"bias_mean": 0.3, "bias_std": 0.4}], ids=["plain", "biases"]
)
@pytest.mark.parametrize("row", ALL, ids=lambda row: row.key)
def test_wide_networks_agree_within_their_standard_error(row, fields):
    """Six networks of width 1000: every curve's mean within 6 standard errors and 0.4 % for the 1/width shift."""
    first = wide_net(row, **fields)
    measured = [summarize(propagate(dataclasses.replace(first, seed=seed)), histograms=[]) for seed in range(6)]
    found = [predict(dataclasses.replace(first, seed=seed)) for seed in range(6)]
    for name in CURVES:
        ratio = np.array([getattr(m, name) - getattr(p, name) for m, p in zip(measured, found, strict=True)])
        scale = np.abs(getattr(found[0], name if name != "mean" else "rms"))
        error = ratio.std(axis=0, ddof=1) / np.sqrt(6)
        if name in ("saturated", "inactive"):  # few events: seeds with none of them have no scatter to go by
            error = np.maximum(error, np.sqrt(scale / (6 * 60 * 1000)))
        assert np.all(np.abs(ratio.mean(axis=0)) <= 6 * error + 4e-3 * scale + 1e-5), name


def test_images_are_a_mixture_over_their_rows():
    net = Network(activation="tanh", initializer="xavier_normal", dataset="mnist_small", width=1000, batch=300, depth=2)
    x = propagate(net).x
    std2 = 2 / (784 + 1000)
    s = np.sqrt(np.sum(x * x, axis=1) * std2)
    exact = theory.expectation_table(net.activation_row).at(s)
    found = predict(net)
    assert found.std[0] == pytest.approx(np.sqrt(np.mean(exact.rms**2)), rel=1e-6)
    assert found.pre.std[0] == pytest.approx(np.sqrt(np.mean(s * s)), rel=1e-6)
    single = theory.expectation_table(net.activation_row).at(np.sqrt([np.mean(s * s)])).rms[0]
    assert abs(single / found.std[0] - 1) > 5e-3  # one norm for all rows would be visibly wrong
    factor = np.sqrt(1000 * 2 / 2000)
    second = theory.expectation_table(net.activation_row).at(factor * exact.rms).slope
    assert found.grad_rms[0] == pytest.approx(factor * np.sqrt(np.mean((exact.slope * second) ** 2)), rel=1e-6)


def test_a_mean_that_differs_between_rows_adds_to_the_std():
    net = Network(activation="relu", initializer="xavier_normal", dataset="mnist_small", width=500, batch=300, depth=1,
                  bias_mean=0.2)  # fmt: skip
    x = propagate(net).x
    at = theory.expectation_table(net.activation_row, None, 0.2).at(np.sqrt(np.sum(x * x, axis=1) * 2 / 1284))
    found = predict(net)
    assert found.std[0] ** 2 == pytest.approx(np.mean(at.std**2) + np.var(at.mean), rel=1e-6)
    assert np.var(at.mean) > 1e-3 * found.std[0] ** 2
    assert found.pre.mean[0] == 0.2
    assert found.pre.rms[0] ** 2 == pytest.approx(0.04 + found.q[0], rel=1e-12)
    squares = np.mean(x * x, axis=1)
    norm2 = 300 * 784 * 500 * np.mean(squares * at.slope**2)
    assert found.grad_weight_norm[0] ** 2 == pytest.approx(norm2, rel=1e-5)


def test_atoms_keep_the_moments_of_many():
    values = np.random.default_rng(0).lognormal(0, 0.4, 3000)
    for sample in (values, np.append(values, [0.0, 0.0]), np.ones(5), np.zeros(3), values[:2]):
        nodes, shares = atoms(sample)
        assert shares.sum() == pytest.approx(1)
        assert nodes @ shares == pytest.approx(sample.mean(), rel=1e-5)
        assert np.sqrt(nodes) @ shares == pytest.approx(np.sqrt(sample).mean(), rel=1e-5)
        assert len(nodes) <= 6


@pytest.mark.parametrize(("std", "last"), [(0.001, 1e-215), (100.0, 1e285)])
def test_values_at_the_edge_of_float64_are_predicted(std, last):
    net = Network(activation="relu", std=std, depth=100, dataset="signs")
    found = predict(net)
    factor = std * np.sqrt(50)
    layers = np.arange(1, 101)
    np.testing.assert_allclose(np.log(found.rms), layers * np.log(factor), rtol=1e-10)
    assert abs(np.log10(found.rms[-1] / last)) < 1.5
    np.testing.assert_allclose(np.log(found.grad_rms), (100 - layers) * np.log(factor) - np.log(2) / 2, rtol=1e-10)
    identity = predict(Network(activation="identity", std=100.0, depth=100))
    assert np.all(np.isfinite(identity.rms[:99]))


def test_what_leaves_float64_is_nan_without_a_warning():
    found = predict(Network(activation="identity", std=100.0, depth=100, width=600, batch=5))
    overflow = np.flatnonzero(np.isnan(found.std))
    assert len(overflow)
    assert np.all(np.isnan(found.std[overflow[0] :]))
    assert found.q_star == np.inf
    assert predict(Network(input_scale=0.0)).std.tolist() == [0.0] * 5


@pytest.mark.parametrize(("fields", "words"), [
    ({"initializer": "constant"}, "nonzero mean"), ({"initializer": "zeros"}, "all zero"), ({"std": 0.0}, "all zero"),
])  # fmt: skip
def test_where_theory_does_not_hold_it_says_so(fields, words):
    found = predict(Network(**fields))
    assert words in found.reason_forward
    assert words in found.reason_backward
    for name in (*CURVES, "pre", "post", "q", "q_star", "chi_1", "c_star", "xi_c", "xi_grad",
                 "std_band", "mean_band", "grad_rms_band"):  # fmt: skip
        assert getattr(found, name) is None
    with pytest.raises(ValueError, match=words):
        correlations(Network(**fields), 0.5)


def test_a_loss_has_a_forward_prediction_only():
    found = predict(Network(activation="relu", initializer="he_normal", dataset="mnist_small", gradient_source="loss"))
    assert found.reason_forward is None
    assert "readout" in found.reason_backward
    assert found.std.shape == (5,)
    assert found.grad_rms is found.grad_weight_norm is found.grad_rms_band is None


def test_a_row_that_couples_the_units_has_no_theory(monkeypatch):
    row = labkit.Activation("soft", "soft", np.sort, np.ones_like, "", "", jacobian_product=lambda z, g: g)
    monkeypatch.setattr("labkit.nn.lookup.ACTIVATIONS", {"soft": row})
    found = predict(Network(activation="soft"))
    assert "elementwise" in found.reason_forward
    assert labkit.critical_std(Network(activation="soft")) is None
    assert "elementwise" in labkit.critical(Network(activation="soft")).reason


@pytest.mark.parametrize(("fields", "reason"), [
    ({"depth": 51}, "51 layers are too many for its formula at width 100"),
    ({"initializer": "orthogonal"}, "orthogonal weights are not drawn independently"),
    ({"activation": "hardtanh", "std": 100.0}, "nearly all values are saturated"),
])  # fmt: skip
def test_where_the_band_does_not_hold_the_line_stands_alone(fields, reason):
    found = predict(Network(**fields))
    assert reason in found.reason_band
    assert found.std_band is found.mean_band is found.rms_band is found.grad_rms_band is None
    assert np.isfinite(found.std).all()
    whole = predict(Network(depth=50))
    assert whole.reason_band is None
    assert whole.std_band.low.shape == (50,)


def test_a_slope_without_bound_saturates_nowhere_by_theory_as_measured():
    net = Network(activation="formula: x**2", std=0.05, depth=2)
    assert predict(net).saturated.tolist() == summarize(propagate(net)).saturated.tolist() == [0, 0]


def test_predictions_have_the_names_of_the_measurement():
    net = Network(dataset="mnist_small", initializer="he_normal", depth=3)
    stats, found = summarize(propagate(net)), predict(net)
    for name in CURVES:
        assert getattr(found, name).shape == getattr(stats, name).shape == (3,)
    for name in ("pre", "post", "grad_pre", "grad_post"):
        for moment in ("mean", "std", "rms"):
            assert getattr(getattr(found, name), moment).shape == (3,)
    np.testing.assert_allclose(found.q, found.pre.std**2)


def test_an_initializer_enters_by_its_promise(monkeypatch):
    def promise(fan_in, fan_out, **options):
        return 3.0 / fan_out

    probe = dataclasses.replace(INITIALIZERS["he_normal"], key="probe", variance=promise)
    monkeypatch.setattr("labkit.nn.network.INITIALIZERS", {"probe": probe})
    found = predict(Network(activation="relu", initializer="probe", dataset="signs"))
    assert found.rms[0] ** 2 == pytest.approx(3 / 2, rel=1e-10)
    assert found.chi_1 == pytest.approx(1.5, rel=1e-10)


def test_theory_loads_no_scipy():
    code = "import sys, labkit; labkit.predict(labkit.Network()).q_star; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
