"""What the first weights do to learning: up to six pairs of activation and initializer on the same batches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log
from typing import Annotated, Any

from labkit.figures.comparison import ComparisonView
from labkit.figures.signal import TITLES
from labkit.figures.standings import standing
from labkit.labs.contestants import MOST, activation_of, alpha_of, initializer_of, name_of, network_of, race, std_of
from labkit.labs.lab import Lab, Motion, Preset
from labkit.labs.mnist_result import AROUND, FIGURE_AT, Result, explain
from labkit.labs.parameters import Choice, Parameters, Range, Switch
from labkit.labs.race import Race, evaluated_every
from labkit.labs.race_controls import NEWEST, StepShown, looked_at, seeds_at_once
from labkit.labs.race_curves import curve, first_of, reach, recent
from labkit.labs.shared import ROWS_OWN, LearningRate, Seed
from labkit.nn.datasets import DATASETS
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.steps import Schedule

QUANTITIES = ("post", "pre", "grad_pre")
_DIGITS = {key: DATASETS[key] for key in ("mnist_small", "mnist")}
_PROBE = 250
_TRAINING = ("learning_rate", "optimizer", "steps", "batch")


@dataclass(frozen=True)
class MnistComparison(Parameters):
    """What is set in this lab."""

    contestants: Annotated[int, Range("contestants", low=1, high=MOST, step=1)] = 3
    chosen: Annotated[
        int, Range("contestant shown and set", low=1, high=MOST, step=1, aside=True,
                   bounds=lambda values: (1, values["contestants"]), start=lambda values: 1, follows=("contestants",)),
    ] = None  # type: ignore[assignment]  # the first  # fmt: skip
    activation_1: Annotated[str, activation_of(1)] = "relu"
    activation_2: Annotated[str, activation_of(2)] = "relu"
    activation_3: Annotated[str, activation_of(3)] = "relu"
    activation_4: Annotated[str, activation_of(4)] = "tanh"
    activation_5: Annotated[str, activation_of(5)] = "sigmoid"
    activation_6: Annotated[str, activation_of(6)] = "leaky_relu"
    initializer_1: Annotated[str, initializer_of(1)] = "normal"
    initializer_2: Annotated[str, initializer_of(2)] = "lecun_normal"
    initializer_3: Annotated[str, initializer_of(3)] = "he_normal"
    initializer_4: Annotated[str, initializer_of(4)] = "lecun_normal"
    initializer_5: Annotated[str, initializer_of(5)] = "lecun_normal"
    initializer_6: Annotated[str, initializer_of(6)] = "he_normal"
    std_1: Annotated[float, std_of(1)] = 0.01
    std_2: Annotated[float, std_of(2)] = 0.01
    std_3: Annotated[float, std_of(3)] = 0.01
    std_4: Annotated[float, std_of(4)] = 0.01
    std_5: Annotated[float, std_of(5)] = 0.01
    std_6: Annotated[float, std_of(6)] = 0.01
    alpha_1: Annotated[float, alpha_of(1)] = ROWS_OWN
    alpha_2: Annotated[float, alpha_of(2)] = ROWS_OWN
    alpha_3: Annotated[float, alpha_of(3)] = ROWS_OWN
    alpha_4: Annotated[float, alpha_of(4)] = ROWS_OWN
    alpha_5: Annotated[float, alpha_of(5)] = ROWS_OWN
    alpha_6: Annotated[float, alpha_of(6)] = ROWS_OWN
    show: Annotated[str, Choice("show", table={key: TITLES[key] for key in QUANTITIES}, aside=True)] = "post"
    step_shown: StepShown = NEWEST
    learning_rate: LearningRate = 0.01
    seeds: Annotated[int, seeds_at_once(lambda values: int(values["contestants"]), "contestants")] = 1
    optimizer: Annotated[str, Choice("optimizer", more=True, table=OPTIMIZERS)] = "sgd"
    steps: Annotated[int, Range("steps", more=True, low=100, high=10_000, step=100)] = 2000
    batch: Annotated[int, Range("batch", more=True, low=1, high=1000, step=1)] = 128
    depth: Annotated[int, Range("depth", more=True, low=1, high=20, step=1)] = 4
    width: Annotated[int, Range("width", more=True, low=2, high=200, step=1)] = 100
    dataset: Annotated[str, Choice("digits", more=True, table=_DIGITS)] = "mnist_small"
    standardize: Annotated[bool, Switch("standardized pixels", more=True)] = False
    seed: Seed = 0

    def networks(self) -> tuple[Network, ...]:
        """The network of each contestant."""
        common = {name: getattr(self, name) for name in ("depth", "width", "dataset", "standardize", "seed")}
        return tuple(network_of(self, place, batch=_PROBE, **common) for place in range(1, self.contestants + 1))

    def schedule(self) -> Schedule:
        """How they are trained."""
        return Schedule(self.optimizer, self.learning_rate, self.batch, self.steps, evaluated_every(self.steps))

    @property
    def is_figure(self) -> bool:
        """Whether this is figure 6-15's protocol, on any digits, from any seeds, shown in any way."""
        default = MnistComparison()
        nets = tuple(replace(net, dataset=self.dataset, seed=self.seed) for net in default.networks())
        return self.networks() == nets and all(getattr(self, name) == getattr(default, name) for name in _TRAINING)


