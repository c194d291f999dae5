"""What the lab mnist_comparison finds, and how it says it."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from labkit.figures.loss_curves import Curve
from labkit.figures.numbers import percent, precise, short, spread, tenth
from labkit.labs.race import Kept
from labkit.labs.race_curves import first_of, last_steps
from labkit.labs.shared import sentences
from labkit.nn.network import Network
from labkit.nn.steps import Divergence

Array = NDArray[np.float64]
FIGURE_AT = 500
_MANY = 3
AROUND = 40
"""Steps before and after step 500 whose mean loss is set against the book's."""
BOOK = (2.30, 1.06, 0.34)
"""The losses that the book's run had at step 500: std 0.01, 1/sqrt n, sqrt(2/n)."""


@dataclass(frozen=True)
class Result:
    """How far a comparison is: losses (of the last steps, and around step 500) and accuracy, (seeds, contestants).

    `kept` is the chosen contestant at the step that is looked at; `protocol` whether all is as in the book's figure.
    """

    names: tuple[str, ...]
    networks: tuple[Network, ...]
    steps: int
    done: int
    curves: tuple[Curve, ...]
    recent: Array
    accuracy: Array
    evaluated_at: int
    around: Array | None
    diverged: tuple[Divergence | None, ...]
    chosen: int
    shown: str
    kept: Kept
    protocol: bool


def explain(result: Result) -> str:
    """What the picture shows, with its numbers."""
    parts = [_standing(result), *_ended(result)]
    if result.around is not None and result.protocol:
        parts.append(_figure(result))
    parts.append(_layers(result))
    return sentences(parts)


def _standing(result: Result) -> str:
    seeds = len(result.recent)
    if not result.done:
        guess = f"ten equal guesses have a loss of ln 10 = {log(10):.3f}"
        return f"Press play to train {', '.join(result.names)} on the same batches; {guess}"
    of = f", lowest to highest of {seeds} seeds" if seeds > 1 else ""
    mean = f"Mean loss of the {last_steps(result.done)}{of}"
    places = _said(result)
    each = [_each(result, place) for place in places]
    if len(places) < sum(found is None for found in result.diverged):
        each = [f"{rank} {said}" for rank, said in zip(("lowest", "highest"), each, strict=True)]
    return f"{mean}: {'; '.join(each) or 'not finite for any of them'}"


def _said(result: Result) -> list[int]:
    """The contestants that are still there; of many the best and the worst."""
    there = [place for place, found in enumerate(result.diverged) if found is None]
    if len(there) <= _MANY:
        return there
    by_loss = sorted(there, key=lambda place: float(result.recent[:, place].mean()))
    return [by_loss[0], by_loss[-1]]


def _each(result: Result, place: int) -> str:
    said = f"{result.names[place]}: {spread(result.recent[:, place], precise)}"
    return f"{said} ({spread(result.accuracy[:, place], tenth)} right)" if result.evaluated_at else said


def _ended(result: Result) -> list[str]:
    named = enumerate(zip(result.names, result.diverged, strict=True), 1)
    return [f"contestant {place}, {name}: {found}" for place, (name, found) in named if found]


def _figure(result: Result) -> str:
    assert result.around is not None
    here = ", ".join(spread(result.around[:, i], precise) for i in range(len(result.names)))
    book = ", ".join(f"{loss:.2f}" for loss in BOOK)
    return (
        f"around step {FIGURE_AT} (mean of {2 * AROUND} steps) the losses were {here}; the book's unseeded run on all "
        f"digits had {book}"
    )


def _layers(result: Result) -> str:
    stats, net = result.kept.statistics, result.networks[result.chosen]
    after = f"after step {result.kept.step}" if result.kept.step else "before the first step"
    whose = f"contestant {result.chosen + 1}{first_of(len(result.recent))}"
    return (
        f"below, {whose} {after}, on {net.batch} training digits: back from layer {net.depth} "
        f"to 1 dC/dz has RMS {short(float(stats.grad_rms[-1]))} → {short(float(stats.grad_rms[0]))}; "
        f"{percent(float(stats.dead.mean()))} of the units are dead"
    )
