"""A deep network without a non-linearity is one matrix; the same data with one is separated."""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from labkit.figures.decision_boundary import Maps
from labkit.figures.linear_collapse import ASPECT, Collapsed, CollapseView, crosses
from labkit.figures.numbers import short, tenth
from labkit.labs.lab import Cover, Lab, Motion, Preset
from labkit.labs.parameters import Choice, Parameters, Range
from labkit.labs.plane_runs import PLANES, Array, Run, centers, extent_of, kept_every
from labkit.labs.shared import ACTIVATION, ALPHA, RATE, ROWS_OWN, OwnFormula, Seed, key_of, shortened
from labkit.nn.collapse import product
from labkit.nn.network import Network
from labkit.nn.scripts.probes import Probe
from labkit.nn.scripts.training_probes import collapse
from labkit.nn.steps import Divergence, Schedule
from labkit.nn.training import Training

_SHAPE = 54, 84


@dataclass(frozen=True)
class Collapse(Parameters):
    """What is set in this lab; the activation is the twin's."""

    activation: Annotated[str, replace(ACTIVATION, label="activation of the twin")] = "tanh"
    alpha: Annotated[float, replace(ALPHA, folds=True)] = ROWS_OWN
    depth: Annotated[int, Range("depth", low=1, high=10, step=1)] = 5
    width: Annotated[int, Range("width", low=1, high=16, step=1)] = 12
    dataset: Annotated[str, Choice("points", table=PLANES)] = "moons"
    formula: OwnFormula = ""
    learning_rate: Annotated[float, replace(RATE, more=True)] = 0.005
    batch: Annotated[int, Range("batch", more=True, low=1, high=256, step=1)] = 64
    steps: Annotated[int, Range("steps", more=True, low=1, high=10_000, step=1)] = 800
    seed: Seed = 0

    def networks(self) -> tuple[Network, Network]:
        """The linear network, and its twin from the same draws."""
        twin = Network(
            activation=key_of(self.values()), alpha=self.alpha, initializer="xavier_normal", depth=self.depth,
            width=self.width, batch=200, dataset=self.dataset, standardize=True, seed=self.seed,
        )  # fmt: skip
        return replace(twin, activation="identity"), twin

    def schedule(self) -> Schedule:
        """How they are trained."""
        return Schedule("adam", self.learning_rate, self.batch, self.steps, kept_every(self.steps))

    def probe(self, torch: bool) -> Probe:
        """What its scripts measure besides the layers."""
        return collapse(torch)


@dataclass(frozen=True)
class Result:
    """Both networks, the linear one first: maps, accuracy (2,), the product, and how far it is from their outputs (2,).

    `largest` (2,) is the largest output before the sigmoid, on the same 200 points; `slope` (2,) how much the linear
    network's output rises for each input.
    """

    networks: tuple[Network, ...]
    maps: Maps
    accuracy: tuple[float, ...]
    weights: tuple[np.ndarray, ...]
    matrix: np.ndarray
    offset: np.ndarray
    slope: np.ndarray
    missed: tuple[float, ...]
    largest: tuple[float, ...]
    diverged: tuple[Divergence | None, ...]
    done: int
    steps: int


def _start(p: Collapse) -> Run:
    optimizer, rate, size, steps, _ = p.schedule()
    return Run(p.networks(), optimizer, rate, size, steps)


def missed(training: Training) -> tuple[float, float]:
    """The largest distance between a network's outputs and those of its matrices' product; the largest output."""
    seen = training.trace()
    matrix, offset = product(training.weights, training.biases)
    with np.errstate(all="ignore"):
        distance = np.abs(seen.logits - (seen.x @ matrix + offset)).max()
    return float(distance), float(np.abs(seen.logits).max())


def measured_slope(training: Training) -> Array:
    """By how much a network's output, before the sigmoid, rises for each input from -1/2 to 1/2, the other at 0: (2,).

    It knows nothing of the matrices. NaN where the sigmoid says 0 or 1 without a rest.
    """
    ends = np.concatenate([np.eye(2), -np.eye(2)]) / 2
    p = training.predict(ends)[:, 0]
    with np.errstate(all="ignore"):
        outputs = np.log(p) - np.log1p(-p)
        rise: Array = outputs[:2] - outputs[2:]
    return np.where(np.isfinite(rise), rise, np.nan)


