"""The sweep explorer: its map holds what the table holds, theory is theory's, and a point opens where it says."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

import labkit
from labkit import Design, Network, predict, propagate, summarize
from labkit.labs import LABS
from labkit.labs.parameters import ParameterError
from labkit.labs.sweep_columns import columns_of
from labkit.labs.sweep_theory import TRAINABLE, depth_lines, network_of
from labkit.labs.sweeps import SHIPPED, SWEEPS, Sweep
from labkit.sweeps import read_design
from labkit.sweeps.record import columns, record
from labkit.ui.leads import link_of

ROOT = Path(__file__).parents[2]
LAB = LABS["sweep_explorer"]
TABLE = pandas.read_csv(SHIPPED / "trainability.csv")
DESIGN = read_design(SHIPPED / "trainability.toml")


def at(**values):
    return LAB.compute(LAB.parameters.of({"sweep": "trainability", **values}))


def test_the_shipped_table_is_that_of_its_design():
    assert len(TABLE) == len(DESIGN)
    for name in ("std", "depth", "seed"):
        assert TABLE[name].tolist() == [DESIGN.setting(i)[name] for i in range(len(DESIGN))]
    assert TABLE.error.isna().all()


@pytest.mark.parametrize("number", [0, 100, 333, 575])
def test_its_numbers_are_measured_again(number):
    setting, row = DESIGN.setting(number), TABLE.iloc[number]
    again = record(setting)
    for name in ("rms_last", "rms_gain", "std_last", "grad_rms_first", "grad_gain", "cosine_last"):
        assert row[name] == pytest.approx(again[name], rel=1e-6), name  # another processor adds up otherwise
    assert row["verdict"] == again["verdict"]


@pytest.mark.long
@pytest.mark.parametrize("number", range(0, 576, 48))
def test_its_trainings_are_done_again(number):
    """Rounding grows in 200 steps, most where networks learn fast: the spread of the seeds is a hundred times that."""
    row, again = TABLE.iloc[number], record(DESIGN.setting(number), DESIGN.training)
    assert row["loss_first"] == pytest.approx(again["loss_first"], rel=1e-6)
    assert row["loss"] == pytest.approx(again["loss"], rel=0.05)
    assert row["accuracy"] == pytest.approx(again["accuracy"], abs=0.05)


@pytest.mark.parametrize("measure", ["accuracy", "grad_gain", "cosine_last"])
def test_the_map_holds_the_means_of_the_table(measure):
    result = at(measure=measure, column=5, row=7)
    expected = TABLE.groupby(["depth", "std"])[measure].agg(["mean", "min", "max"])
    for name, found in (("mean", result.plane.mean), ("min", result.plane.low), ("max", result.plane.high)):
        np.testing.assert_allclose(found, expected[name].unstack(), rtol=1e-12)
    np.testing.assert_array_equal(result.along.mean, result.plane.mean[6])
    np.testing.assert_array_equal(result.through.mean, result.plane.mean[:, 4])
    assert result.here == result.plane.mean[6, 4]
    assert result.map.ends == (TABLE[measure].min(), TABLE[measure].max())


def test_the_axes_can_be_exchanged():
    turned, usual = at(across="depth", up="std", column=7, row=5), at(column=5, row=7)
    np.testing.assert_array_equal(turned.plane.mean, usual.plane.mean.T)
    for (_, across, up), (_, other, another) in zip(turned.map.lines, usual.map.lines, strict=True):
        np.testing.assert_array_equal(across, another)
        np.testing.assert_array_equal(up, other)


@pytest.mark.parametrize(("measure", "of"), [
    ("rms_last", lambda said: said.rms[-1]),
    ("grad_rms_first", lambda said: said.grad_rms[0]),
    ("grad_gain", lambda said: (said.grad_rms[0] / said.grad_rms[-1]) ** (1 / (len(said.rms) - 1))),
    ("saturated_last", lambda said: said.saturated[-1]),
])  # fmt: skip
def test_theory_is_that_of_each_network(measure, of):
    result = at(measure=measure, row=3)
    stds = sorted(TABLE["std"].unique())
    common = {"activation": "tanh", "width": 100, "bias_std": 0.2236068, "dataset": "mnist_small", "batch": 100}
    expected = [of(predict(Network(std=std, depth=15, **common))) for std in stds]
    np.testing.assert_allclose(result.along.theory, expected, rtol=1e-12)


def test_theory_lies_within_the_seeds_or_near_them():
    """At width 100 and depth 15 the factor of a layer is known to a few percent: 0.5 / sqrt(width) is 5 %."""
    result = at(measure="grad_gain", row=3)
    assert (np.abs(result.along.theory / result.along.mean - 1) < 0.05).all()
    assert at(measure="accuracy").along.theory is None


def test_the_lines_are_at_the_depth_scale_and_at_six_of_them():
    """By predict(), which finds xi_c by another way than the lines."""
    result, depths = at(), np.array(sorted(TABLE["depth"].unique()), float)
    one, six = result.map.lines
    assert (one.name, six.name) == ("depth = ξ_c", "depth = 6 ξ_c")
    for level, std in enumerate(sorted(TABLE["std"].unique())):
        scale = predict(Network(activation="tanh", std=std, bias_std=0.2236068, width=100)).xi_c
        for line, depth in ((one, scale), (six, TRAINABLE * scale)):
            found = line.up[line.across == level]
            if depths[0] <= depth <= depths[-1]:
                assert found == pytest.approx([np.interp(depth, depths, range(len(depths)))], abs=2e-4)
            else:
                assert not 0 <= found[0] <= len(depths) - 1


def test_where_the_variance_has_no_end_the_line_is_not_called_xi_c():
    """Of ReLU without biases no two inputs part exponentially: predict() says xi_c = inf."""
    from labkit.labs.sweep_theory import _scale

    net = Network("relu", std=0.1, width=100)
    assert predict(net).xi_c == np.inf
    assert _scale(net) == pytest.approx(1 / np.log(2))  # the variance is halved in each layer
    std, depth, zeros = [0.05, 0.1, 0.05, 0.1], [5.0, 5.0, 30.0, 30.0], [0.0] * 4
    for bias, names in ((0.0, ["depth = k", "depth = 6 k"]), (0.3, ["depth = ξ_c", "depth = 6 ξ_c"])):
        table = columns_of({"activation": ["relu"] * 4, "std": std, "depth": depth, "width": [100.0] * 4,
                            "bias_std": [bias] * 4, "rms_last": zeros})  # fmt: skip
        lines = depth_lines(table, np.arange(4).reshape(2, 2), table.axes["std"], table.axes["depth"])
        assert [line.name for line in lines] == names


def test_what_the_notebook_says_of_the_table():
    mean = TABLE.groupby(["std", "depth"]).accuracy.mean()
    spread = TABLE.groupby(["std", "depth"]).accuracy.agg(lambda seeds: seeds.max() - seeds.min())
    critical = labkit.critical_std(Network(activation="tanh", bias_std=0.2236068, width=100))
    assert f"{critical:.3f}" == "0.133"
    assert f"{10 * critical:.2f}" == "1.33"
    assert round(100 * mean[0.13, 40]) == 77
    assert round(100 * mean[0.1, 40]) == 16
    assert round(100 * mean[0.13, 60]) == 24
    assert round(100 * spread.max()) == 40
    ended = {std: next(depth for depth in sorted(TABLE.depth.unique()) if mean[std, depth] < 0.5) for std in (0.1, 0.2)}
    scale = {std: predict(Network(activation="tanh", std=std, bias_std=0.2236068, width=100)).xi_c for std in ended}
    assert ended[0.1] == pytest.approx(6 * scale[0.1], rel=0.4)
    assert ended[0.2] < 0.75 * 6 * scale[0.2]
    gain = TABLE.groupby("std").grad_gain.mean()
    assert (gain[gain.index < 0.125] < 1).all()
    assert (gain[gain.index > 0.145] > 1).all()
    assert TABLE[(TABLE["std"] == 0.1) & (TABLE.depth > 40)].cosine_last.min() > 0.99


@pytest.mark.long
@pytest.mark.parametrize(
    ("std", "depth", "rate", "steps", "tenths"),
    [(0.2, 35, 0.05, 200, 1), (0.2, 35, 0.01, 200, 4), (0.2, 35, 0.005, 1000, 6), (0.1, 40, 0.05, 1000, 6)],
)
def test_what_the_notebook_says_of_other_rates_and_steps(std, depth, rate, steps, tenths):
    common = {"activation": "tanh", "width": 100, "bias_std": 0.2236068, "dataset": "mnist_small", "batch": 100}
    net = Network(std=std, depth=depth, **common)
    *_, last = labkit.train(net, learning_rate=rate, batch_size=128, steps=steps, evaluate_every=steps)
    assert last.accuracy == pytest.approx(tenths / 10, abs=0.08)


def test_a_point_opens_in_its_lab_with_the_same_numbers():
    result = at(column=3, row=2)
    (lead,) = LAB.leads(result)
    assert lead.key == "signal_propagation"
    assert "std=0.12" in link_of(lead)
    assert "depth=10" in link_of(lead)
    there = LABS[lead.key].compute(LABS[lead.key].parameters.of(lead.values))
    row = TABLE[(TABLE["std"] == 0.12) & (TABLE.depth == 10) & (TABLE.seed == 0)].iloc[0]
    assert there.statistics.rms[-1] == pytest.approx(row.rms_last, rel=1e-6)
    assert there.statistics.grad_rms[0] == pytest.approx(row.grad_rms_first, rel=1e-6)


@pytest.mark.parametrize(("values", "words"), [
    ({"across": "width"}, r"across must be an axis of this sweep \(std, depth\), got width"),
    ({"across": "depth"}, "across and up must be two axes, got depth twice"),
    ({"column": 17}, r"column must lie in \[1, 16\], got 17"),
    ({"row": 0}, "row must lie in"),
    ({"measure": "speed"}, "show must be one of"),
])  # fmt: skip
def test_what_this_sweep_has_not_is_refused(values, words):
    with pytest.raises(ParameterError, match=words):
        at(**values)


def own(design, tmp_path, key="own"):
    """A sweep of one's own that the lab knows."""
    table = columns(design, 0, len(design))
    pandas.DataFrame(table).to_csv(tmp_path / "own.csv", index=False)
    return Sweep(key, "a sweep of mine", tmp_path / "own.csv")


