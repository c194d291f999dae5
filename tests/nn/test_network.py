"""Network: every field is checked, with a message that names the field, the rule and the value."""

import dataclasses
import pickle
import re
import tracemalloc

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.datasets import DATASETS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import ALPHA_PER, BATCH_NORMS, GRADIENT_SOURCES, LIMITS, Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import summarize

TABLES = {
    "activation": ACTIVATIONS, "initializer": INITIALIZERS, "dataset": DATASETS, "gradient_source": GRADIENT_SOURCES,
    "batch_norm": BATCH_NORMS, "alpha_per": ALPHA_PER,
}  # fmt: skip
NAN, INF = float("nan"), float("inf")


def refusal(**fields):
    """The message of the ValueError with which Network refuses these fields."""
    with pytest.raises(ValueError, match=r"\S") as info:
        Network(**fields)
    return str(info.value)


@pytest.mark.parametrize(("name", "low", "high"), [(name, *limits) for name, limits in LIMITS.items()])
def test_a_number_is_taken_at_both_limits_and_refused_beyond(name, low, high):
    for value in (low, high):
        smallest = {"depth": 1, "width": 1, "batch": 1, name: value}
        assert getattr(Network(**smallest), name) == value
    whole = isinstance(low, int)
    for value in (low - 1, high + 1) if whole else (np.nextafter(low, -INF), np.nextafter(high, INF), -INF, INF, NAN):
        message = refusal(**{name: value})
        bounds = f"[{low}, {high}]" if whole else f"[{low:g}, {high:g}]"
        assert message.startswith(f"{name} must lie in {bounds}, got ")
        assert message.endswith(repr(value))


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", ["5", "", "five", None, [5], 1j, b"5", np.array([1.0, 2.0])], ids=repr)
def test_what_is_no_number_is_refused(name, value):
    message = refusal(**{name: value})
    assert message.startswith(f"{name} must be a")
    assert repr(value) in message


@pytest.mark.parametrize("name", [name for name, (low, _) in LIMITS.items() if isinstance(low, int)])
@pytest.mark.parametrize("value", [5.0, 5.5, NAN, INF])
def test_a_fraction_is_no_whole_number(name, value):
    assert refusal(**{name: value}).startswith(f"{name} must be a whole number in [")


@pytest.mark.parametrize("name", LIMITS)
def test_a_whole_number_too_large_for_a_float_is_beyond_the_limit(name):
    assert refusal(**{name: 10**400}).startswith(f"{name} must lie in [")


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("value", ["", "Tanh", "no_such", None, 3, ["tanh"], NAN], ids=repr)
def test_an_unknown_key_is_refused_with_the_keys_there_are(name, value):
    assert refusal(**{name: value}) == f"{name} must be one of {', '.join(TABLES[name])}, got {value!r}"


@pytest.mark.parametrize("value", ["no", "", 2, None, [], NAN], ids=repr)
def test_standardize_is_true_or_false(value):
    message = refusal(standardize=value)
    assert "standardize" in message
    assert repr(value) in message


@pytest.mark.parametrize("row", [row for row in ACTIVATIONS.values() if row.alpha], ids=lambda row: row.key)
def test_alpha_is_checked_and_defaults_to_the_rows(row):
    assert Network(activation=row.key).alpha == row.alpha.default
    assert Network(activation=row.key, alpha=row.alpha.high).alpha == row.alpha.high
    for value in (row.alpha.low - 1, row.alpha.high + 1, NAN, INF, "steep", "0.5", [0.5]):
        message = refusal(activation=row.key, alpha=value)
        assert message.startswith("alpha must")
        assert repr(value) in message


@pytest.mark.parametrize("row", [row for row in ACTIVATIONS.values() if not row.alpha], ids=lambda row: row.key)
def test_alpha_is_not_kept_where_the_activation_has_none(row):
    assert Network(activation=row.key, alpha=0.3) == Network(activation=row.key)


def test_alpha_per_is_kept_only_where_alpha_is_learned():
    assert Network(activation="prelu", alpha_per="unit").alpha_per == "unit"
    assert Network(activation="leaky_relu", alpha_per="unit") == Network(activation="leaky_relu")


def test_propagate_refuses_batch_normalization():
    with pytest.raises(ValueError, match=r"batch_norm must be 'none' here, got 'after': see labkit\.train"):
        propagate(Network(batch_norm="after"))


@pytest.mark.parametrize("row", INITIALIZERS.values(), ids=lambda row: row.key)
def test_initializer_options_are_those_of_the_row_with_their_defaults(row):
    options = Network(initializer=row.key, std=0.25).options
    assert options == {name: 0.25 if name == "std" else option.default for name, option in row.options.items()}
    for name, option in row.options.items():
        if option.choices:
            for choice in option.choices:
                assert Network(initializer=row.key, initializer_options={name: choice}).options[name] == choice
            for value in ("no_such", "", 1.0, None, ["in"]):
                message = refusal(initializer=row.key, initializer_options={name: value})
                assert message == f"{name} must be one of {', '.join(option.choices)}, got {value!r}"
        elif name != "std":
            given = Network(initializer=row.key, initializer_options={name: option.high})
            assert given.options[name] == option.high
            for value in (option.high + 1, option.low - 1, NAN, "x", None):
                message = refusal(initializer=row.key, initializer_options={name: value})
                assert message.startswith(f"{name} must")
                assert repr(value) in message


