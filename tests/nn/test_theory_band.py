"""The finite-width band against seeds, and the speed of theory."""

import time

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS, Activation
from labkit.nn.network import Network
from labkit.nn.phases import phase_plane
from labkit.nn.propagation import propagate
from labkit.nn.theory import predict

CASES = [
    {"activation": "relu", "initializer": "he_normal"}, {"activation": "tanh", "initializer": "lecun_normal"},
    {"activation": "tanh", "std": 0.2, "bias_std": 0.3}, {"activation": "sigmoid", "std": 1.0},
    {"activation": "leaky_relu", "alpha": 0.3, "initializer": "he_normal"},
    {"activation": "identity", "initializer": "lecun_normal"}, {"activation": "sigmoid", "std": 0.01},
    {"activation": "relu", "initializer": "he_normal", "dataset": "mnist_small"},
]  # fmt: skip


def shares_inside(case, seeds):
    std, grad = [], []
    for seed in range(seeds):
        net = Network(seed=seed, **case)
        found, trace = predict(net), propagate(net)
        layers = [h.std() for h in trace.post], [np.sqrt(np.mean(d * d)) for d in trace.grad_pre]
        for measured, band, inside in zip(layers, (found.std_band, found.grad_rms_band), (std, grad), strict=True):
            inside.append((np.array(measured) >= band.low) & (np.array(measured) <= band.high))
    return np.mean(std, axis=0), np.mean(grad, axis=0)


@pytest.mark.long
@pytest.mark.parametrize("size", [(100, 200), (30, 100), (200, 20)], ids=str)
@pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(str(v) for v in c.values()))
def test_the_band_holds_95_percent_of_the_seeds(case, size):
    """200 seeds: binomial sd 1.5 %. The formula is a leading order: it may hold 88 to 100 %."""
    width, batch = size
    for inside in shares_inside({**case, "width": width, "batch": batch, "depth": 10}, 200):
        assert inside.min() >= 0.84
        assert inside.mean() >= 0.88


def test_the_band_holds_most_seeds():
    for case in CASES[:2]:
        for inside in shares_inside({**case, "width": 60, "batch": 50, "depth": 5}, 40):
            assert inside.mean() > 0.85


def test_the_mean_at_width_100_lies_below_theory_as_measured():
    """The science's table for ReLU, std 0.01: log10 of a layer's mean scatters with sd 0.0038, 0.033, 0.046, 0.057,
    0.070 and lies below theory; the book's own one net lies in the band.
    """
    found = predict(Network(activation="relu", std=0.01))
    sd = (found.mean_band.high - found.mean_band.low) / (2 * 1.96) / found.mean / np.log(10)
    np.testing.assert_allclose(sd[1:], [0.033, 0.046, 0.057, 0.070], rtol=0.1)
    assert 0.001 < sd[0] < 0.0038  # the table's has the input's own scatter too, which theory is told
    assert np.all((found.mean_band.high + found.mean_band.low)[1:] / 2 < found.mean[1:])
    books = np.array([0.0396, 0.00290, 0.000197, 1.32e-5, 9.46e-7])
    assert np.all((found.mean_band.low < books) & (books < found.mean_band.high))


def test_a_wider_net_has_a_narrower_band_and_a_constant_one_none():
    wide, narrow = (predict(Network(activation="tanh", initializer="lecun_normal", width=w)) for w in (1000, 50))
    ratio = [np.log(p.std_band.high / p.std_band.low) for p in (narrow, wide)]
    assert np.all(ratio[0] > 2 * ratio[1])
    assert np.all(wide.std_band.low <= wide.std * 1.01)


def test_the_gradients_scatter_in_one_layer_is_its_kurtosis():
    """One ReLU layer and sample: f'^2 g^2 has relative variance 3 E f'^4 / (E f'^2)^2 - 1 = 5, divided by the width."""
    found = predict(Network(activation="relu", initializer="he_normal", depth=1, batch=1, width=500))
    band = found.grad_rms_band
    assert np.log(band.high / band.low)[0] / (2 * 1.96) == pytest.approx(0.5 * np.sqrt(5 / 500), rel=1e-3)


def _slow(z):
    for _ in range(30):
        np.exp(-z * z)
    return np.tanh(z)


@pytest.mark.benchmark
def test_theory_of_a_new_std_takes_5_ms():
    for key in ("relu", "tanh", "sigmoid", "rrelu", "formula: x * tanh(softplus(x))"):
        predict(Network(activation=key, depth=100, std=0.1)).grad_rms_band  # noqa: B018
        times = []
        for std in np.linspace(0.08, 0.16, 30):
            start = time.perf_counter()
            found = predict(Network(activation=key, depth=100, std=std))
            times.append(time.perf_counter() - start)
            assert found.std.shape == (100,)
        print(f"{key}: median {np.median(times) * 1e3:.2f} ms")
        assert np.median(times) < 5e-3


@pytest.mark.benchmark
def test_the_phase_plane_of_a_new_activation_takes_1_s():
    for row in (Activation("slow", "", _slow, lambda z: 1 - np.tanh(z) ** 2, "", ""), ACTIVATIONS["relu"]):
        start = time.perf_counter()
        phase_plane(row, None, np.linspace(0.5, 4, 200), np.linspace(0, 2, 200))
        seconds = time.perf_counter() - start
        print(f"{row.key}: {seconds:.2f} s")
        assert seconds < 1
