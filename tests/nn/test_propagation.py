"""Forward and backward: against finite differences, closed forms, the book's numbers and theory's."""

import dataclasses

import numpy as np
import pytest
from scipy import special

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.draws import Stream, drawn
from labkit.nn.initializers import INITIALIZERS, standard_normal
from labkit.nn.network import Network
from labkit.nn.propagation import Buffers, propagate

EVERY_PAIR = [
    pytest.mark.parametrize("activation", ACTIVATIONS),
    pytest.mark.parametrize("initializer", INITIALIZERS),
]
SOURCES = [
    {"dataset": "gaussian", "gradient_source": "cotangent"},
    {"dataset": "mnist_small", "gradient_source": "loss"},
]
STEP = 1e-6


def every_pair(test):
    for mark in EVERY_PAIR:
        test = mark(test)
    return pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["gradient_source"])(test)


def forward(trace, z_of=None, h_of=None, weights=None):
    """The cost C, by a forward pass of its own. `z_of` and `h_of` map a layer to what is added to its z or h."""
    net, h = trace.network, trace.x
    for layer, W in enumerate(weights or trace.weights):
        z = np.einsum("bi,ij->bj", h, W) + trace.biases[layer] + (z_of or {}).get(layer, 0)
        h = net.activation_row.function(z, net.alpha) + (h_of or {}).get(layer, 0)
    if net.gradient_source == "cotangent":
        return np.sum(h * drawn(standard_normal, net.seed, Stream.COTANGENT, 0, net.batch, net.width))
    logits = h @ trace.readout[0] + trace.readout[1]
    return np.mean(special.logsumexp(logits, axis=1) - logits[np.arange(net.batch), trace.labels])


def small_trace(activation, initializer, source, **fields):
    """A small net with no pre-activation near a kink, where the finite difference would mix two slopes."""
    kinks = ACTIVATIONS[activation].kinks
    for seed in range(50):
        net = Network(
            activation=activation, initializer=initializer, depth=3, width=4, batch=5, std=0.4, bias_mean=0.1,
            bias_std=0.5, seed=seed, **source, **fields,
        )  # fmt: skip
        trace = propagate(net)
        if all(np.abs(z - kink).min() > 1e-4 for z in trace.pre for kink in kinks):
            return trace
    raise AssertionError("every seed has a value near a kink")


def assert_gradient(gradient, cost, scale=1.0):
    """Along random directions of length 1, the gradient is the central difference of the cost."""
    rng = np.random.default_rng(5)
    for _ in range(4):
        direction = rng.standard_normal(gradient.shape)
        direction /= np.linalg.norm(direction)
        difference = (cost(STEP * direction) - cost(-STEP * direction)) / (2 * STEP)
        # rounding: 1e-16 of the cost over the step; curvature: the step squared
        assert np.sum(gradient * direction) == pytest.approx(difference, rel=1e-6, abs=2e-9 * scale)


@every_pair
def test_gradients_match_finite_differences(activation, initializer, source):
    trace = small_trace(activation, initializer, source)
    scale = 1 + abs(forward(trace))

    def with_weights(layer, move):
        moved = [W + move if i == layer else W for i, W in enumerate(trace.weights)]
        return forward(trace, weights=moved)

    for layer in range(trace.network.depth):
        assert_gradient(trace.grad_pre[layer], lambda d, k=layer: forward(trace, z_of={k: d}), scale)
        assert_gradient(trace.grad_post[layer], lambda d, k=layer: forward(trace, h_of={k: d}), scale)
        assert_gradient(trace.grad_weights[layer], lambda d, k=layer: with_weights(k, d), scale)


@pytest.mark.parametrize("activation", [row.key for row in ACTIVATIONS.values() if row.alpha])
@pytest.mark.parametrize("place", ["low", "high"])
def test_gradients_match_finite_differences_at_both_ends_of_alpha(activation, place):
    alpha = getattr(ACTIVATIONS[activation].alpha, place)
    trace = small_trace(activation, "he_normal", SOURCES[0], alpha=alpha)
    assert_gradient(trace.grad_pre[0], lambda d: forward(trace, z_of={0: d}), 10)


