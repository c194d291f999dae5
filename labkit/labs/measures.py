"""Measures: what a task asks about, as named numbers of a lab's result, by layer, contestant, class ...

A measure gives an array with a number for each place; a reading takes one number out of it. So "std of the last layer
against the first" is the measure `std` read as `ratio`. Which measures a lab has follows from its result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.functions import Shown

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """`of(result)` is a number for each place, (places,); AttributeError where a lab's result has no such thing.

    `place` is what a place is called; empty where there is but one.
    """

    key: str
    label: str
    place: str
    of: Callable[[Any], Any]

    def values(self, result: Any) -> Array | None:
        """The numbers of this measure, (places,); None where the result has none."""
        try:
            return np.atleast_1d(np.asarray(self.of(result), float))
        except (AttributeError, TypeError, KeyError, IndexError):
            return None


@dataclass(frozen=True)
class Reading:
    """One number from all places: `of(values, at, over, limit)`, with places from 1, from the last where negative."""

    key: str
    label: str
    of: Callable[[Array, int, int, float], float]
    needs: tuple[str, ...] = ()


def _over_seeds(values: Any) -> Array:
    """The mean over the seeds where there are several, (places,)."""
    found = np.asarray(values, float)
    return found.mean(axis=0) if found.ndim > 1 else found


def _either(*ways: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The first way that a result can go."""

    def found(result: Any) -> Any:
        for way in ways[:-1]:
            try:
                return way(result)
            except AttributeError:
                continue
        return ways[-1](result)

    return found


def _first_of(*paths: str) -> Callable[[Any], Any]:
    """The first of some attributes that a result has."""
    return _either(*map(attrgetter, paths))


def _last_scores(name: str) -> Callable[[Any], Any]:
    return lambda r: getattr(r.learned, name)[-1]


def _signed(name: str) -> Callable[[Any], Array]:
    """Plain numbers of what the chain rule's lab keeps as sign and logarithm."""

    def found(result: Any) -> Array:
        sign, log = getattr(result.chain, name)
        return np.asarray(sign * 10.0**log, float)

    return found


def _drawn(result: Any) -> Sequence[Shown]:
    """The functions that are drawn; the lab's other pages have none."""
    first: Any = result.shown[0]
    return [each for each in first if each.slope is not None]


_LOSS = _either(
    lambda r: _over_seeds(r.recent), _last_scores("loss"), attrgetter("shares.loss"),
    lambda r: [walk.loss[-1] for walk in r.shown], lambda r: _over_seeds(r.loss),
)  # fmt: skip
_ACCURACY = _either(_last_scores("accuracy"), lambda r: r.mean, lambda r: _over_seeds(r.accuracy))