@pytest.fixture
def three_axes(tmp_path, monkeypatch):
    design = Design(
        {"activation": ("tanh", "relu"), "std": (0.1, 0.5), "depth": (1, 4, 8), "seed": (0, 1)},
        {"width": 9, "batch": 20},
    )
    monkeypatch.setitem(SWEEPS._found, "own", own(design, tmp_path))
    return SWEEPS["own"]


def test_other_axes_stand_still_and_are_chosen_by_name(three_axes):
    assert three_axes.pair == ("std", "depth")
    for rest, activation in ((1, "tanh"), (2, "relu")):
        result = LAB.compute(LAB.parameters.of({"sweep": "own", "rest": rest, "row": 2}))
        net = Network(activation=activation, std=0.1, depth=4, width=9, batch=20)
        rms = np.mean([summarize(propagate(Network(**{**vars(net), "seed": seed}))).rms[-1] for seed in (0, 1)])
        assert result.measure.label == "RMS of h in the last layer"
        assert result.plane.mean[1, 0] == pytest.approx(rms, rel=1e-12)
    note = LAB.parameters.controls()["rest"].note
    assert note(LAB.parameters.of({"sweep": "own", "rest": 2})) == "activation ReLU"


def test_a_measure_that_was_not_made_is_refused(three_axes):
    with pytest.raises(ParameterError, match=r"show must be measured in this sweep \(RMS .*\), got test accuracy"):
        LAB.compute(LAB.parameters.of({"sweep": "own", "measure": "accuracy"}))


