"""What the lab batch_norm finds, and how it says it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.figures.loss_curves import Curve
from labkit.figures.numbers import percent, short
from labkit.labs.mnist_result import precise, share
from labkit.labs.race import Kept
from labkit.labs.race_curves import LAST
from labkit.nn.network import Network
from labkit.nn.normalization import EPSILON
from labkit.nn.statistics import LayerStatistics
from labkit.nn.steps import Divergence

Array = NDArray[np.float64]
_FELT = 0.99
"""A normalization that leaves less than this of variance 1 is said to feel its epsilon."""
NAMES: Mapping[str, str] = {
    "none": "no batch norm",
    "before": "batch norm before activation",
    "after": "batch norm after activation",
}


@dataclass(frozen=True)
class Result:
    """How far the three are; `kept` is the chosen one at the step looked at, `before` each at its start."""

    networks: tuple[Network, ...]
    steps: int
    done: int
    curves: tuple[Curve, ...]
    recent: Array
    accuracy: Array
    evaluated: int
    diverged: tuple[Divergence | None, ...]
    chosen: int
    shown: str
    kept: Kept
    before: tuple[LayerStatistics, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each in a few words."""
        return tuple(NAMES[net.batch_norm] for net in self.networks)

    @property
    def given(self) -> tuple[float, float, int]:
        """The least variance that a layer's normalization is given, what it leaves of it, and the layer, from 0."""
        layer = int(np.argmin(self.kept.found))
        v = float(self.kept.found[layer])
        return v, left(v), layer


def left(variance: float) -> float:
    """The variance that a normalization leaves of the one that it is given."""
    return variance / (variance + EPSILON)


def explain(result: Result) -> str:
    """What the picture shows, with its numbers."""
    net = result.networks[0]
    std = net.initializer_row.std(net.width, net.width, **net.options)
    setting = f"{net.activation_row.named(net.alpha)}, {net.initializer_row.label}, weight std {short(std)}"
    parts = [f"{setting}: {_way(result)}", *_epsilon(result)]
    parts += [f"{name}: {found}" for name, found in zip(result.names, result.diverged, strict=True) if found]
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _way(result: Result) -> str:
    if not result.done:
        rms = (short(float(statistics.grad_rms[0])) for statistics in result.before)
        gradients = "; ".join(f"{value} ({name})" for name, value in zip(result.names, rms, strict=True))
        return f"before the first step the gradient dC/dz of layer 1 has RMS {gradients}. Press play to train them"
    each = [_learned(result, i) for i in range(len(result.names)) if result.diverged[i] is None]
    return f"mean loss of the last {min(result.done, LAST)} steps {'; '.join(each) or 'not finite for any of them'}"


def _learned(result: Result, place: int) -> str:
    said = f"{result.names[place]}: {precise(float(result.recent[place]))}"
    return f"{said} ({share(float(result.accuracy[place]))} right)" if result.evaluated else said


def _epsilon(result: Result) -> list[str]:
    """What the normalization of the one shown is given, and what it leaves."""
    if result.kept.found is None:
        return []
    v, rest, layer = result.given
    felt = "" if rest >= _FELT else f": ε is felt, as the variance v/(v + ε) is {percent(rest)} of what was meant"
    when = f"after step {result.kept.step}" if result.kept.step else "before the first step"
    return [
        f"{result.names[result.chosen]}, {when}: the least variance that a layer's normalization is given is v = "
        f"{short(v)}, in layer {layer + 1}, against ε = {short(EPSILON)}{felt}"
    ]
