"""What each page of the lab on activation functions says, with its numbers."""

from collections.abc import Callable
from math import isfinite, log
from typing import Any

import numpy as np

from labkit.figures.intervals import interval, signed
from labkit.labs.chosen_functions import Chosen, chosen
from labkit.nn.approximation import HIGH, LOW, MOST, TARGETS, errors, two_relus
from labkit.nn.kernels import sigmoid
from labkit.nn.outputs import OUTPUT_LAYERS
from labkit.nn.portrait import portrait
from labkit.nn.properties import EFFECTIVE_FROM, effective_range, largest_slope


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _all(p: Any) -> tuple[Chosen, ...]:
    return chosen(p.activations, p.formula, p.alpha)


def _functions(p: Any) -> str:
    slopes = [f"{signed(largest_slope(one.row, one.alpha))} ({one.label})" for one in _all(p)]
    narrow = []
    for one in _all(p):
        low, high = effective_range(one.row, one.alpha)
        if isfinite(low) and isfinite(high):
            narrow.append(f"{one.label} from {interval(low, high)}")
    rule = f"Effective range (slope at least {100 * EFFECTIVE_FROM:g} % of the largest)"
    ranges = f"{rule}: {_listed(narrow)}." if narrow else "None of them goes flat on both sides."
    return f"Largest slopes: {_listed(slopes)}. {ranges}"


def _properties(p: Any) -> str:
    portraits = [(one, portrait(one.row, one.alpha)) for one in _all(p)]
    centered = [one.label for one, found in portraits if found.zero_centered]
    dearest, cost = max(((one.label, found.cost) for one, found in portraits), key=lambda pair: pair[1])
    return (
        f"For inputs from N(0, 1): zero-centered (mean output 0) {'is' if len(centered) == 1 else 'are'} "
        f"{_listed(centered) if centered else 'none of them'}; the gain is what weights must make up for to keep the "
        f"mean square, 1/√E f² forward and 1/√E f′² backward. Measured here, {dearest} takes {cost:.1f} times as long "
        "as ReLU (f and f′ together)."
    )


def _step(p: Any) -> str:
    k, ramp = p.steepness, two_relus(p.steepness)
    bend = float(ramp.kinks[1])
    apart = abs(float(ramp(np.array([bend]))[0]) - float(sigmoid(np.array([k * bend]))[0]))
    power = "z" if k == 1 else f"{k:g} z"
    return (
        f"The logistic 1/(1 + exp(−{power})) differs from the step by more than 1 % only for |z| < "
        f"{signed(log(99) / k)}, and has slope {signed(k / 4)} at 0, where the step has none. Two ReLUs that share its "
        f"slope at 0 are never farther from it than {signed(apart)}, at z = ±{signed(bend)}."
    )


def _approximation(p: Any) -> str:
    target, n = TARGETS[p.target], p.relus
    error = errors(target)
    text = f"{n} ReLU{'s' * (n > 1)} follow{'s' * (n == 1)} the {target.label} from {interval(LOW, HIGH)} " + (
        f"with a largest error of {signed(error[n - 1])}." if error[n - 1] else "exactly."
    )
    if 2 * n > MOST or not error[n - 1]:
        return text
    if not error[2 * n - 1]:
        return f"{text} With {2 * n} it is exact."
    ratio = error[n - 1] / error[2 * n - 1]
    more = f" With {2 * n} it is {signed(error[2 * n - 1])}: {signed(ratio, 2)} times smaller" if ratio > 1.001 else (
        f" With {2 * n} it is no smaller"
    )  # fmt: skip
    known = " (a curve without a bend: about 4 times, once n is large)." if not target.kinks else "."
    return text + more + known


def _outputs(p: Any) -> str:
    z = np.array([p.logit])
    parts = []
    for layer in list(OUTPUT_LAYERS.values())[1:]:
        own, squared = float(layer.gradient(z)[0]), float(layer.squared_gradient(z)[0])
        parts.append(f"{signed(own)} with {layer.loss_label}, {signed(squared)} with the squared error")
    return (
        f"For the target 1 and z = {signed(p.logit)}: with its own loss each output layer sends back output minus "
        f"target. Sigmoid: {parts[0]}; softmax: {parts[1]}, whose slope factor fades where the output is surely wrong."
    )


CAPTIONS: dict[str, Callable[[Any], str]] = {
    "functions": _functions,
    "properties": _properties,
    "step": _step,
    "approximation": _approximation,
    "outputs": _outputs,
}