def test_failed_and_overflowing_settings_are_told_and_not_drawn(tmp_path, monkeypatch):
    axes = {"std": (0.1, 100.0), "depth": (2, 100), "batch": (5, 9000)}
    design = Design(axes, {"width": 30, "activation": "identity", "dataset": "mnist_small"})
    monkeypatch.setitem(SWEEPS._found, "own", own(design, tmp_path, "fails"))
    monkeypatch.setitem(SWEEPS._found, "fails", SWEEPS["own"])
    result = LAB.compute(LAB.parameters.of({"sweep": "fails", "measure": "rms_last", "column": 2, "row": 2}))
    assert "in 4 settings (4 more failed)" in LAB.explain(result)
    assert np.isfinite(result.plane.mean).tolist() == [[True, True], [True, np.isfinite(result.here)]]


def test_a_number_that_is_not_finite_makes_no_mean():
    table = {"std": [1.0, 1.0, 2.0], "depth": [1, 1, 2], "rms_last": [1.0, np.inf, 3.0]}
    from labkit.labs.sweep_result import _plane

    axes = columns_of(table).axes
    found = _plane(columns_of(table), "rms_last", axes["std"], axes["depth"], ())
    np.testing.assert_array_equal(found.mean, [[np.nan, np.nan], [np.nan, 3.0]])
    assert found.count.tolist() == [[2, 0], [0, 1]]