@every_pair
def test_forward_pass_is_affine_map_and_activation(activation, initializer, source):
    trace = propagate(Network(activation, initializer, depth=3, width=4, batch=5, bias_std=1.0, **source))
    h = trace.x
    for W, b, z, post in zip(trace.weights, trace.biases, trace.pre, trace.post, strict=True):
        np.testing.assert_allclose(z, h @ W + b, rtol=1e-12, atol=1e-13)
        h = trace.network.activation_row.function(z, trace.network.alpha)
        np.testing.assert_allclose(post, h, rtol=1e-14, atol=1e-300)


def test_loss_is_the_mean_cross_entropy_and_is_ln_10_for_equal_logits():
    trace = small_trace("tanh", "xavier_normal", SOURCES[1])
    assert trace.loss == pytest.approx(forward(trace), rel=1e-12)
    zeros = propagate(Network("tanh", "zeros", depth=1, width=3, batch=50, **SOURCES[1]))
    assert zeros.loss == pytest.approx(np.log(10), rel=1e-14)
    assert not zeros.logits.any()


def test_loss_of_huge_logits_is_finite():
    trace = propagate(Network("relu", "normal", std=100, depth=20, width=50, batch=20, **SOURCES[1]))
    assert np.abs(trace.logits).max() > 1e40
    assert np.isfinite(trace.loss)
    assert np.isfinite(trace.grad_pre[0]).all()


def test_readout_needs_a_loss():
    with pytest.raises(ValueError, match="a readout needs gradient_source 'loss', got 'cotangent'"):
        _ = propagate(Network()).readout


def test_readout_follows_the_networks_own_rule():
    trace = propagate(Network("relu", "he_normal", width=1000, depth=1, batch=1, **SOURCES[1]))
    W, b = trace.readout
    assert W.shape == (1000, 10)
    assert abs(W.var() / (2 / 1000) - 1) < 5 * np.sqrt(2 / W.size)
    assert b.shape == (10,)
    assert not b.any()


def test_readout_has_draws_of_its_own():
    trace = propagate(Network("relu", "he_normal", width=30, depth=2, batch=1, bias_std=1.0, **SOURCES[1]))
    numbers = [W.reshape(-1)[:300] for W in (trace.readout[0], *trace.weights)]
    assert np.abs(np.corrcoef(numbers) - np.eye(3)).max() < 5 / np.sqrt(300)
    assert not any(np.isin(trace.readout[1], b).any() for b in trace.biases)


def test_biases_have_the_mean_and_std_asked_for_and_each_layer_its_own():
    trace = propagate(Network(depth=20, width=1000, batch=1, bias_mean=3.0, bias_std=0.5))
    values = np.stack(trace.biases)
    assert abs(values.mean() - 3) < 5 * 0.5 / np.sqrt(values.size)
    assert abs(values.std() / 0.5 - 1) < 5 / np.sqrt(2 * values.size)
    assert abs(np.corrcoef(values[0], values[1])[0, 1]) < 5 / np.sqrt(1000)


@pytest.mark.parametrize("row", INITIALIZERS.values(), ids=lambda row: row.key)
def test_weights_have_the_variance_that_the_initializer_promises_for_each_layers_own_fans(row):
    net = Network(initializer=row.key, std=0.3, depth=2, width=200, batch=1, dataset="mnist_small")
    for W, fan_in in zip(propagate(net).weights, net.fan_ins, strict=True):
        assert W.shape == (fan_in, 200)
        promised = row.variance(fan_in, 200, **net.options)
        assert abs(W.var() - promised) <= 6 * promised * np.sqrt(2 / W.size) + 1e-20  # a normal's kurtosis at most


