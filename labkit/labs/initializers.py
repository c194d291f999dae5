"""What the first weights do to one layer: forward to its output, backward to the gradient."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.figures.weights import Promise, Scheme, WeightsView
from labkit.labs.lab import Lab, Preset
from labkit.labs.naming_traps import gain_note, traps
from labkit.labs.parameters import Choice, LogRange, Parameters, Range
from labkit.labs.shared import ALPHA, ROWS_OWN, Seed, given_std
from labkit.nn.activation import Activation
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.draws import Stream, drawn
from labkit.nn.histogram import bin_edges, count, rounded_up
from labkit.nn.initializers import INITIALIZERS, Initializer, OptionValue, standard_normal
from labkit.nn.moments import Moments, moments
from labkit.nn.properties import moment, output_range
from labkit.nn.statistics import Distribution

Array = NDArray[np.float64]
Limits = tuple[float, float]
_BINS = 40
_REACHES = (2.0, 5.8, 10.0)  # in stds: a uniform reaches 1.7, a large Gaussian sample about 5
_FANS = {"in": "fan in", "out": "fan out"}


def _takes(option: str) -> Callable[["OneLayer"], bool]:
    return lambda p: option in p.scheme.options


def _own_gain(values: Mapping[str, Any]) -> Any:
    """The gain that the chosen initializer comes with, as its box shows it."""
    option = INITIALIZERS[values["initializer"]].options.get("gain")
    return (values["gain"] or 1.0) if option is None else float(f"{option.default:.6g}")


@dataclass(frozen=True)
class OneLayer(Parameters):
    """What is set in this lab; std to fan are the options of those initializers that have them."""

    fan_in: Annotated[int, Range("fan in", low=1, high=1000, step=1)] = 400
    fan_out: Annotated[int, Range("fan out", low=1, high=1000, step=1)] = 100
    activation: Annotated[str, Choice("activation", table=ACTIVATIONS)] = "tanh"
    initializer: Annotated[
        str, Choice("initializer", table=INITIALIZERS, note=lambda p: f"PyTorch: {p.scheme.torch}")
    ] = "xavier_normal"  # fmt: skip
    std: Annotated[float, LogRange("std", given=lambda p: given_std(p.scheme, p.fan_in, p.fan_out, **p.options))] = 0.01
    mean: Annotated[float, Range("mean", folds=True, shown=_takes("mean"), low=-2.0, high=2.0)] = 0.0
    low: Annotated[float, Range("low", folds=True, shown=_takes("low"), low=-2.0, high=2.0)] = 0.0
    high: Annotated[
        float, Range("high", folds=True, shown=_takes("high"), low=-2.0, high=2.0, bounds=lambda v: (v["low"], 2.0))
    ] = 1.0
    constant: Annotated[float, Range("constant", folds=True, shown=_takes("constant"), low=-2.0, high=2.0)] = 0.1
    gain: Annotated[
        float,
        LogRange(
            "gain", folds=True, shown=_takes("gain"), low=0.1, high=10.0, follows=("initializer",), start=_own_gain,
            note=lambda p: gain_note(p.activation_row, p.shape),
        ),
    ] = ROWS_OWN  # fmt: skip
    fan: Annotated[str, Choice("fan that counts", folds=True, shown=_takes("fan"), table=_FANS)] = "in"
    alpha: Annotated[float, replace(ALPHA, folds=True)] = ROWS_OWN
    batch: Annotated[int, Range("batch", more=True, low=1, high=1000, step=1)] = 200
    seed: Seed = 0

    @property
    def scheme(self) -> Initializer:
        """The row of INITIALIZERS."""
        return INITIALIZERS[self.initializer]

    @property
    def options(self) -> dict[str, OptionValue]:
        """Every option of the initializer, with its value."""
        return {name: getattr(self, name, option.default) for name, option in self.scheme.options.items()}

    @property
    def activation_row(self) -> Activation:
        """The row of ACTIVATIONS."""
        return ACTIVATIONS[self.activation]

    @property
    def shape(self) -> float | None:
        """The activation's alpha; None where it has none."""
        return None if self.activation_row.alpha is None else self.alpha


