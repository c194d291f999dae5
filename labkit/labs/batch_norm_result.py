"""What the lab batch_norm finds, and how it says it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.figures.loss_curves import Curve
from labkit.figures.numbers import precise, short, spread, tenth
from labkit.labs.race import Kept
from labkit.labs.race_curves import first_of, last_steps
from labkit.labs.shared import sentences
from labkit.nn.network import BATCH_NORMS, Network
from labkit.nn.normalization import EPSILON
from labkit.nn.steps import Divergence

Array = NDArray[np.float64]
_FELT = 0.99
"""A normalization that leaves less than this of variance 1 is said to feel its epsilon."""


@dataclass(frozen=True)
class Result:
    """How far the three are: losses and accuracies, (seeds, networks); `kept` is each at the step looked at."""

    networks: tuple[Network, ...]
    steps: int
    done: int
    curves: tuple[Curve, ...]
    recent: Array
    accuracy: Array
    evaluated: int
    diverged: tuple[Divergence | None, ...]
    shown: str
    kept: tuple[Kept, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each in a few words."""
        return tuple(BATCH_NORMS[net.batch_norm] for net in self.networks)

    @property
    def looked_at(self) -> int:
        """The step that is looked at, of the one that came furthest."""
        return max(kept.step for kept in self.kept)

    @property
    def when(self) -> str:
        """The same in words."""
        return f"after step {self.looked_at}" if self.looked_at else "before the first step"

    def given(self, place: int) -> tuple[float, int]:
        """The least variance that a layer's normalization is given, and the layer, from 0."""
        layer = int(np.argmin(self.kept[place].found))
        return float(self.kept[place].found[layer]), layer

    def left(self, place: int) -> float:
        """What is left of variance 1 where a layer is given the least."""
        variance, _ = self.given(place)
        return variance / (variance + EPSILON)

    def feels(self, place: int) -> bool:
        """Whether there is a normalization, and a layer in which its epsilon is felt."""
        return self.kept[place].found is not None and self.left(place) < _FELT


def explain(result: Result) -> str:
    """What the picture shows, with its numbers."""
    net = result.networks[0]
    std = net.initializer_row.std(net.width, net.width, **net.options)
    parts = [f"{net.activation_row.named(net.alpha)}, {net.initializer_row.label}, weight std {short(std)}"]
    parts += [_learned(result)] if result.done else ["press play to train the three on the same batches"]
    parts += [f"{name}: {found}" for name, found in zip(result.names, result.diverged, strict=True) if found]
    rms = "; ".join(f"{name} {_gradient(result, kept)}" for name, kept in _kept(result))
    parts.append(f"{result.when}{first_of(len(result.recent))} dC/dz of layer 1 has RMS: {rms}")
    return sentences([*parts, _epsilon(result)])


def _kept(result: Result) -> list[tuple[str, Kept]]:
    return list(zip((net.batch_norm for net in result.networks), result.kept, strict=True))


def _gradient(result: Result, kept: Kept) -> str:
    said = short(float(kept.statistics.grad_rms[0]))
    return said if kept.step == result.looked_at else f"{said} (after step {kept.step})"


def _learned(result: Result) -> str:
    each = [_each(result, i) for i in range(len(result.names)) if result.diverged[i] is None]
    seeds = len(result.recent)
    of = f", lowest to highest of {seeds} seeds" if seeds > 1 else ""
    return f"mean loss of the {last_steps(result.done)}{of}: {'; '.join(each) or 'not finite for any of them'}"


def _each(result: Result, place: int) -> str:
    said = f"{result.names[place]} {spread(result.recent[:, place], precise)}"
    return f"{said} ({spread(result.accuracy[:, place], tenth)} right)" if result.evaluated else said


def _epsilon(result: Result) -> str:
    """What the normalizations are given, and what they leave."""
    found = []
    for place, (norm, kept) in enumerate(_kept(result)):
        if kept.found is not None:
            v, layer = result.given(place)
            felt = f", so ε is felt: v/(v + ε) = {short(result.left(place))}" if result.feels(place) else ""
            found.append(f"{short(v)} in layer {layer + 1} ({norm}{felt})")
    return f"the least variance v that a layer's normalization is given is {', '.join(found)}; ε = {short(EPSILON)}"
