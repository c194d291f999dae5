"""What networks learn: the sources' experiments, at their protocols, against the numbers that are known of them."""

import dataclasses
from math import log, sqrt

import numpy as np
import pytest

from labkit.nn.collapse import product
from labkit.nn.network import Network
from labkit.nn.symmetry import distinct_units
from labkit.nn.train import compare, train

SEEDS = range(5)
FEW = range(2)
"""In every run; all five are long."""
SMALL, BOOK, HE, GLOROT = "normal", "lecun_normal", "he_normal", "xavier_normal"
# Training loss at iteration 500 on the 5000 shipped digits: lowest and highest of several seeds.
KNOWN = {
    False: {BOOK: (0.77, 1.03), GLOROT: (0.59, 0.72), HE: (0.34, 0.38)},
    True: {BOOK: (0.31, 0.33), GLOROT: (0.28, 0.30), HE: (0.18, 0.21)},
}
SD_OF_RANGE = 1 / 2.326  # the range of five normal numbers, on average, in standard deviations


def figure_6_15(seed, keys=(SMALL, BOOK, HE), **fields):
    """784-100-100-100-100-10, ReLU, zero biases; SGD with rate 0.01 and batches of 128."""
    fields = {"activation": "relu", "std": 0.01, "depth": 4, "width": 100, "dataset": "mnist_small"} | fields
    return [Network(initializer=key, seed=seed, **fields) for key in keys]


def losses(networks, steps):
    """Loss of each network at each step, (steps, networks)."""
    return np.array([[step.loss for step in made] for made in compare(networks, steps=steps, evaluate_every=None)])


@pytest.fixture(scope="module", params=[FEW, pytest.param(SEEDS, marks=pytest.mark.long)], ids=["few", "all"])
def curves(request):
    return {seed: losses(figure_6_15(seed), 540) for seed in request.param}


def around_500(curve):
    """The mean of 80 steps: a single batch scatters by 0.05 to 0.09."""
    return curve[459:539].mean(axis=0)


def assert_known(found, known):
    low, high = known
    sd = (high - low) * SD_OF_RANGE
    # a mean of those found and one of the five known
    assert abs(np.mean(found) - (low + high) / 2) < 4 * sd * sqrt(1 / len(found) + 1 / 5)


def test_figure_6_15_the_small_start_does_not_learn(curves):
    for curve in curves.values():
        assert np.abs(curve[:, 0] - log(10)).max() < 0.02


@pytest.mark.long
def test_figure_6_15_the_small_start_does_not_learn_in_all_of_its_2000_steps():
    assert np.abs(losses(figure_6_15(0, (SMALL,)), 2000) - log(10)).max() < 0.02


@pytest.mark.parametrize(("place", "key"), [(1, BOOK), (2, HE)])
def test_figure_6_15_the_other_two_reach_what_is_known(curves, place, key):
    assert_known([around_500(curve)[place] for curve in curves.values()], KNOWN[False][key])


def test_figure_6_15_he_is_below_the_books_xavier_in_each(curves):
    for curve in curves.values():
        assert around_500(curve)[2] < around_500(curve)[1]
        assert curve[499, 2] < curve[499, 1]


@pytest.mark.long
@pytest.mark.parametrize("standardize", [False, True])
def test_glorot_and_standardized_inputs_reach_what_is_known(standardize):
    keys = (BOOK, GLOROT, HE)
    found = [around_500(losses(figure_6_15(seed, keys, standardize=standardize), 540)) for seed in SEEDS]
    for place, key in enumerate(keys):
        assert_known([means[place] for means in found], KNOWN[standardize][key])


STILL = [("relu", "zeros"), ("tanh", "zeros")]
ALIKE = [(a, i) for a in ("relu", "tanh", "sigmoid") for i in ("zeros", "ones", "constant")]


@pytest.mark.parametrize(("activation", "initializer"), STILL)
@pytest.mark.parametrize("dataset", ["mnist_small", "moons", "wave"])
def test_from_zero_only_the_output_bias_moves(activation, initializer, dataset):
    training = train(Network(activation=activation, initializer=initializer, depth=3, dataset=dataset), steps=30)
    for _ in training:
        assert not training.model.gradients.vector[: -training.data.outputs].any()
    assert not np.any(training.weights[0])
    assert all(not bias.any() for bias in training.biases[:-1])
    assert training.biases[-1].all()