@dataclass(frozen=True)
class Result:
    """One layer: the distributions of W, z, h and dC/dx, what is promised of them, and every scheme's std."""

    parameters: OneLayer
    distributions: Mapping[str, Distribution]
    promises: Mapping[str, Promise]
    schemes: tuple[Scheme, ...]


def compute(p: OneLayer) -> Result:
    """Draw the weights; send a unit Gaussian batch through the layer, and a unit Gaussian dC/dz back."""
    row, options = p.scheme, p.options
    weights = row.weights(
        drawn(row.draw, p.seed, Stream.WEIGHTS, 0, p.fan_in, p.fan_out), p.fan_in, p.fan_out, **options
    )
    x = drawn(standard_normal, p.seed, Stream.INPUT, 0, p.batch, p.fan_in)
    pre = x @ weights
    with np.errstate(all="ignore"):
        post = p.activation_row.function(pre, p.shape)
    back = drawn(standard_normal, p.seed, Stream.COTANGENT, 0, p.batch, p.fan_out) @ weights.T
    promised = promises(p)
    limits = _limits(pre, promised["pre"])
    return Result(
        parameters=p,
        distributions={
            "weights": measured(weights, _limits(weights, promised["weights"])),
            "pre": measured(pre, limits),
            "post": measured(post, _output_limits(p.activation_row, p.shape, limits, post)),
            "back": measured(back, _limits(back, promised["back"])),
        },
        promises=promised,
        schemes=tuple(_scheme(other, p) for other in INITIALIZERS.values()),
    )


def _limits(values: Array, promise: Promise) -> Limits:
    """Limits that hold all values, and move with the promise and not with each sample's extremes."""
    low, high = float(values.min()), float(values.max())
    if promise.std > 0:
        farthest = max(high - promise.mean, promise.mean - low) / promise.std
        reach = promise.std * next((bound for bound in _REACHES if farthest <= bound), farthest)
        low, high = promise.mean - reach, promise.mean + reach
    return _rounded(low, high)


def _rounded(low: float, high: float) -> Limits:
    """[low, high] rounded outwards, 0 within it."""
    below, above = (rounded_up(end) if end > 0 else 0.0 for end in (-low, high))
    return (-below or 0.0, above) if below or above else (-1.0, 1.0)


def _output_limits(activation: Activation, alpha: float | None, limits: Limits, post: Array) -> Limits:
    """The activation's range where it is bounded, else what it makes of the limits of z."""
    fixed = output_range(activation, alpha)
    if np.isfinite(fixed).all():
        return fixed
    with np.errstate(all="ignore"):
        reached = activation.function(np.linspace(*limits, 401), alpha)
    return _rounded(float(min(post.min(), reached.min())), float(max(post.max(), reached.max())))


def measured(values: Array, limits: Limits) -> Distribution:
    """The moments and the histogram of an array, as a Distribution of one layer."""
    found = moments(values)
    edges = bin_edges(*limits, _BINS)
    counts = count(values, edges, found.min, found.max, not found.nonfinite)
    outside = 1 - (counts.sum() + found.nonfinite) / found.size
    columns = {name: np.array([getattr(found, name)]) for name in Moments._fields}
    return Distribution(**columns, outside=np.array([outside]), counts=counts[None], edges=edges)


def promises(p: OneLayer) -> dict[str, Promise]:
    """Means and stds of W, z, h and dC/dx, by the initializer's variance and mean alone.

    Inputs and cotangents have mean 0, so each weight counts with its mean square: z is N(0, fan_in E W^2) in a wide
    layer, dC/dx N(0, fan_out E W^2).
    """
    variance = p.scheme.variance(p.fan_in, p.fan_out, **p.options)
    mean = p.scheme.mean(p.fan_in, p.fan_out, **p.options)
    square = variance + mean * mean
    forward, backward = sqrt(p.fan_in * square), sqrt(p.fan_out * square)
    return {
        "weights": Promise(mean, sqrt(variance)),
        "pre": Promise(0.0, forward, gaussian=True),
        "post": _through(p.activation_row, p.shape, forward),
        "back": Promise(0.0, backward, gaussian=True),
    }