@pytest.mark.parametrize("depth", [1, 2, 6])
def test_a_linear_net_is_one_matrix(depth):
    trace = propagate(Network("identity", "lecun_normal", depth=depth, width=30, batch=20))
    product = np.linalg.multi_dot([np.eye(30), *trace.weights])
    np.testing.assert_allclose(trace.post[-1], trace.x @ product, rtol=1e-10, atol=1e-12)
    g = trace.grad_post[-1]
    np.testing.assert_allclose(trace.grad_pre[0] @ trace.weights[0].T, g @ product.T, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(trace.grad_pre[-1], g)
    for layer in range(depth):
        after = np.linalg.multi_dot([np.eye(30), np.eye(30), *trace.weights[layer + 1 :]])
        np.testing.assert_allclose(trace.grad_weights[layer], before(trace, layer).T @ g @ after.T, atol=1e-10)


def before(trace, layer):
    return np.linalg.multi_dot([trace.x, np.eye(30), *trace.weights[:layer]])


@pytest.mark.parametrize(("initializer", "std", "gain"), [("normal", 0.3, 30 * 0.09), ("lecun_normal", 0, 1)])
def test_the_mean_square_of_a_linear_net_grows_by_fan_in_times_variance_a_layer(initializer, std, gain):
    """E over the weights is exact at any width; also for dC/dz, going back."""
    forward_logs, backward_logs = [], []
    for seed in range(60):
        trace = propagate(Network("identity", initializer, depth=4, width=30, batch=40, std=std, seed=seed))
        forward_logs.append([np.mean(h**2) / np.mean(trace.x**2) / gain ** (i + 1) for i, h in enumerate(trace.post)])
        g = trace.grad_post[-1]
        backward_logs.append([np.mean(d**2) / np.mean(g**2) / gain ** (3 - i) for i, d in enumerate(trace.grad_pre)])
    for ratios in (np.array(forward_logs), np.array(backward_logs)):
        error = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
        assert (np.abs(ratios.mean(axis=0) - 1) <= 4 * error + 1e-12).all()


def layer_numbers(seeds, number, **fields):
    """number(h) of each layer for each seed, (seeds, depth)."""
    traces = (propagate(Network(seed=seed, **fields)) for seed in range(seeds))
    return np.array([[number(h) for h in trace.post] for trace in traces])


def test_relu_means_at_std_001_are_the_books_within_seed_spread_and_finite_width_shift():
    theory = np.array([0.0398942, 0.00282095, 1.99471e-4, 1.41047e-5, 9.97356e-7])
    shift = np.array([0.001, 0.007, 0.011, 0.017, 0.022])  # of log10, at width 100, over 300 seeds
    spread = np.array([0.0038, 0.033, 0.046, 0.057, 0.070])
    seeds = 40
    logs = np.log10(layer_numbers(seeds, np.mean, activation="relu", initializer="normal", std=0.01))
    error = spread * np.sqrt(1 / seeds + 1 / 300) + 0.0005  # and the shift's own rounding
    assert (np.abs(logs.mean(axis=0) - (np.log10(theory) - shift)) < 3.5 * error).all()
    book = np.log10([0.0396, 0.00290, 0.000197, 1.32e-5, 9.46e-7])
    assert (np.abs(book - logs.mean(axis=0)) < 3.5 * spread).all()


def assert_mean_within_standard_error(numbers, expected):
    """Seeds are few against the width, so that the finite-width shift (of order 1/width) lies within the error."""
    error = numbers.std(axis=0, ddof=1) / np.sqrt(len(numbers))
    assert (np.abs(numbers.mean(axis=0) - expected) < 4 * error).all()
    assert (error < 0.05 * np.abs(expected)).all()


WIDE = {"width": 400, "batch": 100}


def test_he_relu_keeps_mean_and_std():
    for number, expected in ((np.mean, 0.56419), (np.std, 0.82565)):
        numbers = layer_numbers(25, number, activation="relu", initializer="he_normal", **WIDE)
        assert_mean_within_standard_error(numbers, expected)


def test_he_relu_keeps_the_mean_square_exactly_on_average_even_in_a_narrow_net():
    """z is symmetric given the layer below, so that E h**2 = E z**2 / 2 at every width."""
    net = {"activation": "relu", "initializer": "he_normal", "width": 50, "batch": 50}
    squares = layer_numbers(200, lambda h: np.mean(h**2), **net)
    error = squares.std(axis=0, ddof=1) / np.sqrt(200)
    assert (np.abs(squares.mean(axis=0) - 1) < 4 * error).all()
    assert (error < 0.05).all()


@pytest.mark.parametrize("initializer", ["lecun_normal", "xavier_normal"])
def test_tanh_with_the_books_xavier_shrinks_slowly(initializer):
    expected = np.array([0.62793, 0.48626, 0.40824, 0.35764, 0.32162])
    numbers = layer_numbers(25, np.std, activation="tanh", initializer=initializer, **WIDE)
    assert_mean_within_standard_error(numbers, expected)


def test_sigmoid_with_small_weights_is_one_half_everywhere():
    """|f(z) - 1/2| <= |z| / 4, and z is normal with the std of the weights times the length of what comes in."""
    trace = propagate(Network("sigmoid", "normal", std=0.01))
    for before, h in zip((trace.x, *trace.post), trace.post, strict=False):
        lengths = np.linalg.norm(before, axis=1)
        largest = np.sqrt(2 * np.log(h.size / 1e-6))  # of so many normal numbers, but for one case in a million
        assert np.abs(h - 0.5).max() < largest * 0.01 * lengths.max() / 4
    error = 0.01 * lengths.max() / 4 / np.sqrt(trace.network.width)
    assert np.mean(trace.post[-1]) == pytest.approx(0.5, abs=4 * error)


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu", "identity"])
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["gradient_source"])
def test_with_zero_weights_and_biases_everything_is_zero(activation, source):
    trace = propagate(Network(activation, "zeros", depth=3, width=4, batch=5, **source))
    for quantity in (trace.pre, trace.post, trace.grad_weights, trace.weights, trace.grad_pre[:-1]):
        assert not any(layer.any() for layer in quantity)


