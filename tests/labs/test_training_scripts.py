"""The scripts of the labs that train print what their pages show: to a relative 1e-10, from random parameters.

A number is asked for to 1e-10 where it is a matter of the network and not of rounding: where weights that are moved by
1e-14 of themselves (see trained.py) move it by less than 1e-11. SMALLEST says what small numbers are compared relative
to; TINY ones lose digits on their way to 0, and with such slopes a unit may be dead or not.
"""

import numpy as np
import pytest

from labkit.labs import LABS
from labkit.labs.race import kept_steps
from labkit.nn.normalization import EPSILON

from ..nn.test_scripts import run  # noqa: TID252
from .test_scripts import KINDS, random_parameters, text_of
from .trained import STEPS, on_page

RACES = ("mnist_comparison", "dying_relu", "batch_norm")
RUNS = ("decision_boundary", "linear_collapse", "symmetry")
PLACES = ("step", "network", "layer")
SMALLEST = {
    "mean(z)": ("mean(z)", "std(z)"), "std(z)": ("mean(z)", "std(z)"), "mean(h)": ("mean(h)", "std(h)"),
    "std(h)": ("mean(h)", "std(h)"), "missed": ("largest_output",),
}  # fmt: skip
"""1e-3 of these columns is what smaller numbers are compared relative to: a mean may cancel."""
LEAST = {"loss": 1e-2, "test_loss": 1e-2, "mean_loss": 1e-2, "apart": 1e-2, "variance": 1e-4 * EPSILON}
"""And these numbers: a loss is a difference of numbers as large as the logits; to a variance epsilon is added, and
units that are alike are so up to rounding.
"""
TINY = 1e-290


def parameters(lab, seed, /, **fixed):
    """Random ones, with fewer steps than a page can have; the last one is shown."""
    p = random_parameters(lab, seed, **{"seeds": 1, "steps": None, "step_shown": None} | fixed)
    object.__setattr__(p, "steps", STEPS)
    if hasattr(p, "step_shown"):
        object.__setattr__(p, "step_shown", len(kept_steps(STEPS)) - 1)
    return p


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
        floor = 1e-3 * sum(abs(wanted[other, *place]) for other in SMALLEST.get(name, ()))
        size = max(abs(number), floor, LEAST.get(name, 0.0))
        if abs(near.get(at, np.nan) - number) <= 1e-11 * size:
            assert abs(found[at] - number) <= 1e-10 * size + TINY, (at, found[at], number)
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


@pytest.mark.parametrize("kind", KINDS)
def test_dead_units_are_counted_as_on_the_page(kind):
    """As the page comes up, where some layers have all of their units dead, some a few and some none."""
    lab = LABS["dying_relu"]
    p = parameters(lab, 0, **dict.fromkeys(lab.parameters.controls()))
    found, wanted = printed_by(text_of(lab, p, kind)), on_page(lab, p)
    dead = {at: share for at, share in wanted.items() if at[0] == "dead"}
    assert {0.0, 1.0} < set(dead.values())
    assert {at: found[at] for at in dead} == pytest.approx(dead, rel=1e-10)


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
