"""diagnose(): right on a grid whose labels come from closed forms and mean-field theory, and sound at the edges."""

from collections import Counter
from dataclasses import FrozenInstanceError, replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from threadpoolctl import threadpool_limits

from labkit.nn.diagnosis import diagnose
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import summarize
from labkit.nn.train import train
from labkit.nn.verdicts import THRESHOLDS, VERDICTS

from .diagnosis_grid import grid  # isort: skip
from .test_random_networks import networks  # isort: skip


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1, user_api="blas"):
        yield


def measured(net):
    return summarize(propagate(net), quantities=("post", "grad_pre"), histograms=())


def diagnosed(net):
    return diagnose(measured(net), net)


@cache
def found():
    return [(setting, diagnosed(setting.network)) for setting in grid()]


def test_the_grid_has_over_300_settings_of_every_kind():
    labels = Counter(setting.label for setting in grid())
    assert labels.total() >= 300
    assert set(labels) == VERDICTS.keys() - {"mixed"}
    assert min(labels.values()) >= 10
    networks_ = [setting.network for setting in grid()]
    assert len(set(networks_)) == len(networks_)
    for name, least in {"activation": 15, "initializer": 12, "depth": 8, "width": 6, "seed": 200, "dataset": 2}.items():
        assert len({getattr(net, name) for net in networks_}) >= least
    assert any(net.bias_mean for net in networks_)
    assert any(net.bias_std for net in networks_)
    assert any(net.gradient_source == "loss" for net in networks_)


@pytest.mark.parametrize("label", sorted(VERDICTS.keys() - {"mixed"}))
def test_no_verdict_is_wrong(label):
    wrong = [
        f"{result.verdict}: {result.evidence} ({setting})"
        for setting, result in found()
        if setting.label == label and result.verdict not in {label, "mixed"}
    ]
    assert wrong == []


def test_mixed_is_said_of_a_tenth_at_most():
    assert sum(result.verdict == "mixed" for _, result in found()) <= len(found()) / 10


def test_every_remedy_helps_and_most_heal():
    verdicts = Counter()
    for setting, result in found():
        if result.remedy is None:
            assert result.verdict == "healthy", setting
            continue
        after = diagnosed(replace(setting.network, **result.remedy.changes))
        verdicts[after.verdict] += 1
        assert after.verdict != result.verdict or after.severity < 0.9 * result.severity, setting
    assert verdicts["healthy"] >= 0.95 * verdicts.total()


def test_the_verdict_is_that_of_the_numbers_whatever_the_network_is_called():
    for setting, result in found()[::7]:
        statistics = measured(setting.network)
        for network in (None, Network("softplus", "zeros", depth=2)):
            told = diagnose(statistics, network)
            assert (told.verdict, told.severity) == (result.verdict, result.severity)
            assert told.remedy is None or network is not None


def test_findings_lie_beyond_their_thresholds_and_the_decisive_one_is_first():
    for setting, result in found():
        assert (result.verdict == "healthy") == (not result.findings)
        for finding in result.findings:
            assert finding.limit == THRESHOLDS[finding.threshold].value
            assert 1 <= finding.layer <= setting.network.depth
            assert 1 <= finding.severity <= 1e6
            below, above = finding.value <= finding.limit, finding.value >= finding.limit
            assert below if finding.verdict == "vanishing" else above, finding
        if result.findings and result.verdict != "mixed":
            assert result.findings[0].verdict == result.verdict


def test_the_evidence_has_the_measured_numbers():
    net = Network("sigmoid", std=0.01)
    result, rms = diagnosed(net), measured(net).grad_rms
    ratio = rms[0] / rms[-1]
    assert result.verdict == "vanishing"
    gradient = result.findings[0]
    assert gradient.value == pytest.approx(ratio, rel=1e-12)
    mantissa, exponent = f"{ratio:.1e}".split("e")
    kept = float(f"{ratio ** (2 / 4):.2g}")
    assert f"layer 1: gradient {mantissa}e{int(exponent)} of that in layer 5" in result.evidence
    assert f"sigmoid keeps {kept:g} of its mean square a layer" in result.evidence
    assert "weights of std 0.01" in result.cause
    assert "sigmoid" not in diagnose(measured(net)).evidence + diagnose(measured(net)).cause


