"""What holds for every network: properties over random ones."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.datasets import DATASETS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import QUANTITIES, summarize

SIZES = st.one_of(st.sampled_from([0.0, 0.001, 1.0, 100.0]), st.floats(0.0, 100.0))


@st.composite
def networks(draw, initializers=tuple(INITIALIZERS)):
    activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
    alpha = ACTIVATIONS[activation].alpha
    dataset = draw(st.sampled_from(sorted(DATASETS.keys() - {"mnist"})))
    labelled = DATASETS[dataset].classes is not None
    return Network(
        activation=activation,
        alpha=None if alpha is None else draw(st.floats(alpha.low, alpha.high)),
        initializer=draw(st.sampled_from(initializers)),
        depth=draw(st.one_of(st.integers(1, 5), st.integers(1, 100))),
        width=draw(st.integers(1, 12)),
        batch=draw(st.integers(1, 12)),
        std=draw(SIZES),
        bias_mean=draw(st.floats(-100.0, 100.0)),
        bias_std=draw(SIZES),
        dataset=dataset,
        input_scale=draw(st.one_of(st.just(1.0), st.floats(0.0, 1000.0))),
        standardize=draw(st.booleans()),
        gradient_source=draw(st.sampled_from(["cotangent", "loss"])) if labelled else "cotangent",
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def shapes(net):
    layer = [(net.batch, net.width)] * net.depth
    weights = [(n, net.width) for n in net.fan_ins]
    return {name: weights if "weights" in name else layer for name in QUANTITIES}


@given(networks())
def test_every_array_has_its_shape_and_every_value_is_finite_or_flagged(net):
    trace = propagate(net)
    stats = summarize(trace)
    for name in QUANTITIES:
        layers, found = getattr(trace, name), getattr(stats, name)
        assert [a.shape for a in layers] == shapes(net)[name]
        np.testing.assert_array_equal(found.nonfinite, [np.count_nonzero(~np.isfinite(a)) for a in layers])
        for moment in (found.mean, found.std, found.rms, found.min, found.max):
            assert moment.shape == (net.depth,)
            assert (np.isfinite(moment) | (found.nonfinite == found.size)).all()
        assert (found.std >= 0).all() or found.nonfinite.any()


@given(networks())
def test_shares_lie_within_0_and_1(net):
    stats = summarize(propagate(net), range=(-0.5, 2.0))
    shares = [stats.saturated, stats.inactive, stats.dead]
    shares += [share for name in QUANTITIES for share in (getattr(stats, name).zeros, getattr(stats, name).outside)]
    for share in shares:
        assert share.shape == (net.depth,)
        assert ((share >= 0) & (share <= 1)).all()


@given(networks(), st.integers(1, 50), st.one_of(st.none(), st.just((-0.5, 2.0)), st.just((1.0, 1e9))))
def test_counts_outside_and_nonfinite_add_up(net, bins, limits):
    stats = summarize(propagate(net), bins=bins, range=limits)
    for name in QUANTITIES:
        found = getattr(stats, name)
        assert found.counts.shape == (net.depth, bins)
        assert found.edges.shape == (bins + 1,)
        total = found.counts.sum(axis=1) + found.outside * found.size + found.nonfinite
        np.testing.assert_allclose(total, found.size, rtol=1e-12)
        if limits is None:
            np.testing.assert_array_equal(found.outside, 0)


@given(networks())
def test_the_same_seed_gives_the_same_numbers_bit_for_bit(net):
    one, other = propagate(net), propagate(dataclasses.replace(net))
    for name in ("weights", "biases", *QUANTITIES):
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            assert a.tobytes() == b.tobytes()


@given(networks(tuple(key for key, row in INITIALIZERS.items() if "std" in row.options)), st.floats(1e-3, 100))
def test_moving_std_keeps_the_draws(net, std):
    one, other = propagate(dataclasses.replace(net, std=1.0)), propagate(dataclasses.replace(net, std=std))
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(b / std, a, rtol=1e-15)
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.biases, other.biases)
    if net.gradient_source == "cotangent":
        np.testing.assert_array_equal(one.grad_post[-1], other.grad_post[-1])


@given(networks(), st.integers(1, 20))
def test_a_deeper_net_keeps_the_layers_that_it_had(net, more):
    net = dataclasses.replace(net, depth=min(net.depth, 80))
    deep = dataclasses.replace(net, depth=net.depth + more)
    for name in ("weights", "biases", "pre", "post"):
        for a, b in zip(getattr(propagate(net), name), getattr(propagate(deep), name), strict=False):
            np.testing.assert_array_equal(a, b)


@given(networks())
@settings(max_examples=30)
def test_another_seed_gives_other_inputs_and_weights(net):
    other = dataclasses.replace(net, seed=(net.seed + 1) % 2**32, input_scale=1.0, standardize=False, width=12)
    net = dataclasses.replace(other, seed=net.seed)
    assert not np.array_equal(propagate(net).x, propagate(other).x)
    rng = np.random.default_rng
    same = np.array_equal(*(net.initializer_row.draw(rng(seed), 12, 12) for seed in (1, 2)))
    assert same or not np.array_equal(propagate(net).weights[0], propagate(other).weights[0]) or net.std == 0
