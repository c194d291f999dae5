"""Designs: which settings there are, by number; each mistake has its words, in Python and in a file."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from labkit import Network
from labkit.sweeps.design import Design, Span
from labkit.sweeps.design_file import DesignError, read_design
from labkit.sweeps.training import Training


def test_a_grid_has_every_combination_once_the_last_axis_the_fastest():
    axes = {"activation": ("tanh", "relu"), "std": (0.1, 0.2, 0.3), "seed": (0, 1)}
    design = Design(axes, fixed={"width": 9})
    expected = [{"width": 9, **dict(zip(axes, each, strict=True))} for each in product(*axes.values())]
    assert [design.setting(i) for i in range(len(design))] == expected
    assert Network(**expected[3]).width == 9


@pytest.mark.parametrize("number", [-1, 12])
def test_there_is_no_setting_beyond_the_ends(number):
    with pytest.raises(IndexError, match="there are 12 settings"):
        Design({"std": (0.1, 0.2, 0.3), "depth": (1, 2, 3, 4)}).setting(number)


def test_a_setting_of_many_is_found_without_a_list_of_all():
    design = Design({"seed": tuple(range(5000)), "depth": tuple(range(1, 101)), "width": tuple(range(1, 21))})
    assert len(design) == 10_000_000
    assert design.setting(9_999_999) == {"seed": 4999, "depth": 100, "width": 20}


RANDOM = Design(
    {"std": Span(1e-3, 10.0, log=True), "bias_std": Span(0.0, 2.0), "depth": Span(2, 5),
     "activation": ("tanh", "relu")},
    settings=4000, draw=7,
)  # fmt: skip


def test_a_random_design_draws_evenly_between_its_ends():
    rows = [RANDOM.setting(i) for i in range(4000)]
    assert kstest(np.log10([row["std"] for row in rows]), "uniform", (-3, 4)).pvalue > 1e-4
    assert kstest([row["bias_std"] for row in rows], "uniform", (0, 2)).pvalue > 1e-4
    depths, counts = np.unique([row["depth"] for row in rows], return_counts=True)
    assert depths.tolist() == [2, 3, 4, 5]
    assert abs(counts - 1000).max() < 5 * np.sqrt(4000 * 0.25 * 0.75)
    assert abs(sum(row["activation"] == "tanh" for row in rows) - 2000) < 5 * np.sqrt(1000)


def test_whole_numbers_are_drawn_by_their_logarithm_where_it_is_asked_for():
    """k with log((k + 1) / k) of the whole."""
    design = Design({"depth": Span(1, 64, log=True)}, settings=4000)
    depths = np.array([design.setting(i)["depth"] for i in range(4000)])
    assert (depths.min(), depths.max()) == (1, 64)
    for k in (1, 2, 8):
        share = np.log((k + 1) / k) / np.log(65)
        assert abs((depths == k).mean() - share) < 5 * np.sqrt(share * (1 - share) / 4000), k


def test_a_draw_depends_on_its_number_and_the_seed_alone():
    assert RANDOM.setting(3999) == RANDOM.setting(3999)
    other = Design(RANDOM.axes, settings=4000, draw=8)
    assert other.setting(0) != RANDOM.setting(0)
    assert Design(RANDOM.axes, settings=10, draw=7).setting(3) == RANDOM.setting(3)


TRAINED = Design({"depth": (1, 2)}, {"dataset": "moons"}, Training(steps=5), title="t")


@pytest.mark.parametrize("design", [RANDOM, TRAINED], ids=["random", "trained"])
def test_a_design_comes_back_from_its_plain_form(design):
    import json

    again = Design.of(json.loads(json.dumps(design.plain())))
    assert again.plain() == design.plain()
    assert [again.setting(i) for i in range(2)] == [design.setting(i) for i in range(2)]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no axis": ({"axes": {}}, "at least one"),
    "another name": ({"axes": {"rate": (1,)}}, "there is no axis 'rate': there are activation"),
    "a key": ({"axes": {"activation": ("tanh", "thanh")}}, "activation must be .*'thanh'"),
    "a number": ({"axes": {"depth": (0,)}}, r"depth must lie in \[1, 100\], got 0"),
    "a kind": ({"axes": {"depth": (1.5,)}}, "depth must be a whole number"),
    "a word": ({"axes": {"std": "many"}}, "std must be a list of values, got 'many'"),
    "an empty list": ({"axes": {"std": ()}}, r"std must be a list of values, got \(\)"),
    "twice": ({"axes": {"std": (1, 2, 1.0)}}, "std must name each value once, got 1.0 twice"),
    "both": ({"axes": {"std": (1,)}, "fixed": {"std": 2}}, "std must be an axis or fixed, got both"),
    "fixed": ({"axes": {"std": (1,)}, "fixed": {"width": 0}}, r"width must lie in \[1, 1000\], got 0"),
    "a span in a grid": ({"axes": {"std": Span(0.1, 1)}}, "std must be a list of values in a grid"),
    "settings": ({"axes": {"std": (1,)}, "settings": 0}, r"settings must lie in \[1, 10000000\], got 0"),
    "draw": ({"axes": {"std": (1,)}, "draw": -1}, "draw must lie in"),
    "half a layer": ({"axes": {"depth": Span(2.5, 5)}, "settings": 3}, r"depth must be a whole number .* got 2.5"),
    "no training": ({"axes": {"batch_norm": ("none", "before")}}, "batch_norm must be 'none' without a training"),
    "too many": ({"axes": {"seed": range(4000), "width": range(1, 1001), "depth": (1, 2, 3)}}, "10000000"),
    "dataset": ({"axes": {"std": (1,)}, "training": Training()}, "dataset must be one of .* got 'gaussian'"),
}


@pytest.mark.parametrize(("given", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_python_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        Design(**given)


@pytest.mark.parametrize(
    ("ends", "words"),
    [((1, 1), "to a larger one"), ((2, 1), "larger"), ((0, 1, True), "above 0"), ((0, np.inf), "larger")],
)
def test_a_span_has_two_ends(ends, words):
    with pytest.raises(ValueError, match=words):
        Span(*ends)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "design.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_says_the_same_as_python(tmp_path):
    text = """
    title = "try"
    [axes]
    std = {from = 0.01, to = 1, count = 3, log = true}
    bias_std = {from = 0, to = 0.3, count = 4}
    depth = {from = 2, to = 8, count = 4}
    seed = 3
    activation = ["tanh", "formula: x**2"]
    [fixed]
    dataset = "moons"
    width = 4
    [training]
    optimizer = "adam"
    steps = 7
    """
    axes = {
        "std": (0.01, 0.1, 1.0), "bias_std": (0.0, 0.1, 0.2, 0.3), "depth": (2, 4, 6, 8), "seed": (0, 1, 2),
        "activation": ("tanh", "formula: x**2"),
    }  # fmt: skip
    design = Design(axes, {"dataset": "moons", "width": 4}, Training("adam", steps=7), title="try")
    assert read_design(written(tmp_path, text)).plain() == design.plain()


def test_a_file_of_a_random_design(tmp_path):
    text = "settings = 9\ndraw = 4\n[axes]\nstd = {from = 0.1, to = 10, log = true}\ndepth = {from = 1, to = 3}\n"
    found = read_design(written(tmp_path, text))
    assert found.plain() == Design({"std": Span(0.1, 10, True), "depth": Span(1, 3)}, settings=9, draw=4).plain()


MISTAKES = {
    "not TOML": ("[axes\n", "design.toml: "),
    "an unknown table": ("[axis]\nstd = [1]\n", "there is no axis: there are title"),
    "no axes": ("[fixed]\nstd = 1\n", r"there must be a table \[axes\]"),
    "axes no table": ("axes = 3\n", "axes must be a table"),
    "fixed no table": ("fixed = 3\n[axes]\nstd = [1]\n", "fixed must be a table"),
    "title": ("title = 3\n[axes]\nstd = [1]\n", "title must be a text, got 3"),
    "an unknown axis": ("[axes]\nrate = {from = 1, to = 2, count = 2}\n", "there is no axis 'rate'"),
    "above the axes": ("[axes]\nstd = [1]\nsettings = 10\n", r"settings must stand above \[axes\]"),
    "a value": ("[axes]\nstd = [-1]\n", r"std must lie in \[0, 100\], got -1"),
    "no end": ("[axes]\nstd = {from = 1, count = 2}\n", "std must have from and to"),
    "an unknown word": ("[axes]\nstd = {from = 1, to = 2, step = 2}\n", "there is no std.step: there are from"),
    "no count": ("[axes]\nstd = {from = 1, to = 2}\n", "std must have a count, .* got None"),
    "count": ("[axes]\nstd = {from = 1, to = 2, count = 0}\n", "count, a whole number in .* got 0"),
    "a text for an end": ('[axes]\nstd = {from = "a", to = 2, count = 3}\n', "from a number to a number, got 'a'"),
    "log": ('[axes]\nstd = {from = 1, to = 2, count = 3, log = "yes"}\n', "std.log must be true or false, got 'yes'"),
    "log from 0": ("[axes]\nstd = {from = 0, to = 2, count = 3, log = true}\n", "std must begin above 0"),
    "whole numbers twice": ("[axes]\ndepth = {from = 1, to = 3, count = 9}\n", "depth must have 9 whole numbers"),
    "one of two ends": ("[axes]\nstd = {from = 1, to = 2, count = 1}\n", r"whole number in \[2, \d+\], got 1"),
    "an end beyond all": ("[axes]\nseed = {from = 0, to = 1" + 30 * "0" + ", count = 2}\n", "seed must lie in"),
    "an optimizer that is a list": ("[axes]\nstd = [1]\n[training]\noptimizer = ['sgd']\n", "optimizer must be one of"),
    "seeds": ("[axes]\nseed = 0\n", "seed must have a count"),
    "settings": ("settings = 1.5\n[axes]\nstd = [1]\n", "settings must be a whole number"),
    "training": ("[axes]\nstd = [1]\n[training]\nepochs = 3\n", "there is no training.epochs: there are optimizer"),
    "optimizer": ('[axes]\nstd = [1]\n[training]\noptimizer = "sdg"\n', "optimizer must be one of .*'sdg'"),
    "rate": ("[axes]\nstd = [1]\n[training]\nlearning_rate = 0\n", "learning_rate must be a number above 0, got 0"),
    "steps": ("[axes]\nstd = [1]\n[training]\nsteps = 1.5\n", "steps must be a whole number above 0, got 1.5"),
    "nothing to learn": ("[axes]\nstd = [1]\n[training]\n", "dataset must be one of .* for a training, got 'gaussian'"),
}


@pytest.mark.parametrize(("text", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_file_is_named_with_the_file(tmp_path, text, words):
    with pytest.raises(DesignError, match=words) as refused:
        read_design(written(tmp_path, text))
    assert str(refused.value).startswith(str(tmp_path / "design.toml"))


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "design.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DesignError, match="must be a text in UTF-8"):
        read_design(tmp_path / "design.toml")