def test_a_dead_layer_is_named_with_its_share():
    result = diagnosed(Network("relu", "he_normal", bias_mean=-100.0, depth=3, width=20, batch=40))
    assert result.evidence.startswith("layer 1: 100 % of the units are dead")
    assert {finding.verdict for finding in result.findings} == {"dead", "vanishing"}
    assert result.remedy.changes == {"bias_mean": 0.0}
    assert result.remedy.label == "biases of 0"


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"activation": "relu", "std": 0.01}, {"initializer": "he_normal"}),
        ({"activation": "tanh", "std": 1.0}, {"initializer": "lecun_normal"}),
        ({"activation": "tanh", "std": 0.5, "bias_mean": 30.0}, {"initializer": "lecun_normal", "bias_mean": 0.0}),
        ({"activation": "sigmoid", "std": 0.01}, {"activation": "tanh", "initializer": "lecun_normal"}),
        ({"activation": "leaky_relu", "alpha": 0.5, "std": 1.0}, {"std": 0.126491}),
        ({"activation": "gelu", "initializer": "ones"}, {"initializer": "normal", "std": 0.153353}),
        ({"activation": "tanh", "initializer": "lecun_normal", "input_scale": 500.0}, {"input_scale": 1.0}),
        ({"activation": "tanh", "initializer": "zeros"}, {"initializer": "lecun_normal"}),
    ],
    ids=lambda fields: "-".join(f"{name} {value}" for name, value in fields.items()),
)  # fmt: skip
def test_the_remedy_is_the_least_change(fields, changes):
    assert diagnosed(Network(**fields)).remedy.changes == changes


@pytest.mark.parametrize("fields", [{"depth": 1}, {"width": 1}, {"batch": 1}, {"depth": 1, "width": 1, "batch": 1}])
@pytest.mark.parametrize("std", [1e-30, 0.1, 1.0])
def test_one_layer_one_unit_or_one_sample_of_a_linear_net_has_no_verdict_beyond_its_trend(fields, std):
    net = Network("identity", **{"std": std, "depth": 3, "width": 10, "batch": 20, **fields})
    result, statistics = diagnosed(net), measured(net)
    ratio = statistics.rms[-1] / statistics.rms[0]
    expected = "healthy" if 0.01 < ratio < 100 or net.depth == 1 else "vanishing"
    assert result.verdict == expected
    assert "nan" not in (result.evidence + result.cause).lower()


@pytest.mark.parametrize(("std", "verdict"), [(0.001, "vanishing"), (100.0, "exploding")])
@pytest.mark.parametrize("width", [100, 300])  # 300: beyond float64
@pytest.mark.parametrize("activation", ["identity", "relu", "gelu"])  # the last: NaN where another is infinite
def test_a_hundred_layers_leave_float64_and_are_named(std, verdict, width, activation):
    result = diagnosed(Network(activation, std=std, depth=100, width=width, batch=3))
    assert result.verdict == verdict
    assert {finding.quantity for finding in result.findings} >= {"activations", "gradient"}


def test_a_gradient_of_zero_is_the_worst_that_vanishes():
    result = diagnosed(Network("sigmoid", "zeros", bias_std=1.0, depth=3, width=10, batch=20))
    assert result.verdict == "vanishing"
    assert result.severity == 1e6
    assert result.findings[0].value == 0


def test_a_function_without_a_value_is_mixed_and_not_exploding():
    result = diagnosed(Network("formula: log(x)", "lecun_normal", depth=3, width=10, batch=20))
    assert result.verdict == "mixed"
    assert "infinite or not a number" in result.evidence


def stand_in(forward, backward, **fields):
    """Statistics of two layers with these ratios and nothing else wrong."""
    zero = np.zeros(2)
    rms = np.array([1.0, forward])
    post = SimpleNamespace(rms=rms, min=-rms, max=rms, nonfinite=zero)
    grad = SimpleNamespace(rms=np.array([backward, 1.0]), nonfinite=zero)
    none = dict.fromkeys(("saturated", "inactive", "dead", "twins", "cosine"), zero)
    return SimpleNamespace(**{**none, "post": post, "grad_pre": grad, "depth": 2, "batch": 100, **fields})


def test_opposite_trends_are_mixed_and_both_are_said():
    result = diagnose(stand_in(1e4, 1e-5))
    assert result.verdict == "mixed"
    assert "activations 1e4 times that" in result.evidence
    assert "gradient 1e-5 of that" in result.evidence


