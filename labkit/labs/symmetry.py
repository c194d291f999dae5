"""Units that start alike stay alike: zeros, ones or a constant against a random start, and noise that breaks it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from labkit.figures.symmetry import SymmetryView
from labkit.labs.lab import Action, Cover, Lab, Motion, Preset
from labkit.labs.parameters import Choice, LogRange, Parameters, Range
from labkit.labs.plane_runs import PLANES, kept_every
from labkit.labs.shared import ALPHA, ROWS_OWN, ActivationKey, OwnFormula, Seed, key_of, learning_rate
from labkit.labs.symmetry_result import Result, explain, feed, show
from labkit.labs.symmetry_run import Pair
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.scripts.probes import Probe
from labkit.nn.scripts.training_probes import last_gradients
from labkit.nn.steps import Schedule

STARTS = {key: INITIALIZERS[key].label for key in ("zeros", "ones", "constant")}
_RATE = learning_rate({"sgd": 0.1, "momentum": 0.02, "adam": 0.005})


@dataclass(frozen=True)
class Symmetry(Parameters):
    """What is set in this lab."""

    activation: ActivationKey = "relu"
    alpha: Annotated[float, replace(ALPHA, folds=True)] = ROWS_OWN
    start: Annotated[str, Choice("first weights", table=STARTS)] = "constant"
    constant: Annotated[
        float, Range("constant", folds=True, shown=lambda p: p.start == "constant", low=-2.0, high=2.0, step=0.05)
    ] = 0.5
    depth: Annotated[int, Range("depth", low=1, high=6, step=1)] = 3
    width: Annotated[int, Range("width", low=2, high=16, step=1)] = 8
    noise: Annotated[
        float, LogRange("noise ε", aside=True, low=1e-6, high=1.0, note=lambda p: "std of what the button adds")
    ] = 0.1
    layer: Annotated[
        int,
        Range(
            "layer shown", aside=True, low=1, high=6, step=1, follows=("depth",), bounds=lambda v: (1, v["depth"]),
            start=lambda values: 1,
        ),
    ] = 1  # fmt: skip
    formula: OwnFormula = ""
    dataset: Annotated[str, Choice("points", more=True, table=PLANES)] = "circles"
    optimizer: Annotated[str, Choice("optimizer", more=True, table=OPTIMIZERS)] = "sgd"
    learning_rate: Annotated[float, _RATE] = ROWS_OWN
    batch: Annotated[int, Range("batch", more=True, low=1, high=256, step=1)] = 64
    steps: Annotated[int, Range("steps", more=True, low=1, high=10_000, step=1)] = 1500
    seed: Seed = 0

    def networks(self) -> tuple[Network, Network]:
        """The one that starts alike, and its random twin."""
        options: Mapping[str, Any] = {"constant": self.constant} if self.start == "constant" else {}
        alike = Network(
            activation=key_of(self.values()), initializer=self.start, initializer_options=options, alpha=self.alpha,
            depth=self.depth, width=self.width, dataset=self.dataset, standardize=True, seed=self.seed,
        )  # fmt: skip
        return alike, replace(alike, initializer="xavier_normal", initializer_options={})

    def schedule(self) -> Schedule:
        """How they are trained."""
        return Schedule(self.optimizer, self.learning_rate, self.batch, self.steps, kept_every(self.steps))

    def probe(self, torch: bool) -> Probe:
        """What its scripts measure besides the layers."""
        return last_gradients(torch)


def _start(p: Symmetry) -> Pair:
    optimizer, rate, size, steps, _ = p.schedule()
    return Pair(p.networks(), optimizer, rate, size, steps)


MOTION = Motion(
    start=_start, advance=Pair.advance, show=lambda pair, p: show(pair, p.layer - 1), steps=Pair.progress
)


class _View(SymmetryView):
    """The picture, fed with a Result."""

    def update(self, result: Result) -> None:
        feed(self, result)


LAB = Lab(
    key="symmetry",
    title="Symmetry",
    question="If all weights of a layer start alike, can its units ever become different?",
    parameters=Symmetry,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    actions=(Action("Add noise ε", disturb=lambda pair, p: pair.push(p.noise)),),
    presets=(
        Preset("A constant", "Eight units, one weight: how many units learn? Then press Add noise.", {}),
        Preset("All zeros, ReLU", "Zero weights, slope 0 at zero: does anything reach the layers?", {"start": "zeros"}),
        Preset("All zeros, tanh", "Here the slope at zero is 1: does that help?",
               {"start": "zeros", "activation": "tanh"}),
        Preset("All zeros, sigmoid", "A sigmoid of 0 is 0.5: which layer gets a gradient first? What does it learn?",
               {"start": "zeros", "activation": "sigmoid", "depth": 2, "optimizer": "adam"}),
        Preset("All ones, ReLU", "Nothing is zero: is that better?", {"start": "ones"}),
        Preset("A whisper of noise", "Noise of a millionth, added while it trains: do 1500 steps make it grow?",
               {"noise": 1e-6}),
        Preset("Noise, but late: tanh", "Add the noise early, then once more late: does it come to the same?",
               {"activation": "tanh", "dataset": "moons", "optimizer": "adam"}),
        Preset("One hidden layer", "Eight units in the plane: where do they go once noise has parted them?",
               {"depth": 1, "steps": 3000}),
    ),
    summary="Units that start alike stay copies of one another, beside the same network with a random start.",
    cover=Cover(steps=1500),
)  # fmt: skip
