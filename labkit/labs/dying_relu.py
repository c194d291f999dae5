"""How units die, and what keeps them alive: bias and learning rate push them to where the slope is zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.dying import DyingView
from labkit.figures.standings import standing
from labkit.labs.chosen_functions import alpha_bounds, alpha_moves, alpha_start, chosen, leading_alpha
from labkit.labs.dying_result import Look, Result, by_layer, explain, shares
from labkit.labs.lab import Lab, Motion, Preset
from labkit.labs.parameters import Choices, LogRange, Parameters, Range, Switch
from labkit.labs.race import Kept, Race, evaluated_every
from labkit.labs.race_controls import NEWEST, StepShown, looked_at, seeds_at_once
from labkit.labs.race_curves import curve, reach, recent
from labkit.labs.shared import ROWS_OWN, InitializerKey, LearningRate, Seed, square_std
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.network import Network
from labkit.nn.steps import Schedule
from labkit.nn.training import Training

Array = NDArray[np.float64]
_PROBE = 500
_MOST = 4


def _has_alpha(p: "DyingRelu") -> bool:
    return bool(alpha_moves(p.activations, ""))


def _alpha_note(p: "DyingRelu") -> str:
    return f"{', '.join(alpha_moves(p.activations, ''))}: {leading_alpha(p.activations).note}" if _has_alpha(p) else ""


@dataclass(frozen=True)
class DyingRelu(Parameters):
    """What is set in this lab."""

    activations: Annotated[tuple[str, ...], Choices("activations (Ctrl: several)", table=ACTIVATIONS, most=_MOST)] = (
        "relu", "leaky_relu", "prelu",
    )  # fmt: skip
    initializer: InitializerKey = "he_normal"
    std: Annotated[float, LogRange("init std", more=True, given=square_std)] = 0.1
    alpha: Annotated[
        float,
        Range("alpha", low=0.0, high=10.0, step=0.01, shown=_has_alpha, note=_alpha_note, follows=("activations",),
              bounds=alpha_bounds, start=alpha_start),
    ] = ROWS_OWN  # fmt: skip
    bias_mean: Annotated[float, Range("bias at the start", low=-20.0, high=20.0, step=0.1)] = -0.5
    step_shown: StepShown = NEWEST
    learning_rate: LearningRate = 0.1
    seeds: Annotated[int, seeds_at_once(lambda values: len(values["activations"]), "activations")] = 1
    steps: Annotated[int, Range("steps", more=True, low=50, high=5000, step=50)] = 500
    batch: Annotated[int, Range("batch", more=True, low=1, high=1000, step=1)] = 128
    depth: Annotated[int, Range("depth", more=True, low=1, high=20, step=1)] = 4
    width: Annotated[int, Range("width", more=True, low=2, high=200, step=1)] = 50
    standardize: Annotated[bool, Switch("standardized pixels", more=True)] = False
    seed: Seed = 0

    def networks(self) -> tuple[Network, ...]:
        """A network for each activation, alike in all else."""
        return tuple(
            Network(
                activation=one.row.key, alpha=one.alpha, initializer=self.initializer, std=self.std, depth=self.depth,
                width=self.width, batch=_PROBE, bias_mean=self.bias_mean, dataset="mnist_small",
                standardize=self.standardize, seed=self.seed,
            )
            for one in chosen(self.activations, "", self.alpha)
        )  # fmt: skip

    def schedule(self) -> Schedule:
        """How they are trained."""
        return Schedule("sgd", self.learning_rate, self.batch, self.steps, evaluated_every(self.steps))


def start(p: DyingRelu) -> Race:
    """The networks before the first step."""
    optimizer, rate, size, steps, _ = p.schedule()
    return Race(p.networks(), steps, p.seeds, optimizer, rate, size, (), look=_dead_of_the_others)


def _dead_of_the_others(trainings: Sequence[Training]) -> tuple[Array, ...]:
    """The dead share of each layer in all seeds but the first, whose statistics are kept anyway."""
    return tuple(training.statistics(quantities=()).dead for training in trainings[1:])


def _look(kept: Kept) -> Look:
    return Look(kept.step, np.stack([kept.statistics.dead, *kept.found]))


def _alphas(trainings: Sequence[Training]) -> tuple[float, ...]:
    return tuple(float(np.mean([np.mean(alpha) for alpha in t.alphas])) for t in trainings if t.alphas)


def show(race: Race, p: DyingRelu) -> Result:
    """How many are dead, and how learning goes."""
    places, done = range(len(race.networks)), race.done
    return Result(
        networks=race.networks, steps=race.steps, done=done,
        looks=tuple(tuple(map(_look, race.kept[i])) for i in places),
        now=tuple(_look(looked_at(race.kept[i], p)) for i in places),
        curves=tuple(curve(race.losses[:, i], done, race.steps) for i in places), recent=recent(race.losses, done),
        accuracy=race.accuracy.copy(), evaluated=race.evaluated_at, diverged=tuple(map(race.diverged, places)),
        learned_alpha=tuple(_alphas(race.trainings(i)) for i in places),
    )  # fmt: skip


MOTION = Motion(
    start=start, advance=lambda race, seconds: race.advance(seconds), show=show, steps=lambda race: race.progress
)


class _View(DyingView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        r: Result = result
        seeds, digits = len(r.recent), r.networks[0].batch
        of = "training digits" if seeds == 1 else f"digits; mean of {seeds} seeds"
        titles = (
            f"dead units: slope 0 for each of {digits} {of}",
            f"training loss, mean of {2 * reach(r.steps) + 1} steps",
            "test accuracy, dotted: a guess",
        )
        short_names = [net.activation_row.label for net in r.networks]
        level = log(10), "ln 10 = 2.303"
        self.begin(r.names, short_names, r.steps, r.networks[0].depth, level, 0.1, titles)
        ended = [found.iteration if found else None for found in r.diverged]
        standings = [standing(r.accuracy[:, i], r.recent[:, i], end) for i, end in enumerate(ended)]
        dead, maps = [shares(looks) for looks in r.looks], [by_layer(looks) for looks in r.looks]
        super().update(dead, maps, r.curves, ended, standings, r.looked_at)


LAB = Lab(
    key="dying_relu",
    title="Dying units",
    question="What kills a unit for good, and who survives?",
    parameters=DyingRelu,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    presets=(
        Preset("Dead from the start", "Biases of −0.5: ReLU cannot move. Leaky ReLU can, but does it learn?", {}),
        Preset("Leaky slope 0.3", "The same with more slope below zero: what has changed?", {"alpha": 0.3}),
        Preset("Back from the dead", "Biases of −0.3: three in four units of layer 4 are dead. For good?",
               {"bias_mean": -0.3, "learning_rate": 0.3}),
        Preset("A step that is too large", "Rate 0.8: in which layer do units die first, and who survives?",
               {"bias_mean": 0.0, "learning_rate": 0.8, "activations": ("relu", "leaky_relu")}),
        Preset("The usual rate", "No bias, rate 0.01: does anything die?", {"bias_mean": 0.0, "learning_rate": 0.01}),
        Preset("The remedy: bias 0.1", "A source starts biases above zero: are there fewer dead units than with 0?",
               {"bias_mean": 0.1}),
        Preset("The remedy: bias 1", "More of it: why are there dead units before the first step?",
               {"bias_mean": 1.0, "activations": ("relu",)}),
        Preset("The remedy taken too far", "Biases of 3: every unit begins far from the kink. Safe?",
               {"bias_mean": 3.0, "activations": ("relu",)}),
        Preset("ReLU's relatives", "ELU, GELU, Swish with biases of −0.5: which of them can die?",
               {"activations": ("relu", "elu", "gelu", "silu")}),
        Preset("Dead on both sides", "ReLU6 is flat above 6 too: does it die sooner?",
               {"activations": ("relu", "relu6", "leaky_relu6"), "bias_mean": 0.0, "learning_rate": 0.8}),
        Preset("PyTorch's default, 10 layers", "No bias, and weights of std √(1/3n): how many units answer at all?",
               {"initializer": "torch_default", "depth": 10, "learning_rate": 0.01, "bias_mean": 0.0}),
    ),
    summary="Dead units, counted layer by layer while ReLU and its relatives train on the same digits.",
)  # fmt: skip
