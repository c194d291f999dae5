"""Training: same seed same numbers, stopped and gone on with to the bit, several in step, and what is refused."""

import copy
import dataclasses
import pickle
import tracemalloc

import numpy as np
import pytest

import labkit
from labkit.nn.datasets import learnable
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.samples import data_of
from labkit.nn.train import train

DIGITS = Network(activation="relu", initializer="he_normal", depth=2, width=12, dataset="mnist_small", seed=3)
KINDS = [
    pytest.param(DIGITS, key, id=key) for key in OPTIMIZERS
] + [
    pytest.param(dataclasses.replace(DIGITS, **change), "momentum", id="-".join(map(str, change.values())))
    for change in (
        {"activation": "rrelu"}, {"activation": "prelu", "alpha_per": "unit"}, {"batch_norm": "before"},
        {"batch_norm": "after", "activation": "rrelu"}, {"dataset": "spirals"}, {"dataset": "wave"},
    )
]  # fmt: skip
EVERY_KIND = pytest.mark.parametrize(("network", "optimizer"), KINDS)


def state(training):
    return training.model.parameters.vector.copy(), training.model.running.vector.copy(), training.update_ratio


def assert_same_state(one, other):
    for ours, theirs in zip(state(one), state(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def start(network, optimizer, steps=12):
    return train(network, optimizer, 0.05, batch_size=16, steps=steps, evaluate_every=5)


@EVERY_KIND
def test_the_same_seed_gives_the_same_numbers(network, optimizer):
    one, other = start(network, optimizer), start(network, optimizer)
    assert list(one) == list(other)
    assert_same_state(one, other)
    different = start(dataclasses.replace(network, seed=4), optimizer)
    assert next(different).loss != next(start(network, optimizer)).loss


@EVERY_KIND
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t)), lambda t: t], ids=["copy", "pickle", "stop"]
)
def test_stopped_and_gone_on_with_is_as_if_never_stopped(network, optimizer, way):
    whole = start(network, optimizer)
    steps = list(whole)
    begun = start(network, optimizer)
    for first in begun:
        if first.iteration == 7:
            break
    later = way(begun)
    begun_at = state(later)
    if later is not begun:
        later.statistics()  # looking changes nothing
    assert list(later) == steps[7:]
    assert_same_state(later, whole)
    if later is not begun:  # the copy shares nothing with what it was made from
        for ours, then in zip(state(begun), begun_at, strict=True):
            np.testing.assert_array_equal(ours, then)


@EVERY_KIND
def test_looking_and_evaluating_change_nothing(network, optimizer):
    quiet, looked_at = start(network, optimizer), start(network, optimizer)
    for _ in range(12):
        looked_at.statistics()
        looked_at.evaluate()
        looked_at.predict(np.zeros((3, looked_at.data.features)))
        assert next(looked_at) == next(quiet)
    assert_same_state(looked_at, quiet)


def test_steps_can_be_raised_and_the_rate_changed():
    training = start(DIGITS, "sgd", steps=2)
    assert [step.iteration for step in training] == [1, 2]
    assert training.finished
    assert list(training) == []
    training.steps, training.learning_rate = 4, 0.0
    before = state(training)[0]
    assert [step.iteration for step in training] == [3, 4]
    np.testing.assert_array_equal(state(training)[0], before)
    training.steps = None
    assert next(training).iteration == 5


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", 1.5, "steps must be a whole number"), ("learning_rate", None, "learning_rate must be a number"),
        ("learning_rate", -1, "learning_rate must lie in"), ("evaluate_every", 0, "evaluate_every must lie in"),
    ],
)  # fmt: skip
def test_what_is_changed_is_checked(name, value, message):
    training = start(DIGITS, "sgd")
    before = getattr(training, name)
    with pytest.raises(ValueError, match=message):
        setattr(training, name, value)
    assert getattr(training, name) == before


def test_evaluations_come_at_intervals_and_at_the_last_step():
    steps = list(start(DIGITS, "sgd"))
    assert [step.iteration for step in steps if step.accuracy is not None] == [5, 10, 12]
    assert all((step.accuracy is None) == (step.test_loss is None) for step in steps)
    assert all(s.accuracy is None for s in train(DIGITS, steps=3, evaluate_every=None))


def test_a_number_has_no_accuracy():
    *_, last = start(dataclasses.replace(DIGITS, dataset="wave"), "adam")
    assert last.accuracy is None
    assert last.test_loss > 0