def start(p: MnistComparison) -> Race:
    """The contestants before the first step."""
    optimizer, rate, size, steps, _ = p.schedule()
    return Race(p.networks(), steps, p.seeds, optimizer, rate, size, QUANTITIES)


def show(race: Race, p: MnistComparison) -> Result:
    """How far they are."""
    places, done = range(len(race.networks)), race.done
    around = None
    if done >= FIGURE_AT + AROUND:
        around = race.losses[..., FIGURE_AT - AROUND : FIGURE_AT + AROUND].mean(axis=-1)
    return Result(
        names=tuple(map(name_of, race.networks)), networks=race.networks, steps=race.steps, done=done,
        curves=tuple(curve(race.losses[:, place], done, race.steps) for place in places),
        recent=recent(race.losses, done), accuracy=race.accuracy.copy(), evaluated_at=race.evaluated_at,
        around=around, diverged=tuple(map(race.diverged, places)), chosen=p.chosen - 1, shown=p.show,
        kept=looked_at(race.kept[p.chosen - 1], p), protocol=p.is_figure,
    )  # fmt: skip


MOTION = Motion(
    start=start, advance=lambda race, seconds: race.advance(seconds), show=show, steps=lambda race: race.progress
)


class _View(ComparisonView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        r: Result = result
        width, seeds = 2 * reach(r.steps) + 1, len(r.recent)
        band = "single batches" if seeds == 1 else f"lowest to highest of {seeds} seeds"
        titles = f"training loss: mean of {width} steps; faint: {band}", "test accuracy, dotted: a guess"
        depth = r.networks[0].depth
        level = log(10), "ln 10 = 2.303: ten equal guesses"
        self.begin(r.names, r.chosen, r.steps, depth, r.shown, level, 0.1, titles)
        ended = [found.iteration if found else None for found in r.diverged]
        standings = [standing(r.accuracy[:, i], r.recent[:, i], end) for i, end in enumerate(ended)]
        at = r.kept.step, f"contestant {r.chosen + 1}, {r.names[r.chosen]}"
        super().update(r.curves, ended, standings, r.chosen, at, r.shown, r.kept.statistics, first_of(seeds))


def _pair(activation: str, initializer: str, **more: Any) -> Mapping[str, Any]:
    return {"activation": activation, "initializer": initializer, **more}


def _leaky(alpha: float) -> Mapping[str, Any]:
    return _pair("leaky_relu", "he_normal", alpha=alpha)


_FIGURE = [_pair("relu", "normal", std=0.01), _pair("relu", "lecun_normal"), _pair("relu", "he_normal")]
_EACH_ITS_OWN = [_pair("sigmoid", "xavier_normal"), _pair("tanh", "xavier_normal"), _pair("relu", "he_normal")]

LAB = Lab(
    key="mnist_comparison",
    title="Learning digits",
    question="Same network, same batches, other first weights: which one learns?",
    parameters=MnistComparison,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    presets=(
        Preset("Figure 6-15", "Std 0.01, 1/√n, √(2/n): which one does not move at all, and why?", race(*_FIGURE)),
        Preset("Figure 6-15, four seeds", "Was it luck?", race(*_FIGURE, seeds=4)),
        Preset("Standardized pixels", "The same three, the inputs brought to mean 0 and std 1: what changes?",
               race(*_FIGURE, standardize=True)),
        Preset("Sigmoid, tanh, ReLU",
               "Each with the weights that the rule of thumb names: who is fastest, and who does not start?",
               race(*_EACH_ITS_OWN, seeds=4)),
        Preset("tanh or ReLU", "Is ReLU faster than tanh? Four seeds each",
               race(_pair("tanh", "xavier_normal"), _pair("relu", "he_normal"), seeds=4)),
        Preset("Leaky slope 0.01 or 0.02", "A source says that 0.02 learns faster: do the bands part?",
               race(_leaky(0.01), _leaky(0.02), seeds=5)),
        Preset("Leaky slopes up to 1", "0, 0.1, 0.3, 1: where does a straight line stop paying?",
               race(_leaky(0.0), _leaky(0.1), _leaky(0.3), _leaky(1.0), seeds=3)),
        Preset("Swish or ReLU", "A source says that Swish is slightly better: here too?",
               race(_pair("relu", "he_normal"), _pair("silu", "he_normal"), _pair("hardswish", "he_normal"), seeds=4)),
        Preset("ReLU6 against explosion", "Std 0.3: the gradient grows on its way back. Does a bound help?",
               race(_pair("relu", "normal", std=0.3), _pair("relu6", "normal", std=0.3),
                    _pair("leaky_relu6", "normal", std=0.3), seeds=4)),
        Preset("Adam repairs std 0.01", "Does a better optimizer make up for the first weights?",
               race(*_FIGURE, optimizer="adam", learning_rate=0.001)),
    ),
    summary="Up to six networks learn handwritten digits at once, each with its own activation and first weights.",
)  # fmt: skip
