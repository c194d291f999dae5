"""The scripts of the labs that train print what their pages show: to a relative 1e-10, from random parameters.

A number is asked for to 1e-10 where it is a matter of the network and not of rounding: where first weights that are
moved by 1e-14 of themselves move it by less than 1e-11. SMALLEST says what small numbers are compared relative to.
"""

import numpy as np
import pytest

from labkit.labs import LABS
from labkit.labs.batch_norm import given
from labkit.labs.race import kept_steps
from labkit.labs.seed_runs import SeedRuns
from labkit.labs.symmetry_run import layer_units
from labkit.nn.normalization import EPSILON
from labkit.nn.symmetry import distinct_units

from ..nn.test_scripts import run  # noqa: TID252
from .test_scripts import KINDS, random_parameters, text_of

RACES = ("mnist_comparison", "dying_relu", "batch_norm")
RUNS = ("decision_boundary", "linear_collapse", "symmetry")
STEPS = 3
QUANTITIES = ("pre", "post", "grad_pre")
PLACES = ("step", "network", "layer")
SMALLEST = {
    "mean(z)": ("mean(z)", "std(z)"), "std(z)": ("mean(z)", "std(z)"), "mean(h)": ("mean(h)", "std(h)"),
    "std(h)": ("mean(h)", "std(h)"), "missed": ("largest_output",),
}  # fmt: skip
"""1e-5 of these columns is what smaller numbers are compared relative to."""


def parameters(lab, seed, /, **fixed):
    """Random ones, with fewer steps than a page can have; the last one is shown."""
    p = random_parameters(lab, seed, **{"seeds": 1, "steps": None, "step_shown": None} | fixed)
    object.__setattr__(p, "steps", STEPS)
    if hasattr(p, "step_shown"):
        object.__setattr__(p, "step_shown", len(kept_steps(STEPS)) - 1)
    return p


def trainings_of(state, seed=0):
    """Those of a lab's state, of one of its seeds."""
    if hasattr(state, "kept"):
        if isinstance(state, SeedRuns):
            return state.runs[seed].trainings
        return tuple(state.trainings(place)[seed] for place in range(len(state.networks)))
    return state.trainings


def rows_of(training):
    """The columns of the script's table of layers, (depth,) each."""
    stats = training.statistics(quantities=QUANTITIES, histograms=())
    variance, alphas = given([training]), [alpha.mean() for alpha in training.alphas]
    return {
        "mean(z)": stats.pre.mean, "std(z)": stats.pre.std, "mean(h)": stats.mean, "std(h)": stats.std,
        "rms(dC/dz)": stats.grad_rms, "dead": stats.dead,
        "distinct": np.array([distinct_units(units) for units in layer_units(training)], float),
        **({} if variance is None else {"variance": variance}), **({"alpha": np.array(alphas)} if alphas else {}),
    }  # fmt: skip


def _distributions(stats):
    return {
        "mean(z)": stats.pre.mean, "std(z)": stats.pre.std, "mean(h)": stats.mean, "std(h)": stats.std,
        "rms(dC/dz)": stats.grad_rms, "dead": stats.dead,
    }  # fmt: skip


def _of_collapse(r):
    each = [{"missed": r.missed[i], "largest_output": r.largest[i]} for i in range(2)]
    line = {"matrix_1": r.matrix[0, 0], "matrix_2": r.matrix[1, 0], "offset": r.offset[0]}
    return {0: line | each[0], 1: each[1]}


def _of_norms(r):
    more = [{} if kept.found is None else {"variance": kept.found} for kept in r.kept]
    return {i: _distributions(kept.statistics) | more[i] for i, kept in enumerate(r.kept)}


SHOWN = {
    "mnist_comparison": lambda r: {r.chosen: _distributions(r.kept.statistics)},
    "dying_relu": lambda r: {i: {"dead": look.dead[0]} for i, look in enumerate(r.now)},
    "batch_norm": _of_norms,
    "symmetry": lambda r: {i: {"distinct": r.distinct[i], "norm(dC/dW)": r.gradients[i]} for i in range(2)},
    "linear_collapse": _of_collapse,
}
"""What a page's result says of layers and networks: by network and column."""


def on_page(lab, p, moved=0.0, seed=0):
    """Every number of the tables by (column, step, network, layer), as the page has it after STEPS steps.

    Steps and layers are None in tables without; `moved` is the share of themselves by which first weights move.
    """
    state = lab.motion.start(p)
    trainings, rng, found, losses = trainings_of(state, seed), np.random.default_rng(0), {}, []
    for training in trainings if moved else ():
        for each in (*training.weights, *training.biases):
            each *= 1 + moved * rng.choice([-1, 1], each.shape)
    found |= _now(0, trainings)
    while lab.motion.steps(state)[0] < lab.motion.steps(state)[1]:
        state = lab.motion.advance(state, 0)
        losses.append([training.last and training.last.loss for training in trainings])
    page = SHOWN[lab.key](lab.motion.show(state, p)) if lab.key in SHOWN and not seed else {}
    found |= _now(STEPS, trainings)  # after the page, as it overwrites the gradients
    alive = [i for i, training in enumerate(trainings) if not training.diverged]
    losses = state.losses[seed] if hasattr(state, "losses") else np.transpose(losses)
    found |= {(name, *at): losses[i].mean() if name == "mean_loss" else losses[i, -1]
              for i in alive for name, *at in (("mean_loss", None, i, None), ("loss", STEPS, i, None))}  # fmt: skip
    for i, columns in page.items():
        own = columns.keys() - rows_of(trainings[i]).keys()
        if i in alive:
            found |= _at(STEPS, i, {name: values for name, values in columns.items() if name not in own})
            found |= _at(None, i, {name: columns[name] for name in own})
    return found


