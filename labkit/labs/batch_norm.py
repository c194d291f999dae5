"""Batch normalization against bad first weights: without it, before the activation, after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.normalized import NormalizedView
from labkit.figures.numbers import short
from labkit.figures.signal import TITLES
from labkit.figures.standings import standing
from labkit.labs.batch_norm_result import Result, explain
from labkit.labs.lab import Lab, Motion, Preset
from labkit.labs.parameters import Choice, LogRange, Parameters, Range, Switch
from labkit.labs.race import Race, evaluated_every
from labkit.labs.race_controls import NEWEST, StepShown, looked_at, seeds_at_once
from labkit.labs.race_curves import curve, first_of, reach, recent
from labkit.labs.shared import (
    ROWS_OWN,
    ActivationKey,
    AlphaValue,
    InitializerKey,
    LearningRate,
    OwnFormula,
    Seed,
    key_of,
    square_std,
)  # fmt: skip
from labkit.nn.network import BATCH_NORMS, Network
from labkit.nn.normalization import EPSILON
from labkit.nn.steps import Schedule
from labkit.nn.training import Training

Array = NDArray[np.float64]
QUANTITIES = ("pre", "post", "grad_pre")
_PROBE = 250
_FINE = 160
"""Bins that are counted: the picture takes those where the values are."""


@dataclass(frozen=True)
class BatchNorm(Parameters):
    """What is set in this lab."""

    activation: ActivationKey = "relu"
    initializer: InitializerKey = "normal"
    std: Annotated[float, LogRange("init std", given=square_std, low=1e-4, high=10.0)] = 0.01
    alpha: AlphaValue = ROWS_OWN
    show: Annotated[str, Choice("show", table={key: TITLES[key] for key in QUANTITIES}, aside=True)] = "pre"
    step_shown: StepShown = NEWEST
    learning_rate: LearningRate = 0.01
    seeds: Annotated[int, seeds_at_once(lambda values: len(BATCH_NORMS))] = 1
    formula: OwnFormula = ""
    steps: Annotated[int, Range("steps", more=True, low=100, high=5000, step=100)] = 1000
    batch: Annotated[int, Range("batch", more=True, low=2, high=1000, step=1)] = 128
    depth: Annotated[int, Range("depth", more=True, low=1, high=20, step=1)] = 4
    width: Annotated[int, Range("width", more=True, low=2, high=200, step=1)] = 100
    standardize: Annotated[bool, Switch("standardized pixels", more=True)] = False
    seed: Seed = 0

    def networks(self) -> tuple[Network, ...]:
        """The network without, and with it before and after the activation."""
        return tuple(
            Network(
                activation=key_of(self.values()), alpha=self.alpha, initializer=self.initializer, std=self.std,
                depth=self.depth, width=self.width, batch=_PROBE, dataset="mnist_small", standardize=self.standardize,
                batch_norm=norm, seed=self.seed,
            )
            for norm in BATCH_NORMS
        )  # fmt: skip

    def schedule(self) -> Schedule:
        """How they are trained."""
        return Schedule("sgd", self.learning_rate, self.batch, self.steps, evaluated_every(self.steps))


def given(trainings: Sequence[Training]) -> Array | None:
    """The variances that the first one's normalizations were given by the last batch, (depth,): the mean over units.

    None where there are none.
    """
    training = trainings[0]
    net = training.network
    if net.batch_norm == "none":
        return None
    scales = training.model.work(net.batch, "probe").scale
    return np.array([np.maximum(1 / scale**2 - EPSILON, 0).mean() for scale in scales])


def start(p: BatchNorm) -> Race:
    """The three before the first step."""
    optimizer, rate, size, steps, _ = p.schedule()
    return Race(p.networks(), steps, p.seeds, optimizer, rate, size, QUANTITIES, given, _FINE)


def show(race: Race, p: BatchNorm) -> Result:
    """How far they are."""
    places, done = range(len(race.networks)), race.done
    return Result(
        networks=race.networks, steps=race.steps, done=done,
        curves=tuple(curve(race.losses[:, i], done, race.steps) for i in places), recent=recent(race.losses, done),
        accuracy=race.accuracy.copy(), evaluated=race.evaluated_at, diverged=tuple(map(race.diverged, places)),
        shown=p.show, kept=tuple(looked_at(kept, p) for kept in race.kept),
    )  # fmt: skip


MOTION = Motion(
    start=start, advance=lambda race, seconds: race.advance(seconds), show=show, steps=lambda race: race.progress
)


class _View(NormalizedView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        r: Result = result
        seeds = len(r.recent)
        band = "batches" if seeds == 1 else f"{seeds} seeds"
        loss = f"training loss: mean of {2 * reach(r.steps) + 1} steps; faint: {band}"
        titles = loss, "test accuracy, dotted: a guess", "RMS of dC/dz by layer"
        level = log(10), "ln 10 = 2.303: ten equal guesses"
        self.begin(r.names, tuple(BATCH_NORMS), r.steps, r.networks[0].depth, level, 0.1, titles)
        ended = [found.iteration if found else None for found in r.diverged]
        standings = [standing(r.accuracy[:, i], r.recent[:, i], end) for i, end in enumerate(ended)]
        found = [kept.statistics for kept in r.kept]
        distributions = [getattr(statistics, r.shown) for statistics in found]
        gradients = [statistics.grad_rms for statistics in found]
        super().update(r.curves, ended, standings, r.looked_at, _head(r), distributions, gradients)


def _head(r: Result) -> str:
    """What is seen in the rows, and where the normalization is not what it seems."""
    felt = [f"{short(r.left(i))} ({i + 1})" for i in range(len(r.kept)) if r.feels(i)]
    epsilon = f"; ε is felt: v/(v + ε) down to {', '.join(felt)}" if felt else ""
    return f"{TITLES[r.shown]} {r.when}{first_of(len(r.recent))}{epsilon}"


LAB = Lab(
    key="batch_norm",
    title="Batch normalization",
    question="Do the first weights still matter when every layer is normalized?",
    parameters=BatchNorm,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    presets=(
        Preset("ReLU, std 0.01", "Hopeless without it: what does it change before the first step?", {}),
        Preset("ReLU, std 0.001", "So small that the ε in the formula is felt: where?", {"std": 0.001}),
        Preset("ReLU, std 0.0001", "The variance given is far below ε: does it still rescue?", {"std": 1e-4}),
        Preset("ReLU, He", "Weights that need no rescue: what is left to gain?", {"initializer": "he_normal"}),
        Preset("ReLU, std 1", "Without it the signal explodes: what becomes of the loss?", {"std": 1.0}),
        Preset("ReLU, std 10", "Ten times more: does the network with it notice?", {"std": 10.0}),
        Preset("tanh, std 1", "Saturated without it: and with it, before or after?",
               {"activation": "tanh", "std": 1.0}),
        Preset("Sigmoid, std 0.01", "Everything says 0.5: before or after the activation?",
               {"activation": "sigmoid", "learning_rate": 0.1}),
        Preset("A hundred times the rate", "He's weights and a rate of 1: who bears it?",
               {"initializer": "he_normal", "learning_rate": 1.0}),
        Preset("20 layers", "Normalized, and with a gradient that grows all the same: look at RMS of dC/dz",
               {"depth": 20, "std": 0.1}),
    ),
    summary="Three networks from the same weights: not normalized, normalized before the activation, and after it.",
)  # fmt: skip
