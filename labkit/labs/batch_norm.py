"""Batch normalization against bad first weights: without it, before the activation, after it."""

from dataclasses import dataclass
from math import log
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.comparison import ComparisonView
from labkit.figures.numbers import short
from labkit.figures.signal import TITLES
from labkit.figures.standings import Standing
from labkit.labs.batch_norm_result import NAMES, Result, explain
from labkit.labs.lab import Lab, Motion, Preset
from labkit.labs.mnist_result import precise, share
from labkit.labs.parameters import Choice, LogRange, Parameters, Range, Switch
from labkit.labs.race import MOST_KEPT, Race
from labkit.labs.race_curves import curve, reach, recent
from labkit.labs.shared import (
    ROWS_OWN,
    ActivationKey,
    AlphaValue,
    InitializerKey,
    OwnFormula,
    Seed,
    key_of,
    square_std,
)  # fmt: skip
from labkit.nn.network import BATCH_NORMS, Network
from labkit.nn.normalization import EPSILON
from labkit.nn.training import Training

Array = NDArray[np.float64]
QUANTITIES = ("pre", "post", "grad_pre")
_PROBE = 250


@dataclass(frozen=True)
class BatchNorm(Parameters):
    """What is set in this lab."""

    activation: ActivationKey = "relu"
    initializer: InitializerKey = "normal"
    std: Annotated[float, LogRange("init std", given=square_std, low=1e-4, high=10.0)] = 0.01
    alpha: AlphaValue = ROWS_OWN
    chosen: Annotated[str, Choice("layers shown of", table=NAMES, aside=True)] = "before"
    show: Annotated[str, Choice("show", table={key: TITLES[key] for key in QUANTITIES}, aside=True)] = "pre"
    back: Annotated[int, Range("look back, steps kept", low=0, high=MOST_KEPT, step=1, aside=True)] = 0
    rate: Annotated[float, LogRange("learning rate", low=1e-4, high=10.0)] = 0.01
    formula: OwnFormula = ""
    steps: Annotated[int, Range("steps", more=True, low=100, high=5000, step=100)] = 1000
    depth: Annotated[int, Range("hidden layers", more=True, low=1, high=20, step=1)] = 4
    width: Annotated[int, Range("width", more=True, low=2, high=200, step=1)] = 100
    batch: Annotated[int, Range("batch", more=True, low=2, high=1000, step=1)] = 128
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


def given(training: Training) -> Array | None:
    """The variances that the normalizations were given by the last batch, the mean over each layer's units, (depth,).

    None where there are none.
    """
    net = training.network
    if net.batch_norm == "none":
        return None
    scales = training.model.work(net.batch, "probe").scale
    return np.array([np.maximum(1 / scale**2 - EPSILON, 0).mean() for scale in scales])


def start(p: BatchNorm) -> Race:
    """The three before the first step."""
    return Race(p.networks(), p.steps, learning_rate=p.rate, batch_size=p.batch, quantities=QUANTITIES, look=given)


def show(race: Race, p: BatchNorm) -> Result:
    """How far they are."""
    places, done = range(len(race.networks)), race.done
    chosen = list(BATCH_NORMS).index(p.chosen)
    kept = race.kept[chosen]
    return Result(
        networks=race.networks, steps=race.steps, done=done,
        curves=tuple(curve(race.losses[:, i], done, race.steps) for i in places), recent=recent(race.losses, done)[0],
        accuracy=race.accuracy[0].copy(), evaluated=race.evaluated_at, diverged=tuple(map(race.diverged, places)),
        chosen=chosen, shown=p.show, kept=kept[max(0, len(kept) - 1 - p.back)],
        before=tuple(race.kept[i][0].statistics for i in places),
    )  # fmt: skip


MOTION = Motion(
    start=start, advance=lambda race, seconds: race.advance(seconds), show=show, steps=lambda race: race.progress
)


class _View(ComparisonView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        r: Result = result
        loss = f"training loss: mean of {2 * reach(r.steps) + 1} steps; faint: batches"
        titles = loss, "test accuracy, dotted: a guess"
        level = log(10), "ln 10 = 2.303: ten equal guesses"
        depth = r.networks[0].depth
        self.begin(tuple(BATCH_NORMS.values()), r.chosen, r.steps, depth, r.shown, level, 0.1, titles)
        ended = [found.iteration if found else None for found in r.diverged]
        standings = [_standing(r, place) for place in range(len(r.networks))]
        at = r.kept.step, r.names[r.chosen]
        super().update(r.curves, ended, standings, r.chosen, at, r.shown, r.kept.statistics, _left(r))


def _left(r: Result) -> str:
    """The least variance that a normalization leaves, in the picture."""
    return "" if r.kept.found is None else f"; variance given ≥ {short(r.given[0])}, left ≥ {short(r.given[1])}"


def _standing(r: Result, place: int) -> Standing:
    found, right = r.diverged[place], float(r.accuracy[place])
    if found:
        said = f"not finite: step {found.iteration}"
    elif not r.done:
        said = f"RMS of dC/dz, layer 1: {short(float(r.before[place].grad_rms[0]))}"
    else:
        said = f"loss {precise(float(r.recent[place]))}"
        said = f"{share(right)}   {said}" if r.evaluated else said
    return Standing((right, right, right), said)


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
               {"activation": "sigmoid", "rate": 0.1}),
        Preset("Thirty times the rate", "He's weights and a rate of 0.3: who bears it?",
               {"initializer": "he_normal", "rate": 0.3}),
        Preset("20 layers", "Normalized, and with a gradient that grows all the same: look at RMS of dC/dz",
               {"depth": 20, "std": 0.1}),
    ),
)  # fmt: skip
