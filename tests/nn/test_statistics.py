"""Statistics against plain NumPy on the same trace, and at the edge of what is representable."""

import dataclasses
from decimal import Context, Decimal
from fractions import Fraction

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import QUANTITIES, SATURATED_BELOW, summarize
from labkit.nn.train import train

EVERY = pytest.mark.parametrize("activation", ACTIVATIONS)
SMALL = {"depth": 3, "width": 8, "batch": 20}


@EVERY
def test_moments_are_numpys_for_every_quantity(activation):
    trace = propagate(Network(activation, "he_normal", bias_std=0.1, **SMALL))
    stats = summarize(trace)
    for name in QUANTITIES:
        layers, found = getattr(trace, name), getattr(stats, name)
        for key in ("mean", "std", "min", "max"):
            expected = [getattr(np, key)(a) for a in layers]
            np.testing.assert_allclose(getattr(found, key), expected, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(found.rms, [np.sqrt(np.mean(a**2)) for a in layers], rtol=1e-12)
        np.testing.assert_array_equal(found.zeros, [np.mean(a == 0) for a in layers])
        np.testing.assert_array_equal(found.size, [a.size for a in layers])
        np.testing.assert_array_equal(found.nonfinite, 0)


@EVERY
def test_edges_are_common_and_hold_every_value(activation):
    trace = propagate(Network(activation, "xavier_normal", **SMALL))
    stats = summarize(trace, bins=17)
    for name in QUANTITIES:
        found = getattr(stats, name)
        assert found.edges.shape == (18,)
        for layer, counts, outside in zip(getattr(trace, name), found.counts, found.outside, strict=True):
            np.testing.assert_array_equal(counts, np.histogram(layer, found.edges)[0])
            assert outside == 0
            assert counts.sum() == layer.size


def test_a_fixed_range_hides_values_and_says_how_many():
    trace = propagate(Network("tanh", "lecun_normal"))
    post = summarize(trace, range=(0, 1), quantities=("post",)).post
    np.testing.assert_allclose(post.outside, [np.mean((h < 0) | (h > 1)) for h in trace.post], atol=1e-12)
    assert (post.outside > 0.4).all()
    np.testing.assert_array_equal(post.edges[[0, -1]], [0, 1])
    np.testing.assert_array_equal(post.counts[2], np.histogram(trace.post[2], 30, (0, 1))[0])


def test_the_range_0_to_1_hides_a_quarter_of_a_he_relu_layer():
    """h > 1 is z > 1 with z ~ N(0, 2): a share of 0.2398."""
    shares = [
        summarize(propagate(Network("relu", "he_normal", depth=1, seed=seed)), range=(0, 1), quantities=["post"])
        .post.outside[0]
        for seed in range(10)
    ]  # fmt: skip
    error = np.std(shares, ddof=1) / np.sqrt(10)
    assert abs(np.mean(shares) - 0.2398) < 4 * error


def test_a_mapping_gives_each_quantity_its_range_and_the_others_their_own():
    stats = summarize(propagate(Network(**SMALL)), range={"pre": (-3, 5)})
    np.testing.assert_array_equal(stats.pre.edges[[0, -1]], [-3, 5])
    assert stats.post.outside.max() == 0


def test_histograms_are_made_only_for_those_named():
    stats = summarize(propagate(Network(**SMALL)), histograms=("post",))
    assert stats.post.counts.shape == (3, 30)
    assert stats.pre.counts is stats.pre.edges is stats.pre.outside is None
    assert summarize(propagate(Network(**SMALL)), bins=7, histograms=()).post.counts is None


BAD_RANGES = [(1, 1), (2, 1), (0, np.inf), (0, np.nan), (1,), (1, 2, 3), 5, "ab", (None, 1)]


@pytest.mark.parametrize("limits", BAD_RANGES, ids=repr)
def test_a_bad_range_is_refused(limits):
    with pytest.raises(ValueError, match=r"^range must be"):
        summarize(propagate(Network(**SMALL)), range=limits)


@pytest.mark.parametrize("bins", [0, -1, 2.5, "ten", None], ids=repr)
def test_a_bad_number_of_bins_is_refused(bins):
    with pytest.raises(ValueError, match=r"^bins must"):
        summarize(propagate(Network(**SMALL)), bins=bins)


@pytest.mark.parametrize("where", ["quantities", "histograms"])
def test_an_unknown_quantity_is_refused_with_those_there_are(where):
    with pytest.raises(ValueError, match=rf"may name {', '.join(QUANTITIES)}, got 'biases'"):
        summarize(propagate(Network(**SMALL)), **{where: ("post", "biases")})


def test_an_unknown_quantity_in_a_range_is_refused():
    with pytest.raises(ValueError, match=rf"may name {', '.join(QUANTITIES)}, got 'biases'"):
        summarize(propagate(Network(**SMALL)), range={"biases": (0, 1)})


def test_what_was_not_asked_for_is_not_computed_and_says_so():
    trace = propagate(Network(**SMALL))
    stats = summarize(trace, quantities=("post",))
    assert not {"pre", "grad_pre", "grad_post", "grad_weights"} & vars(trace).keys()
    for name in ("pre", "grad_pre", "grad_post", "grad_weights"):
        with pytest.raises(AttributeError, match=rf"LayerStatistics\.{name} was not asked for: see summarize"):
            getattr(stats, name)
    with pytest.raises(AttributeError, match="grad_pre was not asked for"):
        _ = stats.grad_rms


def test_short_names_are_those_of_the_activations_and_gradients():
    trace = propagate(Network("tanh", "xavier_normal", **SMALL))
    stats = summarize(trace)
    for key in ("mean", "std", "rms"):
        np.testing.assert_array_equal(getattr(stats, key), getattr(stats.post, key))
    np.testing.assert_allclose(stats.grad_rms, [np.sqrt(np.mean(g**2)) for g in trace.grad_pre])
    np.testing.assert_allclose(stats.grad_post_rms, [np.sqrt(np.mean(g**2)) for g in trace.grad_post])
    np.testing.assert_allclose(stats.weight_norm, [np.linalg.norm(W) for W in trace.weights])
    np.testing.assert_allclose(stats.grad_weight_norm, [np.linalg.norm(g) for g in trace.grad_weights])
    np.testing.assert_allclose(stats.grad_weight_ratio * stats.weight_norm, stats.grad_weight_norm)
    assert stats.depth == 3


@EVERY
@pytest.mark.parametrize("std", [0.0, 0.05, 3.0])
def test_shares_are_those_of_their_definitions(activation, std):
    trace = propagate(Network(activation, "normal", std=std, bias_mean=-0.5, bias_std=2.0, **SMALL))
    stats = summarize(trace, quantities=())
    z = np.linspace(-30, 30, 60_001)
    row, alpha = trace.network.activation_row, trace.network.alpha
    units = np.stack([z, np.zeros_like(z)], axis=1)  # softmax couples the units of a row: one of two moves
    bound = SATURATED_BELOW * np.abs(row.derivative(units, alpha)).max()
    slopes = [row.derivative(z, alpha) for z in trace.pre]
    np.testing.assert_allclose(stats.saturated, [np.mean(np.abs(s) < bound) for s in slopes])
    np.testing.assert_allclose(stats.inactive, [np.mean(row.function(z, alpha) == 0) for z in trace.pre])
    np.testing.assert_allclose(stats.dead, [np.mean((s == 0).all(axis=0)) for s in slopes])


def test_saturated_tanh_is_beyond_097():
    trace = propagate(Network("tanh", "normal", std=1.0))
    stats = summarize(trace, quantities=())
    np.testing.assert_allclose(stats.saturated, [np.mean(np.abs(h) > 0.97) for h in trace.post], atol=1e-9)
    assert pytest.approx(0.0591) == SATURATED_BELOW


def test_a_large_negative_bias_kills_relu_units_and_leaky_relu_has_none():
    fields = {"initializer": "he_normal", "bias_mean": -100.0, "depth": 2, "width": 10, "batch": 50}
    dead = summarize(propagate(Network("relu", **fields)), quantities=())
    np.testing.assert_array_equal([dead.dead, dead.inactive, dead.saturated], 1)
    alive = summarize(propagate(Network("leaky_relu", alpha=0.1, **fields)), quantities=())
    np.testing.assert_array_equal([alive.dead, alive.inactive, alive.saturated], 0)


def test_a_unit_that_one_sample_moves_is_not_dead():
    stats = summarize(propagate(Network("relu", "he_normal", depth=1, width=50, batch=1)), quantities=())
    assert stats.dead[0] == stats.inactive[0]
    assert 0.2 < stats.dead[0] < 0.8
    assert summarize(propagate(Network("relu", "he_normal", depth=1, width=50)), quantities=()).dead == 0


def test_the_ratio_to_zero_weights_is_not_a_number_and_no_warning():
    stats = summarize(propagate(Network("tanh", "zeros", **SMALL)))
    assert np.isnan(stats.grad_weight_ratio).all()
    assert np.isposinf(summarize(propagate(Network("sigmoid", "zeros", **SMALL))).grad_weight_ratio[-1])
    np.testing.assert_array_equal(stats.post.zeros, 1)
    np.testing.assert_array_equal(stats.weight_norm, 0)


EXACT = Context(prec=50, Emin=-99999, Emax=99999)


def exact_rms_and_mean(layer):
    fractions = [Fraction(float(value)) for value in layer.reshape(-1)]
    mean = sum(fractions) / len(fractions)
    square = sum(f * f for f in fractions) / len(fractions)
    return float(EXACT.sqrt(EXACT.divide(Decimal(square.numerator), Decimal(square.denominator)))), float(mean)


@pytest.mark.parametrize(("activation", "std"), [("relu", 0.001), ("relu", 100.0), ("identity", 0.001)])
def test_moments_at_depth_100_are_exact_where_the_squares_are_not_representable(activation, std):
    trace = propagate(Network(activation, "normal", std=std, depth=100, width=100, batch=3))
    with np.errstate(all="ignore"):
        assert np.mean(trace.post[-1] ** 2) in (0, np.inf)
    stats = summarize(trace)
    for name in ("post", "grad_pre", "grad_weights"):
        for layer in (0, 50, 99):
            rms, mean = exact_rms_and_mean(getattr(trace, name)[layer])
            found = getattr(stats, name)
            assert found.rms[layer] == pytest.approx(rms, rel=1e-12)
            assert found.mean[layer] == pytest.approx(mean, rel=1e-9, abs=1e-13 * rms)
            assert found.counts[layer].sum() == found.size[layer]


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu"])
def test_overflow_is_counted_and_shown_without_a_warning(activation):
    trace = propagate(Network(activation, "normal", std=100, depth=100, width=300, batch=3))
    stats = summarize(trace)
    for name in QUANTITIES:
        layers, found = getattr(trace, name), getattr(stats, name)
        np.testing.assert_array_equal(found.nonfinite, [np.count_nonzero(~np.isfinite(a)) for a in layers])
        beyond = [np.mean(np.isfinite(a) & ((a < found.edges[0]) | (a > found.edges[-1]))) for a in layers]
        np.testing.assert_allclose(found.outside, beyond, atol=1e-12)
        assert np.max(beyond) == 0 or found.edges[-1] == 5e307, "only at the end of the numbers is anything hidden"
        total = found.counts.sum(axis=1) + np.rint(found.outside * found.size) + found.nonfinite
        np.testing.assert_array_equal(total, found.size)
        assert np.isfinite(found.edges).all()
    assert stats.post.nonfinite[-1] > 0
    assert stats.post.nonfinite[0] == 0
    assert np.isfinite(stats.rms[0])
    assert stats.grad_weight_norm.shape == stats.grad_weight_ratio.shape == (100,)


def test_std_0_at_depth_100_is_all_exact_zeros():
    stats = summarize(propagate(Network("tanh", "normal", std=0.0, depth=100, width=10, batch=5)))
    np.testing.assert_array_equal(stats.post.zeros, 1)
    np.testing.assert_array_equal([stats.std, stats.mean, stats.rms], 0)
    np.testing.assert_array_equal(stats.post.counts.sum(axis=1), 50)


def test_statistics_hold_no_trace_and_are_small():
    stats = summarize(propagate(Network(depth=3, width=100, batch=1000)))
    arrays = [a for d in stats.distributions.values() for a in vars(d).values() if a is not None]
    assert sum(a.nbytes for a in arrays) < 20_000
    assert all(a.base is None or a.base.nbytes < 20_000 for a in arrays)


def test_a_learned_slope_decides_what_is_saturated():
    # alpha 20: the largest slope is 20, and 1 is below 0.0591 of it; alpha -3: the largest is 3
    net = Network("prelu", "he_normal", depth=2, width=4, batch=100, dataset="moons", alpha_per="unit")
    training = train(net)
    assert training.statistics().saturated.tolist() == [0, 0]
    training.alphas[0][...] = [20.0, 0.25, -3.0, 0.05]
    positive = (training.trace().pre[0] > 0).mean(axis=0)
    known = [positive[0], 0, 0, 1 - positive[3]]
    found = training.statistics()
    assert found.saturated == pytest.approx([np.mean(known), 0], abs=1e-15)
    one = train(dataclasses.replace(net, alpha_per="layer"))
    one.alphas[1][...] = 20.0
    assert one.statistics().saturated == pytest.approx([0, (one.trace().pre[1] > 0).mean()], abs=1e-15)