@pytest.mark.parametrize("name", ["std", "no_such", 3])
def test_an_option_that_the_initializer_does_not_take_is_refused(name):
    message = refusal(initializer="constant", initializer_options={name: 1.0})
    assert message == f"initializer_options of constant may name constant, got {name!r}"


@pytest.mark.parametrize("options", [5, None, "ab", [1, 2], ["constant"]], ids=repr)
def test_initializer_options_that_are_no_mapping_are_refused(options):
    assert "initializer_options" in refusal(initializer="constant", initializer_options=options)


def test_loss_needs_labels():
    assert refusal(gradient_source="loss") == "gradient_source 'loss' needs labels; dataset 'gaussian' has none"
    assert Network(gradient_source="loss", dataset="mnist_small").gradient_source == "loss"


def test_a_batch_beyond_the_data_is_refused():
    assert Network(dataset="mnist_small", batch=5000).batch == 5000
    assert re.match(r"batch must lie in \[1, 5000\] .*, got 5001$", refusal(dataset="mnist_small", batch=5001))


def test_what_exceeds_the_memory_is_refused_with_what_to_lower():
    message = refusal(depth=100, width=1000, batch=10_000)
    assert re.search(r"needs \d+ MiB, and 2048 MiB are allowed", message)
    assert message.endswith("lower depth (100), width (1000) or batch (10000)")


def test_the_memory_limit_is_the_environments(monkeypatch):
    net = Network()
    monkeypatch.setenv("LABKIT_MEMORY_MIB", f"{net.memory / 2**20 - 0.01}")
    assert "lower depth (5), width (100) or batch (1000)" in refusal()
    monkeypatch.setenv("LABKIT_MEMORY_MIB", f"{net.memory / 2**20 + 0.01}")
    assert Network() == net
    monkeypatch.setenv("LABKIT_MEMORY_MIB", "much")
    assert "LABKIT_MEMORY_MIB" in refusal()


@pytest.mark.parametrize(
    "shape",
    [
        {"depth": 20, "width": 100, "batch": 2000}, {"depth": 3, "width": 800, "batch": 20},
        {"depth": 1, "width": 30, "batch": 5000, "dataset": "mnist_small"},
    ],
)  # fmt: skip
def test_a_trace_with_all_its_statistics_stays_within_the_stated_memory(shape):
    net = Network(seed=77, standardize=True, bias_std=0.1, **shape)
    small = dataclasses.replace(net, depth=1, width=1, batch=1)
    summarize(propagate(small))  # the digits and the tables are no network's
    tracemalloc.start()
    try:
        trace = propagate(net)
        summarize(trace)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= net.memory + 2**20


def test_fan_ins_begin_with_the_features_of_the_data():
    assert Network(depth=3, width=20).fan_ins == (20, 20, 20)
    assert Network(depth=3, width=20, dataset="mnist_small").fan_ins == (784, 20, 20)
    assert Network(depth=1, width=20, dataset="mnist_small").fan_ins == (784,)


def test_equal_networks_are_equal_and_hash_alike():
    plain = Network(initializer="constant", std=1, seed=np.int64(3), initializer_options={"constant": 1})
    same = Network(initializer="constant", std=1.0, seed=3, initializer_options=(("constant", 1.0),))
    assert plain == same
    assert hash(plain) == hash(same)
    assert plain != dataclasses.replace(plain, seed=4)
    assert {plain: "kept"}[same] == "kept"
    assert type(plain.std) is float
    assert type(plain.seed) is int


def test_a_network_travels_and_cannot_be_edited():
    net = Network(activation="leaky_relu", initializer="constant", initializer_options={"constant": 0.2})
    assert pickle.loads(pickle.dumps(net)) == net
    assert dataclasses.replace(net, depth=7).initializer_options == net.initializer_options
    with pytest.raises(dataclasses.FrozenInstanceError):
        net.depth = 3


def test_the_defaults_are_the_promised_ones():
    assert LIMITS["depth"] == (1, 100)
    assert LIMITS["width"] == (1, 1000)
    assert LIMITS["batch"] == (1, 10_000)
    assert LIMITS["std"] == (0, 100)
    net = Network()
    assert (net.activation, net.initializer, net.depth, net.width, net.batch) == ("tanh", "normal", 5, 100, 1000)
    assert (net.bias_mean, net.bias_std, net.dataset, net.gradient_source) == (0, 0, "gaussian", "cotangent")
