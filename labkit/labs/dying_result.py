"""What the lab dying_relu finds, and how it says it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.loss_curves import Curve
from labkit.figures.numbers import precise, spread, tenth
from labkit.labs.race_curves import last_steps
from labkit.labs.shared import sentences
from labkit.nn.network import Network
from labkit.nn.steps import Divergence

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """A contestant after `step` steps: the dead share of each layer in each seed, (seeds, depth)."""

    step: int
    dead: Array


@dataclass(frozen=True)
class Result:
    """How a training goes: the looks taken at each contestant, and the one shown `now`; loss and accuracy, (seeds,
    contestants); the alphas where they are learned, one for each seed.
    """

    networks: tuple[Network, ...]
    steps: int
    done: int
    looks: tuple[tuple[Look, ...], ...]
    now: tuple[Look, ...]
    curves: tuple[Curve, ...]
    recent: Array
    accuracy: Array
    evaluated: int
    diverged: tuple[Divergence | None, ...]
    learned_alpha: tuple[tuple[float, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each activation with its alpha, which it starts from where it learns it."""
        return tuple(net.activation_row.named(net.alpha) for net in self.networks)

    @property
    def looked_at(self) -> int:
        """The step that is looked at, of the contestant that came furthest."""
        return max(look.step for look in self.now)


def shares(looks: Sequence[Look]) -> Curve:
    """The dead share of all units by step: the mean of the seeds, and of several the lowest and the highest."""
    found = np.array([look.dead.mean(axis=1) for look in looks])
    alone = np.nan if found.shape[1] == 1 else 0.0
    steps = np.array([look.step for look in looks])
    return Curve(steps, found.mean(axis=1), found.min(axis=1) + alone, found.max(axis=1) + alone)


def by_layer(looks: Sequence[Look]) -> tuple[Array, Array]:
    """The steps, and the dead share of each layer then, (looks, depth): the mean of the seeds."""
    return np.array([look.step for look in looks]), np.stack([look.dead.mean(axis=0) for look in looks])


def explain(result: Result) -> str:
    """What the picture shows, with its numbers."""
    net, seeds, places = result.networks[0], len(result.recent), range(len(result.names))
    setting = f"Weights {net.initializer_row.label}, biases {signed(net.bias_mean)} at the start"
    of = f", lowest to highest of {seeds} seeds" if seeds > 1 else ""
    parts = [setting, f"dead units {_when(result)}{of}: {'; '.join(_dead(result, i) for i in places)}"]
    if result.done:
        learned = "; ".join(_learned(result, i) for i in places)
        parts.append(f"mean loss of the {last_steps(result.done)}: {learned}")
    else:
        parts.append("press play to train them on the same batches")
    named = enumerate(zip(result.names, result.diverged, strict=True), 1)
    parts += [f"contestant {place}, {name}: {found}" for place, (name, found) in named if found]
    return sentences(parts)


def _when(result: Result) -> str:
    return f"after step {result.looked_at}" if result.looked_at else "before the first step"


def _dead(result: Result, place: int) -> str:
    """Dead units of all, and where most are."""
    look, net, name = result.now[place], result.networks[place], result.names[place]
    counts = np.rint(look.dead * net.width)
    said = f"{name} {spread(counts.sum(axis=1), _whole)} of {net.depth * net.width}"
    if counts.any() and net.depth > 1:
        means = counts.mean(axis=0)
        most = np.flatnonzero(means == means.max())
        said += f", {spread(counts[:, most[0]], _whole)} of {net.width} in {_layers(most + 1, net.depth)}"
    return said if look.step == result.looked_at else f"{said} (after step {look.step})"


def _whole(count: float) -> str:
    return f"{count:.0f}"


def _hundredth(value: float) -> str:
    return f"{value:.2f}"


def _layers(layers: NDArray[np.intp], depth: int) -> str:
    """Layers by their numbers, which rise."""
    if len(layers) == depth:
        return "each layer"
    *first, last = map(str, layers)
    return f"layers {', '.join(first)} and {last}" if first else f"layer {last}"


def _learned(result: Result, place: int) -> str:
    if result.diverged[place]:
        return f"{result.names[place]} none"
    said = f"{result.names[place]} {spread(result.recent[:, place], precise)}"
    if result.evaluated:
        said += f" ({spread(result.accuracy[:, place], tenth)} of the test digits right)"
    alphas = result.learned_alpha[place]
    return f"{said}, its alpha learned to {spread(alphas, _hundredth)} on average" if alphas else said
