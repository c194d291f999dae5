"""What the notebooks of the labs with a race claim, measured over the seeds that they name.

A claim is (said, quantity, values): the words as they stand in the notebook, what is measured, of which training. The
lowest and the highest of what is found are the numbers said, to their last digit.
"""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SEEDS = 4


@cache
def prose(key):
    cells = json.loads((NOTEBOOKS / f"{key}.ipynb").read_text(encoding="utf-8"))["cells"]
    return "".join("".join(cell["source"]) for cell in cells)


@cache
def _started(lab, values, seeds):
    parameters = [lab.parameters(**dict(values), seed=seed) for seed in range(seeds)]
    return [lab.motion.start(p) for p in parameters]


@cache
def _raced(lab, values, seeds):
    race = lab.motion.start(lab.parameters(**dict(values), seeds=seeds))
    while race.progress[0] < race.progress[1]:
        race = lab.motion.advance(race, 10.0)
    return race


def started(lab, seeds=SEEDS, **values):
    """A race of each seed before its first step."""
    return _started(lab, tuple(values.items()), seeds)


def raced(lab, seeds=SEEDS, **values):
    """A race of these seeds after its last step; each is run once."""
    return _raced(lab, tuple(values.items()), seeds)


def losses(race, place, at=None):
    """Mean loss of the last 100 steps, or of the 80 around a step: one for each seed."""
    part = slice(-100, None) if at is None else slice(at - 40, at + 40)
    return race.losses[:, place, part].mean(axis=1)


def percents(race, place):
    return 100 * race.accuracy[:, place]


def holds(said, found):
    """Whether the lowest and the highest found are the one or two numbers said."""
    digits = re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", said)
    ends = np.array([float(text) for text in (digits[0], digits[-1])])
    mantissas = [text.split("e") for text in (digits[0], digits[-1])]
    units = [10.0 ** (-len(m[0].partition(".")[2]) + (int(m[1]) if len(m) > 1 else 0)) for m in mantissas]
    measured = np.array([np.min(found), np.max(found)])
    return bool(np.all(np.abs(measured - ends) <= 0.75 * np.array(units) + 0.01 * np.abs(ends)))
