"""Data that no line separates: the boundary moves while a network learns, or a grid of networks in step."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from labkit.figures.decision_boundary import BoundaryView
from labkit.labs.decision_result import Result, show
from labkit.labs.decision_said import explain, feed
from labkit.labs.lab import Cover, Lab, Motion, Preset
from labkit.labs.parameters import Choice, Choices, LogRange, Parameters, Range
from labkit.labs.plane_runs import KEPT, PLANES, Run, kept_every
from labkit.labs.seed_runs import SeedRuns
from labkit.labs.shared import (
    ACTIVATION,
    ALPHA,
    FORMULA,
    ROWS_OWN,
    Seed,
    key_of,
    learning_rate,
    row_of,
    square_std,
)
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.steps import Schedule

NETS = {"one": "one network", "grid": "a grid: activation × initializer"}
MOST = 5
"""Rows of the grid, and columns."""
MOST_SEEDS, MOST_NETWORKS = 5, 36
"""Seeds at once, and networks that are trained at once: with more, a tick takes too long."""
_EVALUATIONS = 40  # of a grid in the course of its training
_RATE = learning_rate({"sgd": 0.1, "momentum": 0.05, "adam": 0.005})


def _one(p: "Boundary") -> bool:
    return p.nets == "one"


def _grid(p: "Boundary") -> bool:
    return p.nets == "grid"


def _bent_one(p: "Boundary") -> bool:
    return _one(p) and row_of(p.values()).alpha is not None


def _given(p: "Boundary") -> float | None:
    """The std that the one network's initializer gives, in its hidden layers."""
    return square_std(p) if _one(p) else None


def _named_std(p: "Boundary") -> str:
    """What the std counts for."""
    if _grid(p):
        return "for the initializers that take one"
    return "" if _given(p) is None else "set by the initializer"


def _kept(p: "Boundary") -> int:
    """How many scores are kept."""
    return KEPT if _one(p) else _EVALUATIONS


def _most_seeds(values: Mapping[str, Any]) -> int:
    """As many as leave the networks of the grid few enough."""
    cells = len(values["activations"]) * len(values["initializers"]) if values["nets"] == "grid" else 1
    return max(1, min(MOST_SEEDS, MOST_NETWORKS // cells))


@dataclass(frozen=True)
class Boundary(Parameters):
    """What is set in this lab."""

    activation: Annotated[str, replace(ACTIVATION, shown=_one, folds=True)] = "relu"
    activations: Annotated[
        tuple[str, ...], Choices("activations", shown=_grid, folds=True, table=ACTIVATIONS, most=MOST)
    ] = ("sigmoid", "tanh", "relu", "leaky_relu")
    initializer: Annotated[str, Choice("initializer", shown=_one, folds=True, table=INITIALIZERS)] = "he_normal"
    initializers: Annotated[
        tuple[str, ...], Choices("initializers", more=True, shown=_grid, folds=True, table=INITIALIZERS, most=MOST)
    ] = ("normal", "xavier_normal", "he_normal")
    std: Annotated[float, LogRange("init std", given=_given, note=_named_std)] = 0.01
    depth: Annotated[int, Range("depth", low=1, high=10, step=1)] = 4
    width: Annotated[int, Range("width", low=1, high=32, step=1)] = 16
    alpha: Annotated[float, replace(ALPHA, shown=_bent_one, folds=True)] = ROWS_OWN
    nets: Annotated[str, Choice("networks", table=NETS)] = "one"
    seeds: Annotated[
        int,
        Range("seeds at once", shown=_grid, folds=True, low=1, high=MOST_SEEDS, step=1,
              follows=("nets", "activations", "initializers"), bounds=lambda values: (1, _most_seeds(values)),
              start=lambda values: min(values["seeds"] or 3, _most_seeds(values))),
    ] = None  # type: ignore[assignment]  # three, where there is room  # fmt: skip
    dataset: Annotated[str, Choice("points", table=PLANES)] = "spirals"
    formula: Annotated[str, replace(FORMULA, shown=_one, folds=True)] = ""
    optimizer: Annotated[str, Choice("optimizer", more=True, table=OPTIMIZERS)] = "adam"
    learning_rate: Annotated[float, _RATE] = ROWS_OWN
    batch: Annotated[int, Range("batch", more=True, low=1, high=256, step=1)] = 64
    steps: Annotated[int, Range("steps", more=True, low=1, high=10_000, step=1)] = 1000
    seed: Seed = 0

    def networks(self) -> tuple[Network, ...]:
        """Those of the grid, row after row; or the one."""
        if _one(self):
            return (self._network(key_of(self.values()), self.initializer, self.alpha),)
        return tuple(self._network(a, i, None) for i in self.initializers for a in self.activations)

    def schedule(self) -> Schedule:
        """How they are trained."""
        return Schedule(self.optimizer, self.learning_rate, self.batch, self.steps, kept_every(self.steps, _kept(self)))

    def seeds_trained(self) -> int:
        """From how many seeds: several only of a grid."""
        return 1 if _one(self) else self.seeds

    def _network(self, activation: str, initializer: str, alpha: float | None) -> Network:
        return Network(
            activation=activation, initializer=initializer, alpha=alpha, depth=self.depth, width=self.width,
            std=self.std, dataset=self.dataset, standardize=True, seed=self.seed,
        )  # fmt: skip


def _start(p: Boundary) -> SeedRuns:
    optimizer, rate, size, steps, _ = p.schedule()

    def make(k: int) -> Run:
        networks = [replace(network, seed=network.seed + k) for network in p.networks()]
        return Run(networks, optimizer, rate, size, steps, _kept(p))

    return SeedRuns(make, p.seeds_trained())


MOTION = Motion(start=_start, advance=SeedRuns.advance, show=show, steps=SeedRuns.progress)


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
               {"dataset": "circles", "depth": 1, "width": 3, "seed": 1}),
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
    summary="The boundary moves while the network trains: one network, or a whole grid of them.",
    cover=Cover(steps=1000),
)  # fmt: skip