_MEASURES = (
    Measure("mean", "mean of the activations", "layer", attrgetter("statistics.mean")),
    Measure("std", "std of the activations", "layer", _first_of("statistics.std", "std")),
    Measure("rms", "RMS of the activations", "layer", attrgetter("statistics.rms")),
    Measure("grad_rms", "RMS of the gradient dC/dz", "layer", _first_of("statistics.grad_rms", "gradient")),
    Measure("saturated", "share of saturated values", "layer", attrgetter("statistics.saturated")),
    Measure("inactive", "share of values that are exactly 0", "layer", attrgetter("statistics.inactive")),
    Measure("dead", "share of dead units", "layer", attrgetter("statistics.dead")),
    Measure("dead_share", "share of all units that are dead", "network",
            lambda r: [look.dead.mean() for look in r.now]),
    Measure("grad_first", "RMS of dC/dz in layer 1", "network",
            lambda r: [kept.statistics.grad_rms[0] for kept in r.kept]),
    Measure("loss", "loss", "network", _LOSS),
    Measure("accuracy", "share of the test set that is right", "network", _ACCURACY),
    Measure("angle", "angle between the first and the last input, in degrees", "layer", lambda r: r.degrees[1:, -1]),
    Measure("correlation", "correlation of two inputs' images", "layer", lambda r: r.pairs.mean(axis=0)),
    Measure("survival", "number of layers that a signal survives", "", lambda r: r.layers),
    Measure("distinct_units", "number of units that differ", "layer", lambda r: r.distinct[0]),
    Measure("grad_weights", "size of dC/dW (the last: the readout)", "layer", lambda r: r.gradients[0]),
    Measure("mapped", "what the map shows where one is", "", lambda r: r.here),
    Measure("slope", "slope f′(z)", "layer", attrgetter("chain.slopes")),
    Measure("slope_product", "product of all slopes", "", lambda r: r.chain.slopes.prod()),
    Measure("grad_chain", "gradient dC/dh (place 1: the input)", "place", _signed("grad_post")),
    Measure("grad_chain_weights", "gradient dC/dw", "layer", _signed("grad_weights")),
    Measure("weight_std", "std of the weights", "layer", lambda r: r.distributions["weights"].std),
    Measure("pre_std", "std of the pre-activations z", "layer", lambda r: r.distributions["pre"].std),
    Measure("post_rms", "RMS of the outputs", "layer", lambda r: r.distributions["post"].rms),
    Measure("back_std", "std of the gradient dC/dx", "layer", lambda r: r.distributions["back"].std),
    Measure("missed", "largest distance between the output and the product of the matrices", "network",
            lambda r: r.missed),
    Measure("probability", "probability", "class", attrgetter("shares.p")),
    Measure("grad_logit", "gradient of the cross-entropy p − y", "class", attrgetter("shares.gradient")),
    Measure("grad_squared", "gradient of half the squared error", "class", attrgetter("shares.squared")),
    Measure("wrong_way", "share of single-weight moves away from the target", "walk",
            lambda r: [walk.wrong for walk in r.shown]),
    Measure("condition", "condition number of the loss surface", "walk",
            lambda r: [walk.condition for walk in r.shown]),
    Measure("largest_slope", "largest slope", "function",
            lambda r: [np.nanmax(each.slope) for each in _drawn(r)]),
    Measure("least_value", "lowest value", "function",
            lambda r: [np.nanmin(each.value) for each in _drawn(r)]),
)  # fmt: skip
MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in _MEASURES}


def _at(values: Array, place: int) -> float:
    if not 1 <= abs(place) <= len(values):
        raise ValueError(f"there are places 1 to {len(values)}, got {place}")
    return float(values[place - 1 if place > 0 else place])


def _ratio(values: Array, at: int, over: int) -> float:
    with np.errstate(all="ignore"):
        return float(np.float64(_at(values, at)) / _at(values, over))


def _alone(values: Array, extreme: float) -> float:
    """The place of an extreme value; two that have it are no answer."""
    places = np.flatnonzero(values == extreme) + 1
    if len(places) != 1:
        raise ValueError(f"no single place has it: {', '.join(map(str, places)) or 'none'} of {len(values)}")
    return float(places[0])


_READINGS = (
    Reading("value", "{measure}, {place}", lambda v, at, over, limit: _at(v, at)),
    Reading("ratio", "{measure}: {place} over {other}", lambda v, at, over, limit: _ratio(v, at, over), ("over",)),
    Reading("highest", "{where} with the highest {measure}", lambda v, at, over, limit: _alone(v, v.max())),
    Reading("lowest", "{where} with the lowest {measure}", lambda v, at, over, limit: _alone(v, v.min())),
    Reading("count_below", "number of {where}s with the size of the {measure} below {limit}",
            lambda v, at, over, limit: float((np.abs(v) < limit).sum()), ("limit",)),
)  # fmt: skip
READINGS: Mapping[str, Reading] = {reading.key: reading for reading in _READINGS}


def measures_of(result: Any) -> tuple[str, ...]:
    """The keys of the measures that a result has."""
    return tuple(key for key, measure in MEASURES.items() if measure.values(result) is not None)
