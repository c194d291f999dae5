"""What the lab dying_relu finds, and how it says it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.figures.intervals import signed
from labkit.figures.loss_curves import Curve
from labkit.labs.mnist_result import precise, share
from labkit.labs.race_curves import LAST
from labkit.nn.network import Network
from labkit.nn.steps import Divergence

Array = NDArray[np.float64]
Looks = tuple[Array, Array]
"""The steps looked at (looks,), and the dead share of each layer then (looks, depth)."""


@dataclass(frozen=True)
class Result:
    """How a training goes: the looks taken at each contestant; loss and accuracy by contestant; alpha where learned."""

    networks: tuple[Network, ...]
    steps: int
    done: int
    looks: tuple[Looks, ...]
    back: int
    curves: tuple[Curve, ...]
    recent: Array
    accuracy: Array
    evaluated: int
    diverged: tuple[Divergence | None, ...]
    learned_alpha: tuple[float | None, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each activation with its alpha, which it starts from where it learns it."""
        return tuple(net.activation_row.named(net.alpha) for net in self.networks)

    def look(self, place: int) -> tuple[int, Array]:
        """The step that is looked at, and the dead share of each layer of a contestant then."""
        steps, shares = self.looks[place]
        at = max(0, len(steps) - 1 - self.back)
        return int(steps[at]), shares[at]

    @property
    def looked_at(self) -> int:
        """The step that is looked at, of the contestant that came furthest."""
        return max(self.look(place)[0] for place in range(len(self.looks)))


def explain(result: Result) -> str:
    """What the picture shows, with its numbers."""
    parts = ["; ".join(_dead(result, place) for place in range(len(result.names)))]
    net = result.networks[0]
    setting = f"weights {net.initializer_row.label}, biases {signed(net.bias_mean)} at the start"
    parts[0] = f"{setting}. Dead units {_when(result)}: {parts[0]}"
    if result.done:
        parts.append("; ".join(_learned(result, place) for place in range(len(result.names))))
        parts[1] = f"mean loss of the last {min(result.done, LAST)} steps: {parts[1]}"
    else:
        parts.append("press play to train them on the same batches")
    named = enumerate(zip(result.names, result.diverged, strict=True), 1)
    parts += [f"contestant {place}, {name}: {found}" for place, (name, found) in named if found]
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _when(result: Result) -> str:
    return f"after step {result.looked_at}" if result.looked_at else "before the first step"


def _dead(result: Result, place: int) -> str:
    """Dead units of all, and where most are."""
    step, shares = result.look(place)
    net, name = result.networks[place], result.names[place]
    counts = np.rint(shares * net.width).astype(int)
    said = f"{name} {counts.sum()} of {net.depth * net.width}"
    if counts.any():
        said += f", {counts.max()} of {net.width} in layer {int(counts.argmax()) + 1}"
    return said if step == result.looked_at else f"{said} (after step {step})"


def _learned(result: Result, place: int) -> str:
    if result.diverged[place]:
        return f"{result.names[place]} none"
    said = f"{result.names[place]} {precise(float(result.recent[place]))}"
    if result.evaluated:
        said += f" ({share(float(result.accuracy[place]))} of the test digits right)"
    alpha = result.learned_alpha[place]
    return said if alpha is None else f"{said}, its alpha learned to {alpha:.2f} on average"