def test_a_random_design_is_put_into_bins_and_has_no_theory():
    rng = np.random.default_rng(0)
    table = {"std": rng.uniform(0, 1, 600), "depth": rng.integers(1, 5, 600), "rms_last": rng.uniform(0, 1, 600)}
    made = columns_of({name: column.tolist() for name, column in table.items()})
    axis = made.axes["std"]
    assert axis.binned
    assert len(axis.values) == 12
    assert np.bincount(axis.level).tolist() == [50] * 12
    for level in range(12):
        assert axis.values[level] == np.median(table["std"][axis.level == level])
    assert depth_lines(made, np.zeros((4, 12), int), axis, made.axes["depth"]) == ()


def test_a_row_is_its_network():
    made = columns_of({"activation": ["relu"], "std": [0.5], "depth": [3], "alpha": [np.nan], "rms_last": [1.0]})
    assert network_of(made, 0) == Network(activation="relu", std=0.5, depth=3)


def test_a_folder_of_sweeps_stands_in_the_menu(tmp_path):
    design = Design({"std": (0.1, 0.5), "depth": (1, 2)}, {"width": 5, "batch": 10}, title="mine")
    labkit.sweep(design, tmp_path / "mine", workers=1)
    code = (
        "from labkit.labs import LABS; lab = LABS['sweep_explorer'];"
        "print(lab.explain(lab.compute(lab.parameters.of({'sweep': 'mine'}))))"
    )
    environment = {**os.environ, "LABKIT_SWEEPS": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("mine: RMS of h in the last layer in 4 settings. Init std 0.1, depth 1:"), done.stderr


@pytest.mark.parametrize("dashboard", [True, False])
def test_the_ways_are_links_in_a_dashboard_and_buttons_elsewhere(monkeypatch, dashboard):
    from labkit.ui.dashboard import Page

    monkeypatch.setenv("LABKIT_DASHBOARD", "1") if dashboard else monkeypatch.delenv("LABKIT_DASHBOARD", raising=False)
    page = Page(LAB)
    page.set({"column": 3, "row": 2})
    said, buttons = page.leads.widget.children[0].value, page.leads.widget.children[1].children
    if dashboard:
        assert 'href="signal_propagation.ipynb?v=1&amp;' in said
        assert "depth=10" in said
        assert buttons == ()
    else:
        assert said == ""
        buttons[0].click()
        (below,) = page.leads.widget.children[2].children
        assert "depth=10" in next(each.value for each in captions(below))


def captions(widget):
    for child in getattr(widget, "children", ()):
        if "labkit-caption" in child._dom_classes:
            yield child
        yield from captions(child)