def _now(step, trainings):
    found = {}
    for i, training in enumerate(trainings):
        if not training.diverged:
            scores = dict(zip(("test_loss", "accuracy"), training.evaluate(), strict=True))
            found |= _at(step, i, rows_of(training) | scores)
    return found


def _at(step, i, columns):
    return {
        (name, step, i, layer if np.ndim(values) else None): float(value)
        for name, values in columns.items() for layer, value in enumerate(np.atleast_1d(values))
    }  # fmt: skip


def printed_by(text):
    """The same of what a script prints; networks that are not finite any more have no numbers."""
    found = {}
    for block in run(text).split("\n\n"):
        head, *lines = (line.split() for line in block.strip().splitlines())
        head = head[:2] if "mean_loss" in head else head
        for line in lines:
            if line[-1] == "finite":
                continue
            row = dict(zip(head, map(float, line), strict=True))
            place = [row.pop(name, None) for name in PLACES]
            step, i, layer = place[0], int(place[1]) - 1, None if place[2] is None else int(place[2]) - 1
            found |= {(name, step, i, layer): number for name, number in row.items()}
    return found


def compared(found, wanted, near):
    """The share of the numbers that were compared; AssertionError where one differs."""
    there = [place for place, number in wanted.items() if np.isfinite(number)]
    count = 0
    for name, *place in there:
        number, at = wanted[name, *place], (name, *place)
        floor = 1e-5 * sum(abs(wanted[other, *place]) for other in SMALLEST.get(name, ()))
        size = max(abs(number), 1e-4 * EPSILON if name == "variance" else floor)
        if abs(near.get(at, np.nan) - number) <= 1e-11 * size:
            assert abs(found[at] - number) <= 1e-10 * size + 1e-290, (at, found[at], number)
            count += 1
    return count / len(there)


def check(lab, p, kind, seed=0):
    """The share that was compared, of what the lab's script prints for the seed of this number."""
    text = text_of(lab, p, kind).replace(f"SEED = {p.seed}\n", f"SEED = {p.seed + seed}\n", 1)
    wanted = on_page(lab, p, seed=seed)
    found, near = printed_by(text), on_page(lab, p, 1e-14, seed)
    assert not wanted.keys() - found.keys() - {at for at in wanted if at not in near}
    return compared(found, wanted, near)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 50))])
@pytest.mark.parametrize("key", [*RACES, *RUNS])
def test_trainings_as_on_the_page(key, seed, kind):
    lab = LABS[key]
    assert check(lab, parameters(lab, seed), kind) >= 0.5


@pytest.mark.parametrize(
    ("key", "kind"), [*((key, "numpy") for key in (*RACES, "decision_boundary")), ("dying_relu", "torch")]
)
def test_another_seed_of_the_page(key, kind):
    """The docstring names the seeds, and with SEED changed to another the script is that one's."""
    lab = LABS[key]
    more = {"nets": "grid"} if key == "decision_boundary" else {}
    p = parameters(lab, 1, seed=7, seeds=2, **more)
    text = text_of(lab, p, kind)
    assert "from 2 seeds: this is seed 7; for the others change SEED to 8.\n" in text
    assert check(lab, p, kind, seed=1) >= 0.5


def test_several_seeds_are_named_only_where_the_page_trains_them():
    lab = LABS["decision_boundary"]
    assert "change SEED" not in text_of(lab, lab.parameters(nets="one"), "numpy")
    assert "from 3 seeds: this is seed 0; for the others change SEED to 1 and 2." in text_of(
        lab, lab.parameters(nets="grid"), "numpy"
    )
    assert "change SEED" not in text_of(LABS["symmetry"], LABS["symmetry"].parameters(), "numpy")


@pytest.mark.parametrize("kind", KINDS)
def test_the_step_that_the_page_looks_back_at(kind):
    """The script has the layers of that step too."""
    lab = LABS["batch_norm"]
    p = parameters(lab, 2)
    object.__setattr__(p, "step_shown", kept_steps(STEPS).index(2))
    text = text_of(lab, p, kind)
    assert "LOOK_AT = (0, 2, STEPS)" in text
    found, state = printed_by(text), lab.motion.start(p)
    while lab.motion.steps(state)[0] < STEPS:
        state = lab.motion.advance(state, 0)
    r = lab.motion.show(state, p)
    assert [kept.step for kept in r.kept] == [2, 2, 2]
    for i, kept in enumerate(r.kept):
        wanted = kept.statistics.grad_rms
        np.testing.assert_allclose([found["rms(dC/dz)", 2, i, layer] for layer in range(p.depth)], wanted, rtol=1e-10)
