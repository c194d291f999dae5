"""Two weights of one neuron, taught sample by sample: what inputs of one sign do to the path."""

from dataclasses import dataclass
from math import hypot, inf, isnan
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.numbers import percent, short
from labkit.figures.zig_zag import Descent, ZigZagView
from labkit.labs.lab import Lab, Preset
from labkit.labs.parameters import Choice, Parameters, Range
from labkit.labs.shared import (
    ROWS_OWN,
    ActivationKey,
    AlphaValue,
    LearningRate,
    OwnFormula,
    Seed,
    row_of,
    sentences,
    shortened,
)
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.draws import Stream, drawn
from labkit.nn.initializers import standard_normal
from labkit.nn.walk import Walk, contours, walk

Array = NDArray[np.float64]
_LARGEST = 1e100  # of an input: what a step needs is its third power
SAMPLES, STEPS = 64, 200
_AGAINST = {"tanh": "tanh", "centered": "the same, mean taken off"}
_LEVELS = 2.0 ** np.arange(3, -6, -1)
"""Contours, as shares of the loss at the start: each is half the one before."""


@dataclass(frozen=True)
class ZigZag(Parameters):
    """What is set in this lab; the weights start at (0, 0)."""

    activation: ActivationKey = "sigmoid"
    against: Annotated[str, Choice("against", table=_AGAINST)] = "tanh"
    steps: Annotated[int, Range("steps", low=0, high=STEPS, step=1)] = 20
    learning_rate: LearningRate = 0.5
    batch: Annotated[
        int,
        Range("batch size", low=1, high=SAMPLES, step=1, note=lambda p: "all samples" if p.batch == SAMPLES else ""),
    ] = 1
    goal_1: Annotated[float, Range("target w₁", low=-2.0, high=2.0, step=0.1)] = 1.5
    goal_2: Annotated[float, Range("target w₂", low=-2.0, high=2.0, step=0.1)] = -1.5
    alpha: AlphaValue = ROWS_OWN
    formula: OwnFormula = ""
    seed: Seed = 8  # near the average of 40 seeds; with 0 the first large tanh sample points at the target by chance

    def inputs(self) -> tuple[Array, Array]:
        """The two sets of inputs, (SAMPLES, 2) each: two functions of the same draws."""
        u = drawn(standard_normal, self.seed, Stream.INPUT, 0, SAMPLES, 2)
        with np.errstate(all="ignore"):
            first = row_of(self.values()).function(u, self.alpha)
        if not np.abs(first).max() < _LARGEST:  # NaN too
            raise ValueError(f"the inputs must be finite and below {_LARGEST:g}: your own f(x) gives others")
        second = first - first.mean(axis=0) if self.against == "centered" else ACTIVATIONS["tanh"].function(u)
        return first, second


@dataclass(frozen=True)
class Result:
    """Both walks up to the step chosen, and both to the last one that the picture shows."""

    parameters: ZigZag
    shown: tuple[Walk, Walk]
    whole: tuple[Walk, Walk]


def compute(p: ZigZag) -> Result:
    """Walk down both surfaces, with the same samples in the same order."""
    goal, start, inputs = np.array([p.goal_1, p.goal_2]), np.zeros(2), p.inputs()

    def both(steps: int) -> tuple[Walk, Walk]:
        first, second = (walk(x, goal, start, p.learning_rate, p.batch, steps, p.seed) for x in inputs)
        return first, second

    return Result(p, both(p.steps), both(STEPS))


def names(p: ZigZag) -> tuple[str, str]:
    """What the two sets of inputs are called."""
    first = shortened(row_of(p.values()).named(p.alpha))
    return f"{first} inputs", "the same − their mean" if p.against == "centered" else "tanh inputs"


def one_sign(inputs: Array) -> float:
    """The share of samples whose two inputs have the same sign (0 counts as none)."""
    return float((np.prod(inputs, axis=1) > 0).mean())


