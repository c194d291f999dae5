"""Sweeps of one's own in the explorer: whatever was varied is an axis, and one that has no map says why."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labkit
from labkit import Design, Network
from labkit.labs import LABS, sweeps
from labkit.labs.sweep_columns import AXES, TEXTS
from labkit.labs.sweep_theory import network_of
from labkit.labs.sweeps import SWEEPS, Sweep
from labkit.server.cli import main
from labkit.sweeps.design import FIELDS
from labkit.sweeps.record import columns
from labkit.sweeps.store import Store
from labkit.sweeps.work import rows_version
from labkit.ui.dashboard import Page

ROOT = Path(__file__).parents[2]
LAB = LABS["sweep_explorer"]
SMALL = {"width": 5, "batch": 10}


def kept(folder: Path, design: Design, rows: int | None = None) -> Path:
    with Store(folder, design, rows_version()) as store:
        if rows != 0:
            store.keep(0, columns(design, 0, rows or len(design)))
    return folder


@pytest.fixture
def shown(tmp_path, monkeypatch):
    def show(design: Design, rows: int | None = None) -> Sweep:
        sweep = Sweep("own", "mine", kept(tmp_path / "own", design, rows))
        monkeypatch.setitem(SWEEPS._found, "own", sweep)
        return sweep

    return show


def test_all_that_may_vary_is_an_axis_but_the_seed():
    assert set(AXES) == set(FIELDS) - {"seed"}


OTHERS: dict[str, tuple[Any, ...]] = {
    "input_scale": (0.1, 10.0), "bias_mean": (0.0, 1.0), "dataset": ("gaussian", "moons"), "standardize": (False, True),
    "gradient_source": ("cotangent", "loss"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("kind", ["folder", "csv"])
def test_what_else_was_varied_is_no_seed(shown, tmp_path, monkeypatch, name, kind):
    fixed = {**SMALL, **({"dataset": "moons"} if name != "dataset" else {})}
    design = Design({"std": (0.5, 1.0), "depth": (1, 2), name: OTHERS[name], "seed": (0, 1)}, fixed)
    sweep = shown(design)
    if kind == "csv":
        table = labkit.read_sweep(tmp_path / "own")
        table.to_csv(tmp_path / "own.csv", index=False)
        monkeypatch.setitem(SWEEPS._found, "own", sweep := Sweep("own", "mine", tmp_path / "own.csv"))
    assert set(sweep.pair) == {"std", "depth"}
    for rest, value in enumerate(OTHERS[name], 1):
        result = LAB.compute(LAB.parameters.of({"sweep": "own", "measure": "grad_rms_first", "rest": rest}))
        assert (result.plane.count == 2).all()
        assert getattr(result.network, name) == value
        assert AXES[name] in LAB.parameters.controls()["rest"].note(LAB.parameters.of({"sweep": "own", "rest": rest}))


def test_a_row_is_its_network_whatever_it_has(shown):
    fixed = {"standardize": True, "dataset": "moons", "gradient_source": "loss", "input_scale": 2.0, **SMALL}
    design = Design({"std": (0.5, 1.0), "depth": (1, 2)}, fixed)
    assert network_of(shown(design).columns, 3) == Network(**design.setting(3))
    assert not set(TEXTS) - set(FIELDS)


@pytest.mark.parametrize(("design", "rows", "words"), [
    (Design({"std": (0.1, 0.2), "depth": (1, 2)}, SMALL), 0, "mine holds no rows yet"),
    (Design({"std": (0.1, 0.2)}, SMALL), None, "a sweep must have two axes for a map, got std in mine"),
    (Design({"std": (0.1, 0.2), "depth": (1, 2)}, {"batch": 9000, "dataset": "mnist_small"}), None,
     "all 4 settings failed in mine: see its column error"),
])  # fmt: skip
def test_a_sweep_without_a_map_is_said_on_the_page(shown, design, rows, words):
    shown(design, rows)
    page = Page(LAB)
    before = page.caption.value
    page.fields["sweep"].value = "own"
    page._on_change("sweep")
    assert words in page.message.value
    assert page.caption.value == before


def test_a_part_that_is_damaged_is_said(shown, tmp_path):
    sweep = shown(Design({"std": (0.1, 0.2), "depth": (1, 2)}, SMALL))
    next((tmp_path / "own").glob("part-*")).write_bytes(b"none")
    with pytest.raises(ValueError, match="mine has a damaged part") as refused:
        _ = sweep.columns
    assert str(tmp_path) not in str(refused.value).partition("(")[0]


def test_one_that_is_called_like_a_shipped_one_stands_beside_it(tmp_path, monkeypatch):
    kept(tmp_path / "trainability", Design({"std": (0.1, 0.2), "depth": (1, 2)}, SMALL, title="mine"))
    monkeypatch.setenv("LABKIT_SWEEPS", str(tmp_path))
    found = sweeps._Sweeps()
    assert found["trainability"].title == SWEEPS["trainability"].title
    assert found["trainability (own)"].title == "mine"


def test_maps_that_differ_in_the_middle_alone_do_not_look_alike():
    """Of a large array numpy writes the corners."""
    from labkit.figures.sweep_map import Levels, Map, SweepView

    words, looks = tuple(map(str, range(40))), []
    for value in (1.0, 2.0):
        values = np.zeros((40, 40))
        values[20, 20] = value
        view = SweepView()
        view._shown = Map("t", "m", "m", Levels("a", words), Levels("b", words), values, (0.0, 2.0), False)
        looks.append(view.look)
    assert looks[0] != looks[1]


def test_a_folder_named_from_here_is_found_by_the_kernels_which_are_elsewhere(tmp_path):
    kept(tmp_path / "sweeps" / "mine", Design({"std": (0.1, 0.5), "depth": (1, 2)}, SMALL))
    code = (
        "import os; from labkit.server.cli import main; from pathlib import Path; main(['list']); os.chdir('/');"
        "from labkit.labs.sweeps import SWEEPS; print(len(SWEEPS['mine'].columns))"
    )
    environment = {**os.environ, "LABKIT_SWEEPS": "sweeps", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.endswith("4\n"), done.stderr


def test_a_folder_that_is_not_there_is_told_at_the_start(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_SWEEPS", str(tmp_path / "sweps"))
    assert main(["list"]) == 2
    assert "LABKIT_SWEEPS must be a folder of sweeps, got" in capsys.readouterr().err


def test_sweeps_of_one_title_are_told_apart_by_their_folders(tmp_path, monkeypatch):
    for name in ("first", "second", "third"):
        title = "mine" if name != "third" else "another"
        kept(tmp_path / name, Design({"std": (0.1, 0.2), "depth": (1, 2)}, SMALL, title=title))
    monkeypatch.setenv("LABKIT_SWEEPS", str(tmp_path))
    found = sweeps._Sweeps()
    assert [found[name].label for name in ("first", "second", "third")] == ["mine (first)", "mine (second)", "another"]


def test_one_seed_has_no_range_and_a_question_no_colon(shown):
    sweep = shown(Design({"std": (0.1, 0.2), "depth": (1, 2)}, SMALL))
    sweep.title = "Which?"
    said = LAB.explain(LAB.compute(LAB.parameters.of({"sweep": "own"})))
    assert said.startswith("Which? RMS of h")
    assert ", of one seed" in said
    assert " from " not in said