def test_batches_are_drawn_with_replacement_and_all_samples_alike():
    training = train(Network(dataset="moons", width=2, depth=1), batch_size=500)
    x, y = learnable("moons", 0, False, 1.0).train.x, learnable("moons", 0, False, 1.0).train.y
    place = {tuple(row): i for i, row in enumerate(x.tolist())}
    counts = np.zeros(len(x))
    for _ in range(40):
        rows, labels = next(training.batches)
        found = [place[tuple(row)] for row in rows.tolist()]
        np.testing.assert_array_equal(y[found], labels)
        np.add.at(counts, found, 1)
    # Poisson with mean 20, all but: the variance of 1000 such counts scatters by sqrt(2 / 1000)
    assert abs(counts.var() / 20 - 1) < 4 * np.sqrt(2 / 1000)


def test_without_a_size_the_batch_is_the_whole_set_in_order():
    training = train(Network(dataset="moons", width=2, depth=1), batch_size=None)
    for _ in range(2):
        x, y = next(training.batches)
        np.testing.assert_array_equal(x, training.data.train.x)
        np.testing.assert_array_equal(y, training.data.train.y)


def test_statistics_are_those_of_summarize_on_the_probe():
    training = start(dataclasses.replace(DIGITS, batch=50), "sgd")
    *_, _ = training
    trace, stats = training.trace(), training.statistics(bins=20, quantities=("post", "grad_pre", "grad_weights"))
    assert trace.x.shape == (50, 784)
    for layer in range(2):
        assert stats.post.mean[layer] == pytest.approx(trace.post[layer].mean())
        assert stats.grad_rms[layer] == pytest.approx(np.sqrt(np.mean(trace.grad_pre[layer] ** 2)))
        assert stats.dead[layer] == np.mean((trace.pre[layer] <= 0).all(axis=0))
    assert stats.post.counts.shape == (2, 20)


@pytest.mark.parametrize("norm", ["none", "before", "after"])
def test_a_trace_stays_as_it_is_while_others_are_evaluated(norm):
    training = train(dataclasses.replace(DIGITS, batch=100, batch_norm=norm), batch_size=100, evaluate_every=None)
    next(training)
    trace = training.trace()
    arrays = [getattr(trace, name) for name in ("pre", "post", "slopes", "grad_pre", "grad_post", "grad_weights")]
    arrays = [*sum(arrays, ()), trace.logits, trace.x]
    copies = [array.copy() for array in arrays]
    training.predict(training.data.train.inputs(slice(100)))
    training.evaluate(0, 100)
    for array, known in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, known)


def test_the_update_ratio_is_that_of_the_last_step():
    training = start(DIGITS, "adam")
    assert np.isnan(training.update_ratio).all()
    before = [W.copy() for W in training.weights]
    next(training)
    known = [np.linalg.norm(new - old) / np.linalg.norm(old) for new, old in zip(training.weights, before, strict=True)]
    np.testing.assert_allclose(training.update_ratio, known, rtol=1e-9)


def test_weights_can_be_disturbed_and_training_goes_on_from_there():
    training = start(dataclasses.replace(DIGITS, initializer="constant"), "sgd")
    next(training)
    training.weights[0][:] += 0.5
    assert training.trace().weights[0].mean() > 0.4
    assert training.weights[0].base is training.model.parameters.vector


def test_random_slopes_are_drawn_anew_in_training_and_are_their_mean_after_it():
    net = Network(activation="rrelu", initializer="he_normal", dataset="moons", depth=1, width=50)
    training = train(net, batch_size=None)
    next(training)
    work = training.model.work(1000)
    below = work.pre[0] < 0
    first = work.slopes[0][below].copy()
    assert first.min() >= 1 / 8
    assert first.max() <= 1 / 3
    # U(1/8, 1/3) has standard deviation (1/3 - 1/8) / sqrt(12)
    assert abs(first.mean() - 11 / 48) < 4 * (5 / 24) / np.sqrt(12 * first.size)
    probe = training.trace()
    np.testing.assert_allclose(probe.slopes[0][probe.pre[0] < 0], 11 / 48)