def _show(run: Run, p: Collapse) -> Result:
    extent, points = extent_of(run.points().x, ASPECT), run.points(300)
    scores, linear = run.scores(), run.trainings[0]
    matrix, offset = product(linear.weights, linear.biases)
    distances = [missed(training) for training in run.trainings]
    return Result(
        networks=tuple(training.network for training in run.trainings),
        maps=Maps(run.maps(extent, _SHAPE), *centers(extent, _SHAPE), extent, points.x, points.y),
        accuracy=tuple(np.where(np.isfinite(scores[:, 0]), scores[:, 1], np.nan).tolist()),
        weights=tuple(w.copy() for w in linear.weights), matrix=matrix, offset=offset,
        slope=measured_slope(linear),
        missed=tuple(each[0] for each in distances), largest=tuple(each[1] for each in distances),
        diverged=run.diverged, done=run.done, steps=run.steps,
    )  # fmt: skip


MOTION = Motion(start=_start, advance=Run.advance, show=_show, steps=Run.progress)


class _View(CollapseView):
    """The picture, fed with a Result."""

    def update(self, r: Result) -> None:
        twin = r.networks[1]
        said = (
            f"identity: {tenth(r.accuracy[0])} right",
            f"{shortened(twin.activation_row.named(twin.alpha))}: {tenth(r.accuracy[1])} right",
        )
        gap = f"network minus product: at most {short(r.missed[0], 2)}, where outputs reach {short(r.largest[0])}"
        self.show(r.maps, Collapsed(r.weights, r.matrix, r.offset, r.slope, said, gap))


def explain(r: Result) -> str:
    """What the picture shows, in a sentence with its numbers."""
    linear, twin = r.networks
    when = f"after step {r.done} of {r.steps}" if r.done else "before the first step"
    count, name = linear.depth + 1, twin.activation_row.named(twin.alpha)
    lost = "".join(f" {at}." for at in r.diverged if at is not None)
    return (
        f"Without a non-linearity, {when}: {count} matrices, and their product gives the network's output to within "
        f"{short(r.missed[0], 2)}; {_boundary(r)}, {tenth(r.accuracy[0])} of the test points are right. {name} from "
        f"the same draws on the same batches: {tenth(r.accuracy[1])}; the product of its matrices misses its output by "
        f"up to {short(r.missed[1])}.{lost}"
    )


def _boundary(r: Result) -> str:
    """Where the product says that the boundary is."""
    values = np.append(r.matrix, r.offset)
    if not np.isfinite(values).all():
        return "its boundary is lost, with numbers that are not finite"
    if crosses(r.matrix, r.offset, r.maps.extent):
        return "its boundary is a straight line"
    if not r.matrix.any():
        return "it has no boundary, as the product is 0"
    side = int(r.offset[0] > 0)
    return f"its boundary is a straight line outside the picture, all of which it gives to class {side}"


LAB = Lab(
    key="linear_collapse",
    title="Linear collapse",
    question="What does depth add to a network without a non-linearity?",
    parameters=Collapse,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    presets=(
        Preset("Moons, 5 layers", "Six matrices: what shape can the boundary of the left network have?", {}),
        Preset("Moons, 10 layers", "Twice as deep: does the left boundary bend now?", {"depth": 10}),
        Preset("One hidden layer", "The least depth: what changes on the left, what on the right?", {"depth": 1}),
        Preset("Circles, ReLU", "A line can only cut off a piece here: where does the left one end?",
               {"dataset": "circles", "activation": "relu"}),
        Preset("Spirals, ReLU", "The same weights at the start: how far does the bend alone carry?",
               {"dataset": "spirals", "activation": "relu", "width": 16, "steps": 1500}),
        Preset("Nearly linear", "Leaky ReLU with slope 0.9 below 0: how much bend is enough?",
               {"activation": "leaky_relu", "alpha": 0.9}),
        Preset("A twin that is linear too", "Leaky ReLU with slope 1: what is it?",
               {"activation": "leaky_relu", "alpha": 1.0}),
        Preset("A narrow neck", "One unit a layer: what is left of the twin?", {"width": 1, "depth": 3}),
    ),
    summary="Without a bend all weight matrices multiply into one, and the boundary stays a straight line.",
    cover=Cover(steps=800),
)  # fmt: skip
