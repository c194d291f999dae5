"""What the symmetry lab shows and says."""

from dataclasses import dataclass

import numpy as np

from labkit.figures.distinct_units import Counts
from labkit.figures.intervals import signed
from labkit.figures.numbers import short, tenth
from labkit.figures.symmetry import Learned, SymmetryView, Units
from labkit.labs.plane_runs import Array
from labkit.labs.symmetry_run import Pair
from labkit.nn.network import Network
from labkit.nn.steps import Divergence


@dataclass(frozen=True)
class Result:
    """Both networks after `done` of `steps` steps."""

    networks: tuple[Network, ...]
    units: Units
    counts: Counts
    learned: Learned
    gradients: Array
    output_bias: float
    only_output_bias: bool
    pushed: tuple[tuple[int, float], ...]
    diverged: tuple[Divergence | None, ...]
    done: int
    steps: int

    @property
    def distinct(self) -> Array:
        """The counts of different units now, by network and layer, (2, depth)."""
        return np.asarray(self.counts.distinct[-1])


def show(pair: Pair, layer: int) -> Result:
    """The result as the networks are now, with one layer's units, counted from 0."""
    looks, history = pair.looks(), pair.history()
    places = np.array([look.places[:, layer] for look in looks])
    distinct = np.array([look.distinct for look in looks])
    steps = np.array([look.step for look in looks])
    pushed, gradients = tuple(pair.pushed), pair.gradients()
    return Result(
        networks=tuple(training.network for training in pair.trainings),
        units=Units(layer, places, distinct[-1, :, layer], looks[-1].spread[:, layer]),
        counts=Counts(steps, distinct, pair.trainings[0].network.width, pair.steps),
        learned=Learned(
            history.steps, history.loss, history.accuracy, pair.steps, tuple(step for step, _ in pushed)
        ),
        gradients=gradients, output_bias=float(pair.trainings[0].biases[-1][0]),
        only_output_bias=pair.hidden_biases_rest and not gradients[0].any(),
        pushed=pushed, diverged=pair.diverged, done=pair.done, steps=pair.steps,
    )  # fmt: skip


def feed(view: SymmetryView, r: Result) -> None:
    """Give a picture what it shows."""
    view.show(r.units, r.counts, r.learned)


def explain(r: Result) -> str:
    """What the picture shows, in a sentence with its numbers; then what got a gradient, and the noise."""
    net = r.networks[0]
    name = f"{net.activation_row.named(net.alpha)}, {_start(net)}"
    when = f"after step {r.done} of {r.steps}" if r.done else "before the first step"
    accuracy = [tenth(float(value)) for value in r.learned.accuracy[-1]]
    counts = [_counts(each) for each in r.distinct]
    parts = [
        f"{name}: {when}, {counts[0]} of the {net.width} units a layer differ (random start: {counts[1]}), and "
        f"{accuracy[0]} of the test points are right against {accuracy[1]}"
    ]
    parts += [str(at).capitalize() for at in r.diverged[:1] if at is not None]
    if r.done and r.diverged[0] is None:
        parts += _moved(r)
    if r.pushed:
        step, size = r.pushed[-1]
        parts.append(f"Noise of std {short(size)} was added at step {step}")
    return ". ".join(parts) + "."


def _start(net: Network) -> str:
    value = f" {short(float(net.options['constant']))}" if "constant" in net.options else ""
    return f"all weights {net.initializer_row.label}{value}"


def _counts(distinct: Array) -> str:
    """The counts by layer, said once where they agree; one unit that stands for all is no difference."""
    said = ["not a number" if np.isnan(count) else "none" if count == 1 else short(float(count)) for count in distinct]
    return said[0] if len(set(said)) == 1 else ", ".join(said)


def _moved(r: Result) -> list[str]:
    """Which weights got no gradient at all in the last step."""
    zero = r.gradients[0] == 0
    if not zero.any():
        return []
    if r.only_output_bias:
        bias = signed(r.output_bias)
        return [f"In the last step every dC/dW is exactly 0: only the output's bias gets a gradient, it is {bias} now"]
    names = [*(f"layer {i + 1}" for i in range(len(zero) - 1)), "the readout"]
    still = [name for name, none in zip(names, zero, strict=True) if none]
    return [f"In the last step dC/dW is exactly 0 in {_layers(still)}"]


def _layers(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
