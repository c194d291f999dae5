"""Batch normalization: its output's moments, its running statistics, and what it rescues."""

import dataclasses

import numpy as np
import pytest

from labkit.nn import normalization
from labkit.nn.network import Network
from labkit.nn.prediction import Prediction
from labkit.nn.samples import data_of
from labkit.nn.theory import predict
from labkit.nn.train import compare, train

NET = Network(activation="tanh", initializer="normal", depth=4, width=30, batch=200, dataset="mnist_small")
PLACES = pytest.mark.parametrize("place", ["before", "after"])


def values_of(training, place):
    trace = training.trace()
    return trace.pre if place == "before" else trace.post


@PLACES
@pytest.mark.parametrize("std", [0.001, 0.01, 1.0, 10.0])
def test_each_unit_has_mean_0_and_variance_v_over_v_plus_epsilon(place, std):
    training = train(dataclasses.replace(NET, batch_norm=place, std=std))
    values = values_of(training, place)
    trace = training.trace()
    befores = (trace.x, *trace.post[:-1])
    for layer, normalized in enumerate(values):
        raw = befores[layer] @ trace.weights[layer]
        if place == "after":
            raw = np.tanh(raw)
        v = raw.var(axis=0)
        np.testing.assert_allclose(normalized.mean(axis=0), 0, atol=1e-10)
        np.testing.assert_allclose(normalized.var(axis=0), v / (v + 1e-5), rtol=1e-9)
    if std == 0.001 and place == "before":
        # the first layer's variance is std**2 times the pixels' variance, about 50 in all: below 1e-4
        assert values[0].var() < 0.9


@PLACES
def test_gamma_and_beta_move_and_scale(place):
    training = train(dataclasses.replace(NET, batch_norm=place, std=0.5))
    plain = [v.copy() for v in values_of(training, place)]
    training.model.parameters["gamma", 0][...] = 3.0
    training.model.parameters["beta", 0][...] = -2.0
    np.testing.assert_allclose(values_of(training, place)[0], 3 * plain[0] - 2, atol=1e-12)


@PLACES
def test_running_statistics_are_the_exponential_means_of_the_batches(place):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 5)), np.arange(64) % 3
    net = Network(activation="tanh", depth=1, width=7, std=0.5, batch_norm=place)
    training = train(net, learning_rate=0.0, batch_size=16, steps=30, data=data_of(x, y, "classes"))
    mean, variance = np.zeros(7), np.ones(7)
    twin = train(net, learning_rate=0.0, batch_size=16, steps=30, data=data_of(x, y, "classes"))
    for _ in training:
        raw = next(twin.batches)[0] @ training.weights[0]
        raw = np.tanh(raw) if place == "after" else raw
        mean = 0.9 * mean + 0.1 * raw.mean(axis=0)
        variance = 0.9 * variance + 0.1 * raw.var(axis=0, ddof=1)
    np.testing.assert_allclose(training.model.running["mean", 0], mean, rtol=1e-10)
    np.testing.assert_allclose(training.model.running["variance", 0], variance, rtol=1e-10)
    z = x @ training.weights[0]
    if place == "before":
        h = np.tanh((z - mean) / np.sqrt(variance + 1e-5))
    else:
        h = (np.tanh(z) - mean) / np.sqrt(variance + 1e-5)
    logits = h @ training.weights[1]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(training.predict(x), p, rtol=1e-9)


def test_one_sample_is_normalized_to_beta():
    x, out, hat = np.array([[3.0, -4.0]]), np.empty((1, 2)), np.empty((1, 2))
    mean, variance, _ = normalization.normalize(x, np.ones(2), np.array([0.5, 0.0]), hat, out)
    np.testing.assert_array_equal(out, [[0.5, 0.0]])
    running = np.zeros(2), np.ones(2)
    normalization.move_on(*running, mean, variance, 1)
    np.testing.assert_allclose(running, [[0.3, -0.4], [0.9, 0.9]])


# gained over five seeds: 0.781, 0.795 and 0.266, of standard deviation 0.012, 0.005 and 0.010: four of them below
GAINS = [
    ("before", 0.01, 0.73),
    *(pytest.param(*gain, marks=pytest.mark.long) for gain in [("after", 0.01, 0.775), ("before", 1.0, 0.226)]),
]


@pytest.mark.parametrize(("place", "std", "gain"), GAINS)
def test_it_rescues_weights_that_are_too_small_and_before_the_activation_too_large(place, std, gain):
    net = dataclasses.replace(NET, std=std, batch_norm=place)
    nets = net, dataclasses.replace(net, batch_norm="none")
    *_, (rescued, plain) = compare(nets, learning_rate=0.1, steps=500, evaluate_every=500)
    assert rescued.accuracy > plain.accuracy + gain


def test_theory_does_not_claim_to_hold():
    for place in ("before", "after"):
        found = predict(dataclasses.replace(NET, batch_norm=place))
        assert isinstance(found, Prediction)
        assert "batch normalization" in found.reason_forward