def test_the_slope_of_prelu_is_learned():
    for per, shape in (("layer", (1,)), ("unit", (20,))):
        net = Network(activation="prelu", initializer="he_normal", dataset="moons", depth=2, width=20, alpha_per=per)
        training = train(net, "adam", steps=200, evaluate_every=None)
        *_, last = training
        assert [alpha.shape for alpha in training.alphas] == [shape] * 2
        assert all(np.abs(alpha - 0.25).max() > 0.01 for alpha in training.alphas)
        assert np.isfinite(last.loss)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adagrad"}, "optimizer must be one of sgd, momentum, adam, got 'adagrad'"),
        ({"learning_rate": -1}, r"learning_rate must lie in \[0, 1000\], got -1"),
        ({"learning_rate": float("nan")}, "learning_rate must lie in"),
        ({"batch_size": 0}, r"batch_size must lie in \[1, 10000\], got 0"),
        ({"batch_size": 1.5}, "batch_size must be a whole number"),
        ({"steps": -1}, "steps must lie in"),
        ({"evaluate_every": 0}, "evaluate_every must lie in"),
        ({"optimizer_options": {"momentum": 0.5}}, "options of sgd may name none, got 'momentum'"),
        ({"optimizer": "momentum", "optimizer_options": {"momentum": 2}}, r"momentum must lie in \[0, 1\], got 2"),
        ({"optimizer": ["sgd"]}, r"optimizer must be one of sgd, momentum, adam, got \['sgd'\]"),
        ({"optimizer_options": ["momentum"]}, r"optimizer_options must map names to values, got \['momentum'\]"),
        ({"data": ([[1.0]], [0])}, "data must be made by data_of, got tuple"),
        ({"network": "relu"}, "network must be of type Network, got 'relu'"),
        ({"network": None}, "network must be of type Network, got None"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        train(**{"network": DIGITS, **options})


@pytest.mark.parametrize(
    ("fields", "options", "message"),
    [
        ({"dataset": "moons"}, {"batch_size": 1}, "batch_size must be at least 2 with batch normalization, got 1"),
        ({}, {"batch_size": None, "data": data_of([[1.0]], [1.0], "number")}, "batch_size must be at least 2"),
        ({}, {"data": data_of([[1.0]], [1.0], "number")}, "number of training samples must be at least 2"),
        ({"dataset": "moons", "batch": 1}, {}, "batch of the network must be at least 2 with batch normalization"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("norm", ["before", "after"])
def test_one_sample_has_no_statistics_to_be_normalized_by(norm, fields, options, message):
    with pytest.raises(ValueError, match=message):
        train(Network(**fields, batch_norm=norm), **options)
    next(train(Network(**fields), **{"evaluate_every": None, **options}))  # without it one is enough


@pytest.mark.parametrize(
    "change", [{"standardize": True}, {"input_scale": 3.0}, {"standardize": True, "input_scale": 3.0}]
)
def test_data_of_ones_own_are_standardized_and_scaled_as_a_datasets(change):
    net = dataclasses.replace(DIGITS, dataset="moons", **change)
    raw = learnable("moons", net.seed, False, 1.0)
    own = data_of(raw.train.x, raw.train.y, "yes_no", raw.test.x, raw.test.y)
    known, ours = train(net, steps=5, evaluate_every=5), train(net, steps=5, evaluate_every=5, data=own)
    assert list(ours) == list(known)


def test_noise_cannot_be_learned():
    with pytest.raises(ValueError, match="dataset 'gaussian' has none"):
        train(Network())


def test_memory_does_not_grow_with_the_steps():
    training = start(DIGITS, "adam", steps=None)
    for _ in range(20):
        next(training)
    training.statistics(quantities=("post",), histograms=())
    tracemalloc.start()
    try:
        for _ in range(200):
            next(training)
            training.statistics(quantities=("post",), histograms=())
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


def test_a_training_is_small_to_keep():
    training = start(dataclasses.replace(DIGITS, width=100, depth=4), "sgd")
    for _ in training:
        training.trace()
    parameters = training.model.parameters.vector.nbytes
    assert len(pickle.dumps(training)) < 3 * parameters + 10_000  # parameters, gradients and the last update


def test_the_promised_example_runs_as_written():
    net = labkit.Network(activation="relu", initializer="he_normal", depth=4, width=100, dataset="mnist_small", seed=0)
    for step in labkit.train(net, optimizer="sgd", learning_rate=0.01, batch_size=128, steps=3):
        assert step.iteration >= 1
        assert step.loss > 0
    assert 0 <= step.accuracy <= 1
