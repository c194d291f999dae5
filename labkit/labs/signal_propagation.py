"""What happens to a signal on its way through a deep network, forward and backward."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import percent, short
from labkit.figures.signal import TITLES, SignalView
from labkit.labs.lab import Lab
from labkit.labs.parameters import Choice, LogRange, Parameters, Range, Switch
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.datasets import DATASETS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import GRADIENT_SOURCES, LIMITS, Network
from labkit.nn.propagation import Buffers, propagate
from labkit.nn.properties import output_range
from labkit.nn.statistics import SATURATED_BELOW, LayerStatistics, summarize
from labkit.nn.statistics import Range as Limits

Array = NDArray[np.float64]


def _takes_std(p: "SignalPropagation") -> bool:
    return "std" in INITIALIZERS[p.initializer].options


def _given_std(p: "SignalPropagation") -> float | None:
    """The std that the initializer gives in a square layer, where it takes none."""
    row = INITIALIZERS[p.initializer]
    return None if _takes_std(p) else row.std(p.width, p.width)


def _named_std(p: "SignalPropagation") -> str:
    """Which scheme has just this std in a square layer."""
    if not _takes_std(p):
        return "set by the initializer"
    for key, name in (("lecun_normal", "1/√n: LeCun, the book's Xavier"), ("he_normal", "√(2/n): He")):
        if abs(p.std - INITIALIZERS[key].std(p.width, p.width)) <= 0.005 * p.std:
            return f"= {name}"
    return ""


def _labeled(p: "SignalPropagation") -> bool:
    return DATASETS[p.dataset].classes is not None


def _alpha_note(p: "SignalPropagation") -> str:
    row = ACTIVATIONS[p.activation].alpha
    return row.label if row else ""


@dataclass(frozen=True)
class SignalPropagation(Parameters):
    """What is set in this lab."""

    activation: Annotated[str, Choice("activation", table=ACTIVATIONS, swept=True)] = "tanh"
    initializer: Annotated[str, Choice("initializer", table=INITIALIZERS)] = "normal"
    std: Annotated[float, LogRange("init std", given=_given_std, note=_named_std)] = 1.0
    depth: Annotated[int, Range("depth", low=1, high=100, step=1)] = 5
    show: Annotated[str, Choice("show", table=TITLES)] = "post"
    alpha: Annotated[
        float, Range("alpha", shown=lambda p: ACTIVATIONS[p.activation].alpha is not None, note=_alpha_note)
    ] = 0.01
    width: Annotated[int, Range("width", more=True, low=1, high=1000, step=1)] = 100
    batch: Annotated[int, Range("batch", more=True, low=1, high=10_000, step=1)] = 1000
    bias_mean: Annotated[float, Range("bias mean", more=True, low=-10.0, high=10.0, step=0.1)] = 0.0
    bias_std: Annotated[float, Range("bias std", more=True, low=0.0, high=10.0, step=0.1)] = 0.0
    dataset: Annotated[str, Choice("input", more=True, table=DATASETS)] = "gaussian"
    standardize: Annotated[bool, Switch("standardized", more=True, shown=_labeled)] = False
    input_scale: Annotated[float, LogRange("input scale", more=True, low=0.01, high=100.0)] = 1.0
    gradient_source: Annotated[str, Choice("gradient of", more=True, table=GRADIENT_SOURCES, shown=_labeled)] = (
        "cotangent"
    )
    seed: Annotated[int, Range("seed", more=True, low=0, high=int(LIMITS["seed"][1]), step=1)] = 0

    def network(self) -> Network:
        """The network that these values stand for; ValueError when there is none."""
        labeled = _labeled(self)
        return Network(
            activation=self.activation, initializer=self.initializer, depth=self.depth, width=self.width,
            batch=self.batch, std=self.std, alpha=self.alpha, bias_mean=self.bias_mean, bias_std=self.bias_std,
            dataset=self.dataset, input_scale=self.input_scale, standardize=self.standardize and labeled,
            gradient_source=self.gradient_source if labeled else "cotangent", seed=self.seed,
        )  # fmt: skip


@dataclass(frozen=True)
class Result:
    """The statistics of a network, and which quantity is shown."""

    network: Network
    shown: str
    statistics: LayerStatistics


_buffers = Buffers()


def compute(parameters: SignalPropagation) -> Result:
    """Propagate, and summarize what the page shows and no more."""
    network, shown = parameters.network(), parameters.show
    quantities = dict.fromkeys(("post", "grad_pre", shown))
    statistics = summarize(
        propagate(network, _buffers), range=_fixed_limits(network), quantities=quantities, histograms=(shown,)
    )
    return Result(network, shown, statistics)


def _fixed_limits(network: Network) -> dict[str, Limits]:
    """Limits that do not move, for an activation with a bounded output."""
    low, high = output_range(network.activation_row, network.alpha)
    return {"post": (low, high)} if np.isfinite(low) and np.isfinite(high) else {}


class _View(SignalView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        super().update(result.statistics, result.shown)


def explain(result: Result) -> str:
    """What the picture shows, in a sentence with its numbers."""
    net, stats = result.network, result.statistics
    last = stats.depth
    parts = [
        f"{_setting(net)}: from layer 1 to layer {last} the activations' std goes {_way(stats.std)}; back from layer "
        f"{last} to layer 1 the gradient dC/dz has RMS {_way(stats.grad_rms[::-1])}",
        f"in layer {last}, {percent(float(stats.saturated[-1]))} of the values are saturated (slope below "
        f"{100 * SATURATED_BELOW:.1f} % of the largest), {percent(float(stats.inactive[-1]))} are exactly 0, and "
        f"{percent(float(stats.dead[-1]))} of the units are dead (slope 0 for the whole batch)",
    ]
    nonfinite = int(stats.post.nonfinite.sum() + stats.grad_pre.nonfinite.sum())
    if nonfinite:
        parts.append(f"{nonfinite} values have overflowed (infinite or not a number)")
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _setting(net: Network) -> str:
    alpha = "" if net.alpha is None else f" (alpha {net.alpha:g})"
    std = net.initializer_row.std(net.fan_ins[-1], net.width, **net.options)
    return f"{net.activation_row.label}{alpha}, {net.initializer_row.label}, weight std {short(std)}"


def _way(values: Array) -> str:
    if len(values) == 1:
        return f"{short(float(values[0]))}"
    return f"{short(float(values[0]))} → {short(float(values[-1]))}"


LAB = Lab(
    key="signal_propagation",
    title="Signal propagation",
    question="What happens to a signal on its way through a deep network?",
    parameters=SignalPropagation,
    compute=compute,
    view=_View,
    explain=explain,
)