def test_sigmoid_with_zero_weights_moves_only_the_last_weights():
    trace = propagate(Network("sigmoid", "zeros", depth=3, width=4, batch=5))
    assert all((h == 0.5).all() for h in trace.post)
    assert [bool(g.any()) for g in trace.grad_weights] == [False, False, True]
    np.testing.assert_allclose(trace.grad_pre[-1], trace.grad_post[-1] / 4, rtol=1e-15)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky_relu", "identity"])
def test_with_constant_weights_all_units_of_a_layer_stay_equal(activation):
    trace = propagate(Network(activation, "constant", depth=3, width=6, batch=5))
    for layer in range(3):
        h = trace.post[layer]
        np.testing.assert_allclose(h, h[:, :1].repeat(6, axis=1), rtol=1e-12)
    for layer in range(2):
        g = trace.grad_weights[layer]
        np.testing.assert_allclose(g, g[:, :1].repeat(6, axis=1), rtol=1e-9, atol=1e-12)
    assert np.ptp(trace.post[0]) > 0


FORWARD_ONLY = {"grad_pre", "grad_post", "grad_weights", "_cotangent"}


def test_asking_for_post_computes_no_backward_pass():
    trace = propagate(Network(depth=2, width=3, batch=4))
    assert len(trace.post) == len(trace.slopes) == 2
    assert not FORWARD_ONLY & vars(trace).keys()
    assert len(trace.grad_pre) == 2
    assert {"grad_post", "grad_weights"}.isdisjoint(vars(trace))
    assert trace.post is trace.post


def test_propagate_computes_nothing_yet():
    assert not (FORWARD_ONLY | {"weights", "_values_and_slopes", "pre"}) & vars(propagate(Network())).keys()


NAMES = ("pre", "post", "slopes", "grad_pre", "grad_post", "grad_weights")


