"""What one layer makes of its inputs and gradients, what its initializer promises of it, and how the lab says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.figures.weights import Promise, Scheme
from labkit.labs.naming_traps import traps
from labkit.nn.activation import Activation
from labkit.nn.draws import Stream, drawn
from labkit.nn.histogram import bin_edges, count, rounded_up
from labkit.nn.initializers import INITIALIZERS, Initializer, standard_normal
from labkit.nn.moments import Moments, moments
from labkit.nn.properties import moment, output_range
from labkit.nn.statistics import Distribution

Array = NDArray[np.float64]
Limits = tuple[float, float]
_BINS = 40
_REACHES = (2.0, 5.8, 10.0)  # in stds: a uniform reaches 1.7, a large Gaussian sample about 5


@dataclass(frozen=True)
class Result:
    """One layer: the distributions of W, z, h and dC/dx, what is promised of them, and every scheme's std."""

    parameters: Any
    distributions: Mapping[str, Distribution]
    promises: Mapping[str, Promise]
    schemes: tuple[Scheme, ...]


def compute(p: Any) -> Result:
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


def promises(p: Any) -> dict[str, Promise]:
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


def _scheme(row: Initializer, p: Any) -> Scheme:
    """What a scheme gives at these fans: the chosen one with its options as set, the others with their defaults."""
    chosen = row is p.scheme
    options = p.options if chosen else {}
    mean, std = (of(p.fan_in, p.fan_out, **options) for of in (row.mean, row.std))
    return Scheme(row.label, float(np.hypot(mean, std)), chosen)


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