def descents(result: Result) -> tuple[Descent, Descent]:
    """What the picture shows."""
    first, second = (
        _descent(name, shown, whole)
        for name, shown, whole in zip(names(result.parameters), result.shown, result.whole, strict=True)
    )
    return first, second


def _descent(name: str, shown: Walk, whole: Walk) -> Descent:
    begin = whole.loss[0]
    return Descent(
        title=f"{name}: {_signs(shown.inputs)}",
        numbers=f"wrong way: {_wrong(shown)}   loss {signed(float(shown.loss[-1]))}   condition {_condition(shown)}",
        contours=contours(shown, begin * _LEVELS), path=shown.path, moves=shown.moves, goal=shown.goal,
        loss=whole.loss / begin if begin else whole.loss,
    )  # fmt: skip


def _signs(inputs: Array) -> str:
    if (inputs > 0).all():
        return "all positive"
    return "none negative" if (inputs >= 0).all() else f"{percent(one_sign(inputs))} of one sign"


def _wrong(found: Walk) -> str:
    return "–" if isnan(found.wrong) else percent(found.wrong)


def _condition(found: Walk) -> str:
    return "∞" if found.condition == inf else short(found.condition)


class _View(ZigZagView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        super().update(descents(result), result.parameters.steps, STEPS)


def explain(result: Result) -> str:
    """What both walks did, with their numbers."""
    p = result.parameters
    batch = {1: "One sample a step", SAMPLES: "All samples a step"}.get(p.batch, f"Batches of {p.batch}")
    return sentences(
        [
            f"{batch}, learning rate {short(p.learning_rate)}",
            *(_said(name, found, p.steps) for name, found in zip(names(p), result.shown, strict=True)),
            "Wrong way: moves of one weight away from its target",
            "Shaded: where a step from here can point, batch by batch",
        ]
    )


def _said(name: str, found: Walk, steps: int) -> str:
    start = f"With {name} ({percent(one_sign(found.inputs))} of the samples of one sign)"
    taken = len(found.path) - 1
    if taken < steps:
        return f"{start}: the walk diverges and is lost after step {taken}"
    if isnan(found.wrong):
        return f"{start}: the weights have not moved"
    straight = hypot(*(found.path[-1] - found.path[0]))
    detour = f", on a path {short(found.length / straight)} times the straight line" if straight else ""
    return (
        f"{start}: {percent(found.wrong)} wrong way{detour}, loss {signed(float(found.loss[0]))} → "
        f"{signed(float(found.loss[-1]))}"
    )


LAB = Lab(
    key="zig_zag",
    title="Zig-zag",
    question="Why does it matter whether a neuron's inputs are all positive?",
    parameters=ZigZag,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("Down to the right", "One weight must rise, the other fall: can one sample do both?", {}),
        Preset("Up to the right", "Both weights must rise: who is faster now?", {"goal_2": 1.5}),
        Preset("The same, centered", "Only the mean is taken off: what changes?", {"against": "centered"}),
        Preset("ReLU's zeros", "An input of 0 moves no weight: does the zig-zag end?",
               {"activation": "relu", "learning_rate": 0.2}),
        Preset("Batches of 8", "A batch mixes signs: into which quadrants can it step?", {"batch": 8, "steps": 20}),
        Preset("All samples at once", "No zig-zag at all: is it as fast as well?", {"batch": SAMPLES}),
        Preset("A slanting start, all samples", "Why does the path bend?",
               {"batch": SAMPLES, "goal_1": 2.0, "goal_2": -0.5, "learning_rate": 1.0, "steps": 100}),
        Preset("Too large a step", "At which learning rate does a path leave the picture?", {"learning_rate": 3.0}),
        Preset("Long patience", "How many steps does each need?", {"steps": STEPS, "learning_rate": 1.0}),
    ),
    summary="Two paths down two loss surfaces, step by step, with the directions that a step can take.",
)  # fmt: skip
