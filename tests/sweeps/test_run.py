"""Running a sweep: rows equal single runs to the last bit, whoever makes them and in whatever order."""

import re
from typing import Any

import numpy as np
import pytest

import labkit
from labkit import Design, read_sweep
from labkit.sweeps import run as running
from labkit.sweeps.chunks import Chunks
from labkit.sweeps.hands import local
from labkit.sweeps.run import sweep
from labkit.sweeps.training import Training
from tests.sweeps.conftest import SMALL, one_by_one, parts, same

MANY = Design(
    {"activation": ("tanh", "relu"), "std": tuple(round(0.05 * i, 2) for i in range(1, 11)),
     "depth": tuple(range(1, 11)), "width": (2, 4, 8, 12, 16), "seed": tuple(range(100))},
    fixed={"batch": 10},
)  # fmt: skip


def test_rows_equal_single_runs_to_the_bit(two, expected):
    same(sweep(SMALL, client=two), expected)


def test_one_worker_makes_the_same_rows(expected, tmp_path):
    same(sweep(SMALL, tmp_path / "rows", workers=1), expected)
    same(read_sweep(tmp_path / "rows"), expected)


def test_the_order_does_not_matter(two, expected, tmp_path, monkeypatch):
    class Backwards(Chunks):
        def __init__(self, missing: Any) -> None:
            super().__init__([(i, i + 7 if i + 7 < len(SMALL) else len(SMALL)) for i in range(0, len(SMALL), 7)][::-1])

    monkeypatch.setattr(running, "Chunks", Backwards)
    same(sweep(SMALL, tmp_path, client=two), expected)


def test_measures_are_those_of_the_network_itself():
    row = {name: values[40] for name, values in one_by_one(SMALL).items()}
    net = labkit.Network(**SMALL.setting(40))
    stats = labkit.summarize(labkit.propagate(net))
    assert row["rms_last"] == stats.rms[-1]
    assert row["std_last"] == stats.std[-1]
    assert row["grad_rms_first"] == stats.grad_rms[0]
    assert row["saturated_last"] == stats.saturated[-1]
    assert row["dead"] == max(stats.dead)
    assert row["cosine_last"] == stats.cosine[-1]
    assert row["verdict"] == labkit.diagnose(stats, net).verdict
    assert row["rms_gain"] ** (net.depth - 1) == pytest.approx(stats.rms[-1] / stats.rms[0], rel=1e-12)
    assert row["grad_gain"] ** (net.depth - 1) == pytest.approx(stats.grad_rms[0] / stats.grad_rms[-1], rel=1e-12)


def test_a_trained_setting_tells_what_its_training_did(two):
    training = Training("adam", 0.01, batch_size=32, steps=60)
    design = Design({"std": (0.1, 0.5)}, {"dataset": "moons", "width": 12, "batch": 100, "depth": 2}, training)
    found = sweep(design, client=two)
    for i in range(2):
        net = labkit.Network(**design.setting(i))
        steps = list(labkit.train(net, "adam", 0.01, 32, steps=60, evaluate_every=60))
        assert found["loss_first"][i] == steps[0].loss
        assert found["loss"][i] == np.mean([step.loss for step in steps[-20:]])
        assert found["accuracy"][i] == steps[-1].accuracy
    assert (found["loss"] < found["loss_first"]).all()


def test_a_normalized_network_is_trained_and_its_first_pass_is_not_measured(two):
    fixed = {"dataset": "moons", "width": 8, "batch": 100, "depth": 2, "std": 0.5}
    training = Training("adam", 0.01, batch_size=32, steps=20)
    found = sweep(Design({"batch_norm": ("none", "before")}, fixed, training), client=two)
    assert found["error"].isna().all()
    assert found["rms_last"].isna().tolist() == [False, True]
    assert found["verdict"].isna().tolist() == [False, True]
    *_, last = labkit.train(labkit.Network(batch_norm="before", **fixed), "adam", 0.01, 32, steps=20, evaluate_every=20)
    assert found["accuracy"][1] == last.accuracy


def test_a_setting_that_fails_is_a_row_with_its_error(two):
    design = Design({"batch": (5, 9000, 6)}, {"width": 4, "depth": 2, "dataset": "mnist_small"})
    found, expected = sweep(design, client=two), one_by_one(design)
    assert found["error"].isna().tolist() == [True, False, True]
    assert re.match(r"ValueError: batch must lie in \[1, \d+\]", found["error"][1])
    assert found["rms_last"].isna().tolist() == [False, True, False]
    same(found, expected)


def test_a_table_of_polars_holds_the_same(two, expected, tmp_path):
    sweep(SMALL, tmp_path, client=two)
    table = read_sweep(tmp_path, "polars")
    assert table["rms_last"].to_list() == expected["rms_last"]
    with pytest.raises(ValueError, match="library must be one of pandas, polars, got 'numpy'"):
        read_sweep(tmp_path, "numpy")


def test_a_short_sweep_of_many_settings(two, tmp_path):
    """The beginning of the long one below, by its own numbers."""
    some = Design({**MANY.axes, "seed": (0, 1)}, MANY.fixed)
    assert len(some) == 2000
    same(sweep(some, tmp_path, client=two), one_by_one(some))
    assert parts(tmp_path) < 200


@pytest.mark.long
def test_a_hundred_thousand_settings_equal_single_runs_to_the_bit(tmp_path):
    assert len(MANY) == 100_000
    with local(2) as client:
        found = sweep(MANY, tmp_path, client=client)
    same(found, one_by_one(MANY))