def test_from_zero_a_sigmoid_moves_its_last_weights_first():
    training = train(Network(activation="sigmoid", initializer="zeros", depth=3, dataset="mnist_small"), steps=4)
    for moved in range(1, 5):  # the gradient needs nonzero weights above: one layer more each step
        next(training)
        assert [bool(W.any()) for W in training.weights] == [k >= 4 - moved for k in range(4)]


@pytest.mark.parametrize("width", [7, 100])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(("activation", "initializer"), ALIKE)
def test_units_that_start_alike_stay_alike(activation, initializer, optimizer, width):
    net = Network(activation=activation, initializer=initializer, depth=3, width=width, dataset="moons")
    training = train(net, optimizer, steps=40, evaluate_every=None)
    for _ in training:
        pass
    assert [distinct_units(h) for h in training.trace().post] == [1, 1, 1]
    assert [distinct_units(W) for W in training.weights[:-1]] == [1, 1, 1]


def test_noise_breaks_the_symmetry():
    net = Network(activation="tanh", initializer="constant", depth=2, width=10, dataset="moons", batch=100)
    training = train(net, steps=20, evaluate_every=None)
    rng = np.random.default_rng(0)
    for W in training.weights:
        W += 1e-6 * rng.standard_normal(W.shape)
    for _ in training:
        pass
    assert [distinct_units(h) for h in training.trace().post] == [10, 10]


def dead(activation, steps=20, learning_rate=0.01, **fields):
    net = Network(activation=activation, initializer="he_normal", depth=3, width=50, dataset="mnist_small", **fields)
    training = train(net, learning_rate=learning_rate, steps=steps, evaluate_every=None)
    before = [W.copy() for W in training.weights]
    for _ in training:
        pass
    share = training.statistics(quantities=(), histograms=()).dead
    moved = [not np.array_equal(W, old) for W, old in zip(training.weights, before, strict=True)]
    return share, moved


def test_a_large_negative_bias_kills_relu_and_not_leaky_relu():
    share, moved = dead("relu", bias_mean=-50.0)
    np.testing.assert_array_equal(share, 1)
    assert moved == [False] * 4
    share, moved = dead("leaky_relu", bias_mean=-50.0)
    np.testing.assert_array_equal(share, 0)
    assert moved == [True] * 4


def test_a_large_positive_bias_spares_the_first_layer_and_kills_above_it():
    # what all samples share, of size 10, outweighs the bias where W turns it negative
    shares = np.array([dead("relu", steps=0, bias_mean=10.0, seed=seed)[0] for seed in range(8)])
    assert not shares[:, 0].any()
    # over these seeds 0.20 and 0.28, of standard deviation 0.095 and 0.072: four standard errors below the means
    assert (shares[:, 1:].mean(axis=0) > (0.06, 0.17)).all()
    # without the bias at most 0.02 on average, of standard deviation 0.023: four of them above
    assert dead("relu", steps=0)[0].max() <= 0.11
    # training makes it worse, by large steps: 0.95 over eight seeds, of standard deviation 0.053: four below
    assert dead("relu", bias_mean=10.0)[0].max() > 0.74


def test_a_step_that_is_too_large_kills_units():
    shares = [[dead("relu", 60, learning_rate=rate, seed=seed)[0].max() for seed in range(6)] for rate in (0.01, 1.0)]
    # over these seeds 0.01 and 0.74, of standard deviation 0.017 and 0.16: four standard errors from the means
    assert np.mean(shares[0]) <= 0.04
    assert np.mean(shares[1]) >= 0.48


def test_a_net_learns_two_spirals_and_its_linear_twin_does_not():
    net = Network(activation="relu", initializer="he_normal", depth=3, width=20, dataset="spirals")
    nets = net, dataclasses.replace(net, activation="identity")
    steps = list(compare(nets, "adam", 0.01, 100, 1000))
    # over five seeds 0.9994 of standard deviation 0.0009, and 0.597 of 0.017: four of them from the means
    assert steps[-1][0].accuracy >= 0.995
    assert max(made[1].accuracy for made in steps if made[1].accuracy is not None) < 0.67


def test_a_linear_net_is_one_matrix():
    net = Network(activation="identity", initializer="xavier_normal", depth=4, width=10, bias_std=0.1, dataset="wave")
    training = train(net, steps=50)
    for _ in training:
        pass
    x = np.linspace(-1, 1, 5)[:, None]
    matrix, offset = product(training.weights, training.biases)
    np.testing.assert_allclose(training.predict(x), x @ matrix + offset, rtol=1e-10)
