"""Softmax: logits become probabilities, and with cross-entropy their gradient is p - y."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.numbers import short, sized
from labkit.figures.softmax import MOST, Bars, Shown, SoftmaxView
from labkit.labs.lab import Lab, Preset
from labkit.labs.parameters import LogRange, Parameters, Range
from labkit.nn.logits import Shares, naive, shares, softmax

Array = NDArray[np.float64]
_TEMPERATURES = np.geomspace(0.01, 100, 161)


def _from(number: int) -> Callable[[Any], bool]:
    return lambda p: bool(p.classes >= number)


def _logit(number: int) -> Range:
    return Range(f"logit {number}", folds=True, shown=_from(number), low=-10.0, high=10.0, step=0.1)


def _target(values: Mapping[str, Any]) -> int:
    return int(min(values["target"] or 1, values["classes"]))


@dataclass(frozen=True)
class Softmax(Parameters):
    """What is set in this lab; the logits are those set, times `scale`, plus `shift`."""

    classes: Annotated[int, Range("classes", low=3, high=MOST, step=1)] = 4
    logit_1: Annotated[float, _logit(1)] = 2.0
    logit_2: Annotated[float, _logit(2)] = 1.0
    logit_3: Annotated[float, _logit(3)] = -1.0
    logit_4: Annotated[float, _logit(4)] = 0.0
    logit_5: Annotated[float, _logit(5)] = 0.5
    logit_6: Annotated[float, _logit(6)] = -2.0
    target: Annotated[
        int,
        Range(
            "target class", low=1, high=MOST, step=1, bounds=lambda values: (1, values["classes"]), start=_target,
            follows=("classes",),
        ),
    ] = 1  # fmt: skip
    temperature: Annotated[float, LogRange("temperature T", low=0.01, high=100.0, least=0.01)] = 1.0
    scale: Annotated[float, LogRange("all logits times", low=0.01, high=100.0)] = 1.0
    shift: Annotated[int, Range("added to all logits", low=-1000, high=1000, step=10)] = 0

    def logits(self, shift: float | None = None) -> Array:
        """(classes,), with another shift than the one set where one is given."""
        own = np.array([getattr(self, f"logit_{i}") for i in range(1, self.classes + 1)])
        return self.scale * own + (self.shift if shift is None else shift)


@dataclass(frozen=True)
class Result:
    """What softmax makes of the logits; how far the shift has moved a probability; which ones plain e^z would lose."""

    parameters: Softmax
    z: Array
    shares: Shares
    moved: float
    lost: int
    curves: Array


def compute(p: Softmax) -> Result:
    """Probabilities, loss and gradients, and the probabilities at every temperature."""
    z = p.logits()
    found = shares(z, p.target - 1, p.temperature)
    moved = float(np.abs(found.p - softmax(p.logits(0.0), p.temperature)).max())
    lost = int((~np.isfinite(naive(z, p.temperature))).sum())
    return Result(p, z, found, moved, lost, np.array([softmax(z, t) for t in _TEMPERATURES]))


def probability(found: Shares, number: int, digits: int = 3) -> str:
    """A probability in digits: one near 1 as what it lacks, one too small for a float as its power of ten."""
    if found.p[number] > 0.999:
        return f"1 − {sized(1, found.log_rest[number] / log(10), 2)}"
    return sized(1, found.log_p[number] / log(10), digits)


def slope(found: Shares, number: int, target: int) -> str:
    """p - y in digits."""
    if number == target:
        return sized(-1, found.log_rest[number] / log(10), 2)
    return sized(1, found.log_p[number] / log(10), 2)


def shown(result: Result) -> Shown:
    """What the picture shows."""
    found, p = result.shares, result.parameters
    classes, target = range(p.classes), p.target - 1
    return Shown(
        logits=Bars(result.z, [signed(float(v), 4) for v in result.z]),
        p=Bars(found.p, [probability(found, i, 3 if p.classes < 5 else 2) for i in classes]),
        gradient=Bars(found.gradient, [slope(found, i, target) for i in classes]),
        squared=found.squared, total=repr(float(found.p.sum())), target=target, temperatures=_TEMPERATURES,
        curves=result.curves, temperature=p.temperature,
    )  # fmt: skip


class _View(SoftmaxView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:
        super().update(shown(result))


def explain(result: Result) -> str:
    """The probabilities, their sum as measured, the loss and its gradient; what the shift does."""
    found, p = result.shares, result.parameters
    target = p.target - 1
    loss = short(found.loss).replace("-", "−") if found.loss else sized(1, found.log_rest[target] / log(10))
    divided = "" if p.temperature == 1 else f" (dC/dz is p − y divided by T = {short(p.temperature)})"
    parts = [
        f"{_largest(found)}; the sum is {float(found.p.sum())!r} to a float64's last digit",
        f"Target {p.target}: p = {probability(found, target)}, cross-entropy {loss}, gradient p − y = "
        f"{slope(found, target, target)}{divided}; half the squared error would send {_sent(found.squared[target])}",
    ]
    if p.shift:
        much = f"by at most {signed(result.moved)}: rounding" if result.moved else "by 0"
        parts.append(f"Adding {signed(p.shift, 4)} to every logit has changed each p {much}")
    if result.lost:
        parts.append(f"eᶻ / Σ eᶻ as it is written would give {result.lost} of {p.classes} as not a number")
    return ". ".join(parts) + "."


def _largest(found: Shares) -> str:
    top = np.flatnonzero(found.p == found.p.max())
    share = probability(found, int(top[0]))
    if len(top) == 1:
        return f"Class {top[0] + 1} has the largest share, {share}"
    return f"Classes {', '.join(str(i + 1) for i in top[:-1])} and {top[-1] + 1} have the largest share, {share} each"


def _sent(value: float) -> str:
    return signed(float(value)) if value else "less than a float64 can hold"


_SCENES: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("One more for all", "Add the same to every logit: who wins?", {"shift": 500}),
    ("Cold", "T → 0: what is left of softmax?", {"temperature": 0.02}),
    ("Hot", "T → ∞: what do the logits still say?", {"temperature": 100.0}),
    ("A tie", "Two equal logits: can cold decide between them?", {"logit_1": 1.0, "temperature": 0.02}),
    ("Growing logits", "All logits times 10: the same as which temperature?", {"scale": 10.0}),
    ("Sure and right", "What is there left to learn?", {"scale": 30.0}),
    ("Sure and wrong", "Which loss still teaches?", {"scale": 30.0, "target": 3}),
    ("Knows nothing", "Six equal logits: what is the loss?",
     {"classes": 6, "scale": 0.0}),
    ("Logits of ±1000", "e¹⁰⁰⁰ is no number that a computer can hold: why does this work?",
     {"logit_1": 10.0, "logit_3": -10.0, "scale": 100.0}),
)  # fmt: skip

LAB = Lab(
    key="softmax",
    title="Softmax",
    question="What happens to all the other probabilities when one logit grows?",
    parameters=Softmax,
    compute=compute,
    view=_View,
    explain=explain,
    presets=tuple(Preset(*scene) for scene in _SCENES),
    summary="Move one logit, and the probabilities, the gradients and the curves over temperature move with it.",
)