def _through(activation: Activation, alpha: float | None, std: float) -> Promise:
    """Mean and std of f(z), z ~ N(0, std**2)."""
    if not activation.elementwise:
        return Promise(nan, nan)
    if std == 0:
        return Promise(float(activation.function(np.zeros(1), alpha)[0]), 0.0)
    first, second = (moment(activation, alpha, power=power, std=std) for power in (1, 2))
    return Promise(first, sqrt(max(second - first * first, 0.0)))


def _scheme(row: Initializer, p: OneLayer) -> Scheme:
    """What a scheme gives at these fans: the chosen one with its options as set, the others with their defaults."""
    chosen = row is p.scheme
    options = p.options if chosen else {}
    mean, std = (of(p.fan_in, p.fan_out, **options) for of in (row.mean, row.std))
    return Scheme(row.label, float(np.hypot(mean, std)), chosen)


class _View(WeightsView):
    """The picture, fed with a Result."""

    def update(self, result: Result) -> None:
        p = result.parameters
        self.show(result.distributions, result.promises, result.schemes, (p.fan_in**-0.5, p.fan_out**-0.5))


def explain(result: Result) -> str:
    """What the picture shows, in words with its numbers; then what its name may hide."""
    p = result.parameters
    z, back = (
        f"{short(float(result.distributions[name].std[0]))} (promised {short(result.promises[name].std)})"
        for name in ("pre", "back")
    )
    h = result.distributions["post"]
    first = (
        f"{p.scheme.label}, {p.fan_in} → {p.fan_out} units, weight std {short(result.promises['weights'].std)}: unit "
        f"Gaussian inputs become z of std {z} and {p.activation_row.named(p.shape)} outputs of RMS "
        f"{short(float(h.rms[0]))}; a unit Gaussian dC/dz comes back as dC/dx of std {back}"
    )
    return ". ".join([first, *traps(p.scheme, p.options, p.fan_in, p.fan_out)]) + "."


LAB = Lab(
    key="initializers",
    title="Initializers",
    question="What do the first weights do to a layer's output, and to the gradient on its way back?",
    parameters=OneLayer,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("Square layer: who differs?", "When fan in equals fan out, which schemes still differ?",
               {"initializer": "lecun_normal", "fan_in": 300, "fan_out": 300}),
        Preset("Wide to narrow: 1000 → 100", "Which scheme keeps z, which keeps the gradient, and can one keep both?",
               {"fan_in": 1000, "fan_out": 100}),
        Preset("Narrow to wide: 100 → 1000", "Who makes the gradient grow when a layer widens?",
               {"initializer": "lecun_normal", "fan_in": 100, "fan_out": 1000}),
        Preset("The book's Xavier", "The book's 1/√n: is it the scheme that PyTorch calls Xavier?",
               {"initializer": "lecun_normal", "fan_in": 784, "fan_out": 100}),
        Preset("He under ReLU", "Why is the variance 2/fan_in and not 1/fan_in?",
               {"initializer": "he_normal", "activation": "relu"}),
        Preset("PyTorch's default under ReLU", "How much of the signal is left after one layer?",
               {"initializer": "torch_default", "activation": "relu"}),
        Preset("U[0, 1]: why does it explode?", "The weights lie between 0 and 1: why is z so large?",
               {"initializer": "uniform", "activation": "relu", "fan_in": 100, "fan_out": 100}),
        Preset("The truncated normal's std", "The std asked for is 1/√fan_in: why is z's smaller than 1?",
               {"initializer": "truncated_normal", "std": 0.05, "fan_in": 400}),
        Preset("Orthogonal", "What does an orthogonal matrix keep exactly, and in which direction?",
               {"initializer": "orthogonal", "activation": "identity", "fan_in": 200, "fan_out": 400}),
        Preset("Zeros", "What goes through, what comes back?", {"initializer": "zeros"}),
    ),
    summary="One layer's weights, outputs and gradient as histograms, and the size of the weights under every scheme.",
)  # fmt: skip