def assert_same_bits(one, other):
    for name in NAMES:
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            assert a.tobytes() == b.tobytes(), name


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_buffers_change_no_bit_over_changing_networks(activation):
    buffers = Buffers()
    base = Network(activation, "he_normal", depth=3, width=20, batch=30, bias_std=0.1)
    changes = [
        {}, {"std": 2.0, "initializer": "normal"}, {"depth": 5}, {"width": 7}, {"batch": 11}, {"depth": 1}, SOURCES[1],
        {"width": 300, "batch": 200}, {},
    ]  # fmt: skip
    for change in changes:
        net = dataclasses.replace(base, **change)
        assert_same_bits(propagate(net, buffers), propagate(net))


def test_the_order_of_asking_changes_no_bit():
    net = Network("tanh", "xavier_normal", depth=4, width=20, batch=30)
    backward_first = propagate(net, Buffers())
    for name in reversed(NAMES):
        getattr(backward_first, name)
    assert_same_bits(backward_first, propagate(net))


def test_buffers_are_kept_for_the_same_shape_only():
    buffers = Buffers()
    first = buffers.empty("post", 0, (3, 4))
    assert buffers.empty("post", 0, (3, 4)) is first
    assert buffers.empty("post", 1, (3, 4)) is not first
    assert buffers.empty("pre", 0, (3, 4)) is not first
    other = buffers.empty("post", 0, (4, 3))
    assert other.shape == (4, 3)
    assert buffers.empty("post", 0, (4, 3)) is other


def test_buffers_keep_no_more_than_their_bytes():
    buffers = Buffers(most=2 * 8 * 10)
    arrays = [buffers.empty("post", i, (2, 5)) for i in range(4)]
    again = [buffers.empty("post", i, (2, 5)) for i in range(4)]
    assert [a is b for a, b in zip(arrays, again, strict=True)] == [True, True, False, False]


def test_buffers_that_no_longer_fit_do_not_crowd_out_those_that_do():
    """A slider that goes from many wide layers to few narrow ones and back finds room again."""
    buffers = Buffers(most=20 * 8 * 100)
    for i in range(20):
        buffers.empty("post", i, (10, 10))
    few = [buffers.empty("post", i, (10, 20)) for i in range(10)]
    assert [buffers.empty("post", i, (10, 20)) is a for i, a in enumerate(few)] == [True] * 10


def test_a_network_without_buffers_keeps_its_arrays():
    first = propagate(Network(depth=2, width=3, batch=4))
    copy = [h.copy() for h in first.post]
    _ = propagate(Network(depth=2, width=3, batch=4, seed=1)).grad_weights
    np.testing.assert_array_equal(first.post, copy)


def test_input_and_cached_draws_are_not_edited_by_a_pass():
    net = Network("relu", "he_normal", depth=3, width=5, batch=6)
    trace = propagate(net)
    x, cotangent = trace.x.copy(), drawn(standard_normal, 0, Stream.COTANGENT, 0, 6, 5).copy()
    first = [getattr(trace, name) for name in NAMES]
    np.testing.assert_array_equal(trace.x, x)
    np.testing.assert_array_equal(drawn(standard_normal, 0, Stream.COTANGENT, 0, 6, 5), cotangent)
    assert len(first) == len(NAMES)
    assert_same_bits(trace, propagate(net))


@pytest.mark.parametrize(("std", "low", "high"), [(0.001, -218, -212), (100.0, 282, 288)])
def test_values_at_depth_100_are_as_small_and_as_large_as_they_should_be(std, low, high):
    """He-ReLU has std sqrt(2 / 100); another std changes each layer by the same factor: (std / that)**100."""
    net = Network("relu", "normal", std=std, depth=100, width=100, batch=50, seed=1)
    last = propagate(net).post[-1].max()
    assert low < np.log10(last) < high
    he = propagate(dataclasses.replace(net, initializer="he_normal")).post[-1].max()
    assert np.log10(last) - np.log10(he) == pytest.approx(100 * np.log10(std / np.sqrt(2 / 100)), abs=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("std", [0.0, 0.001, 100.0])
def test_the_extremes_give_no_warning(activation, std):
    trace = propagate(Network(activation, "normal", std=std, depth=100, width=12, batch=3, bias_std=std))
    for name in NAMES:
        assert len(getattr(trace, name)) == 100
