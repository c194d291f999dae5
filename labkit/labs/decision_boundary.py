"""Data that no line separates: the boundary moves while a network learns, or a grid of networks in step."""

from dataclasses import dataclass, replace
from typing import Annotated

from labkit.figures.decision_boundary import BoundaryView
from labkit.labs.decision_result import Result, explain, feed, show
from labkit.labs.lab import Lab, Motion, Preset
from labkit.labs.parameters import Choice, Choices, LogRange, Parameters, Range
from labkit.labs.plane_runs import PLANES, Run
from labkit.labs.shared import ALPHA, ROWS_OWN, Seed, given_std
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS

NETS = {"one": "one network", "grid": "a grid: activation × initializer"}
MOST = 5
"""Rows of the grid, and columns."""
_RATES = {"sgd": 0.1, "momentum": 0.05, "adam": 0.005}


def _one(p: "Boundary") -> bool:
    return p.nets == "one"


def _grid(p: "Boundary") -> bool:
    return p.nets == "grid"


def _bent_one(p: "Boundary") -> bool:
    return _one(p) and ACTIVATIONS[p.activation].alpha is not None


def _given(p: "Boundary") -> float | None:
    """The std that the one network's initializer gives, in its hidden layers."""
    return given_std(INITIALIZERS[p.initializer], p.units, p.units) if _one(p) else None


def _named_std(p: "Boundary") -> str:
    """What the std counts for."""
    if _grid(p):
        return "for the initializers that take one"
    return "" if _given(p) is None else "set by the initializer"


@dataclass(frozen=True)
class Boundary(Parameters):
    """What is set in this lab."""

    nets: Annotated[str, Choice("networks", table=NETS)] = "one"
    dataset: Annotated[str, Choice("points", table=PLANES)] = "spirals"
    activation: Annotated[str, Choice("activation", shown=_one, folds=True, table=ACTIVATIONS, swept=True)] = "relu"
    alpha: Annotated[float, replace(ALPHA, shown=_bent_one, folds=True)] = ROWS_OWN
    initializer: Annotated[str, Choice("initializer", shown=_one, folds=True, table=INITIALIZERS)] = "he_normal"
    activations: Annotated[
        tuple[str, ...], Choices("activations", shown=_grid, folds=True, table=ACTIVATIONS, most=MOST)
    ] = ("sigmoid", "tanh", "relu", "leaky_relu")
    initializers: Annotated[
        tuple[str, ...], Choices("initializers", more=True, shown=_grid, folds=True, table=INITIALIZERS, most=MOST)
    ] = ("normal", "xavier_normal", "he_normal")
    std: Annotated[float, LogRange("init std", given=_given, note=_named_std)] = 0.01
    depth: Annotated[int, Range("depth", low=1, high=10, step=1)] = 4
    units: Annotated[int, Range("units a layer", low=1, high=32, step=1)] = 16
    optimizer: Annotated[str, Choice("optimizer", more=True, table=OPTIMIZERS)] = "adam"
    learning_rate: Annotated[
        float,
        LogRange(
            "learning rate", more=True, low=1e-4, high=10.0, follows=("optimizer",),
            start=lambda values: _RATES.get(values["optimizer"], 0.01),
        ),
    ] = ROWS_OWN  # fmt: skip
    batch: Annotated[int, Range("batch", more=True, low=1, high=256, step=1)] = 64
    steps: Annotated[int, Range("steps", more=True, low=1, high=10_000, step=1)] = 1000
    seed: Seed = 0

    def networks(self) -> tuple[Network, ...]:
        """Those of the grid, row after row; or the one."""
        if _one(self):
            return (self._network(self.activation, self.initializer, self.alpha),)
        return tuple(self._network(a, i, None) for i in self.initializers for a in self.activations)

    def _network(self, activation: str, initializer: str, alpha: float | None) -> Network:
        return Network(
            activation=activation, initializer=initializer, alpha=alpha, depth=self.depth, width=self.units,
            std=self.std, dataset=self.dataset, standardize=True, seed=self.seed,
        )  # fmt: skip


def _start(p: Boundary) -> Run:
    return Run(p.networks(), p.optimizer, p.learning_rate, p.batch, p.steps)


MOTION = Motion(start=_start, advance=Run.advance, show=show, steps=Run.progress)


class _View(BoundaryView):
    """The picture, fed with a Result."""

    def update(self, result: Result) -> None:
        feed(self, result)


_GRID = {"nets": "grid"}

LAB = Lab(
    key="decision_boundary",
    title="Decision boundary",
    question="Two classes that no line separates: which networks find the boundary between them?",
    parameters=Boundary,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    presets=(
        Preset("Two spirals, ReLU with He", "Can 4 layers of 16 units tell two spirals apart?", {}),
        Preset("Two spirals, a linear twin", "The same net without a bend: what shape can its boundary have?",
               {"activation": "identity"}),
        Preset("Two spirals, tanh", "A smooth function: what does its boundary look like?",
               {"activation": "tanh", "initializer": "xavier_normal"}),
        Preset("Circles, 3 units", "How many sides has a boundary that 3 ReLU units draw?",
               {"dataset": "circles", "depth": 1, "units": 3, "seed": 1}),
        Preset("Grid: the rule of thumb", "Xavier for sigmoid and tanh, He for ReLU: is the rule right in each column?",
               {**_GRID, "dataset": "moons", "depth": 5, "optimizer": "sgd", "steps": 600}),
        Preset("Grid: std 1", "The first row has std 1 now: who gains, who loses?",
               {**_GRID, "dataset": "moons", "depth": 5, "optimizer": "sgd", "steps": 600, "std": 1.0}),
        Preset("Grid: Adam", "The same grid with Adam: what does the optimizer repair?",
               {**_GRID, "dataset": "moons", "depth": 5, "steps": 600}),
        Preset("Grid: two spirals", "Harder data: which pairs are still at it when the others are done?",
               {**_GRID, "depth": 5, "steps": 1500}),
        Preset("Grid: deep", "10 layers: which cells stay white?",
               {**_GRID, "dataset": "circles", "depth": 10}),
        Preset("Grid: the ReLU family", "Slopes below 0, smooth bends: what does the family share?",
               {**_GRID, "dataset": "spirals", "activations": ("relu", "leaky_relu", "elu", "gelu"), "depth": 5}),
    ),
)  # fmt: skip
