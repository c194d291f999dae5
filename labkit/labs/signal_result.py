"""What the lab signal_propagation finds, and how it says it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import percent, short
from labkit.figures.signal import TITLES
from labkit.labs.book import MEANS, is_figure_6_14, percentiles
from labkit.nn.network import Network
from labkit.nn.prediction import Prediction
from labkit.nn.statistics import SATURATED_BELOW, LayerStatistics

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """The statistics of a network, which quantity is shown, and what theory says."""

    network: Network
    shown: str
    statistics: LayerStatistics
    prediction: Prediction
    density: Array | None


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
    parts.append(f"the histograms show the {TITLES[result.shown]}")
    parts += _said_by_theory(result)
    nonfinite = int(stats.post.nonfinite.sum() + stats.grad_pre.nonfinite.sum())
    if nonfinite:
        parts.append(f"{nonfinite} values have overflowed (infinite or not a number)")
    return ". ".join((parts[0], *(part[0].upper() + part[1:] for part in parts[1:]))) + "."


def _said_by_theory(result: Result) -> list[str]:
    said, parts = result.prediction, []
    if said.reason_forward:
        parts.append(f"no theory is drawn: {said.reason_forward}")
    elif said.reason_backward:
        parts.append(f"no theory is drawn for the gradient: {said.reason_backward}")
    else:
        parts.append(f"dashed: mean-field theory, {said.reason_band or 'with the band of 95 % of the seeds'}")
    if is_figure_6_14(result.network):
        means = tuple(float(mean) for mean in result.statistics.mean)
        parts.append(
            f"the book's layer means ({', '.join(short(m) for m in MEANS)}) lie at the percentiles "
            f"{_places(percentiles())} of the seeds, this seed's at {_places(percentiles(means))}"
        )
    return parts


def _places(places: tuple[float, ...]) -> str:
    return ", ".join(f"{place:.0f}" for place in places)


def _setting(net: Network) -> str:
    std = net.initializer_row.std(net.fan_ins[-1], net.width, **net.options)
    return f"{net.activation_row.named(net.alpha)}, {net.initializer_row.label}, weight std {short(std)}"


def _way(values: Array) -> str:
    if len(values) == 1:
        return f"{short(float(values[0]))}"
    return f"{short(float(values[0]))} → {short(float(values[-1]))}"