TWO = {
    "twins": np.ones(2), "dead": np.ones(2), "inactive": np.ones(2), "saturated": np.ones(2),
    "cosine": np.array([0.5, 0.99]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("given_", "ratios", "verdict"),
    [
        (("twins", "dead", "inactive", "cosine"), (1e-9, 1e-9), "symmetric"),
        (("dead", "inactive", "saturated", "cosine"), (1e-9, 0.0), "dead"),
        (("dead", "saturated"), (1.0, 1e9), "saturated"),
        (("saturated",), (1e3, 1e3), "exploding"),
        (("cosine",), (1.0, 1e-3), "vanishing"),
        (("cosine",), (1.0, 1.0), "collapsing"),
        ((), (1.0, 1.0), "healthy"),
    ],
)
def test_the_root_cause_comes_before_what_follows_from_it(given_, ratios, verdict):
    assert diagnose(stand_in(*ratios, **{name: TWO[name] for name in given_})).verdict == verdict


def test_half_of_the_units_at_rest_is_chance_where_all_samples_are_alike():
    shares = {"dead": np.array([0.0, 0.6]), "inactive": np.array([0.0, 0.6])}
    assert diagnose(stand_in(1.0, 1.0, **shares)).verdict == "dead"
    assert diagnose(stand_in(1.0, 1.0, **shares, cosine=np.array([0.5, 0.99]))).verdict == "collapsing"
    assert diagnose(stand_in(1.0, 1.0, **shares, batch=5)).verdict == "healthy"


def test_two_thirds_of_the_values_are_saturated_where_they_bunch_and_chance_where_they_do_not():
    shares, reach = {"saturated": np.array([0.67, 0.5])}, np.array([4.0, 4.0])
    assert diagnose(stand_in(1.0, 1.0, **shares)).verdict == "saturated"
    long_tail = SimpleNamespace(rms=np.ones(2), min=-reach, max=reach, nonfinite=np.zeros(2))
    assert diagnose(stand_in(1.0, 1.0, **shares, post=long_tail)).verdict == "healthy"
    assert diagnose(stand_in(1.0, 1.0, saturated=np.full(2, 0.8), post=long_tail)).verdict == "saturated"


def test_a_unit_without_slope_is_dead_only_if_it_is_silent():
    assert diagnose(stand_in(1.0, 1.0, dead=np.ones(2))).verdict == "healthy"
    assert diagnose(stand_in(1.0, 1.0, dead=np.ones(2), inactive=np.ones(2))).verdict == "dead"


def test_with_a_loss_the_gradient_is_measured_against_the_last_layers():
    fields = {"dataset": "mnist_small", "depth": 5, "width": 60, "batch": 200, "gradient_source": "loss"}
    net = Network("relu", "he_normal", **fields)
    assert measured(net).grad_rms[-1] < 1e-2, "of a mean over 200 samples: not in units of 1"
    assert diagnosed(net).verdict == "healthy"
    assert diagnosed(replace(net, initializer="normal", std=0.005)).verdict == "vanishing"


def test_a_network_in_training_is_diagnosed_with_batch_norm_too():
    net = Network("tanh", std=0.01, depth=4, width=20, batch=50, dataset="moons", batch_norm="before")
    assert diagnose(train(net, steps=3).statistics(), net).verdict == "healthy"
    without = replace(net, batch_norm="none")
    assert diagnose(train(without, steps=3).statistics(), without).verdict == "vanishing"


def test_nothing_is_proposed_for_a_network_with_batch_norm():
    net = Network("relu", "he_normal", depth=20, width=50, batch=50, dataset="moons", batch_norm="after")
    found = diagnose(train(net, steps=1, learning_rate=1e-9).statistics(), net)
    assert found.verdict != "healthy"
    assert found.remedy is None


def test_what_was_not_summarized_is_asked_for():
    statistics = summarize(propagate(Network(depth=2, width=5, batch=5)), quantities=("post",))
    with pytest.raises(AttributeError, match="grad_pre was not asked for"):
        diagnose(statistics)


def test_a_diagnosis_and_its_tables_can_be_read_and_not_written():
    result = diagnosed(Network(depth=2, width=5, batch=5))
    with pytest.raises(FrozenInstanceError):
        result.verdict = "healthy"
    assert result.row is VERDICTS[result.verdict]
    for row in THRESHOLDS.values():
        assert row.label
        assert row.why
        assert row.value > 0


@settings(max_examples=80)
@given(networks())
def test_every_network_has_a_verdict(net):
    result = diagnosed(net)
    assert result.verdict in VERDICTS
    assert result.cause
    assert result.evidence
    assert not any("nan" in text.split() or "{" in text for text in (result.cause, result.evidence))
    if net.depth <= 6 and result.remedy is not None:
        assert diagnosed(replace(net, **result.remedy.changes)).verdict in VERDICTS
