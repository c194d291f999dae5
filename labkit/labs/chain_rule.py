"""The chain rule in the thinnest deep network: one unit a layer, every factor of the gradient in sight."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.chain import ChainView, Factors
from labkit.figures.intervals import signed
from labkit.figures.numbers import sized
from labkit.labs.lab import Cover, Lab, Preset
from labkit.labs.parameters import Parameters, Range
from labkit.labs.shared import ROWS_OWN, ActivationKey, AlphaValue, OwnFormula, Seed, row_of
from labkit.nn.activation import Activation
from labkit.nn.chain import Chain, Signed, chain
from labkit.nn.draws import Stream, drawn
from labkit.nn.initializers import standard_normal
from labkit.nn.properties import SATURATED_BELOW, largest_slope

Array = NDArray[np.float64]


def _kept_layer(values: Mapping[str, Any]) -> int:
    return int(min(values["layer"] or 1, values["depth"]))


@dataclass(frozen=True)
class ChainRule(Parameters):
    """What is set in this lab; each weight is weight + std * a draw from N(0, 1) of its own."""

    activation: ActivationKey = "sigmoid"
    depth: Annotated[int, Range("depth", low=1, high=30, step=1)] = 5
    weight: Annotated[float, Range("weight, mean", low=-10.0, high=10.0, step=0.1)] = 1.0
    std: Annotated[float, Range("init std", low=0.0, high=5.0, step=0.05)] = 0.0
    bias: Annotated[float, Range("bias, all layers", low=-10.0, high=10.0, step=0.1)] = 0.0
    x: Annotated[float, Range("input x", low=-5.0, high=5.0, step=0.1)] = 1.0
    shift: Annotated[float, Range("shift of one bias", low=-20.0, high=20.0, step=0.5)] = 0.0
    layer: Annotated[
        int,
        Range(
            "layer to saturate", low=1, high=30, step=1, bounds=lambda values: (1, values["depth"]),
            start=_kept_layer, follows=("depth",), shown=lambda p: p.shift != 0,
        ),
    ] = 3  # fmt: skip
    alpha: AlphaValue = ROWS_OWN
    formula: OwnFormula = ""
    seed: Seed = 0

    @property
    def row(self) -> Activation:
        """The activation that counts."""
        return row_of(self.values())

    def weights(self) -> Array:
        """One a layer; a deeper network keeps those that it had."""
        draws = [drawn(standard_normal, self.seed, Stream.WEIGHTS, i, 1, 1)[0, 0] for i in range(self.depth)]
        return self.weight + self.std * np.array(draws)


@dataclass(frozen=True)
class Result:
    """The pass through the network, and the same before the one bias was shifted."""

    parameters: ChainRule
    chain: Chain
    before: Chain
    saturated: NDArray[np.bool_]


def compute(p: ChainRule) -> Result:
    """Send x through the network, with the shift and without it."""
    weights, biases = p.weights(), np.full(p.depth, float(p.bias))
    shifted = biases + p.shift * (np.arange(1, p.depth + 1) == p.layer)
    found = chain(p.row, p.alpha, p.x, weights, shifted)
    largest = largest_slope(p.row, p.alpha)
    bound = SATURATED_BELOW * largest if largest < inf else 0.0
    saturated = np.abs(found.slopes) < bound
    return Result(p, found, chain(p.row, p.alpha, p.x, weights, biases), saturated)


def factors(result: Result) -> Factors:
    """What the picture shows."""
    c, p = result.chain, result.parameters
    return Factors(
        x=p.x, post=c.post, saturated=result.saturated, weights=np.array(Signed.of(c.weights)),
        slopes=np.array(Signed.of(c.slopes)), grad_post=np.array(c.grad_post), grad_weights=np.array(c.grad_weights),
        layer=p.layer, before=np.array(result.before.grad_post) if p.shift else None,
    )  # fmt: skip


class _View(ChainView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:
        super().update(factors(result))


def explain(result: Result) -> str:
    """The product with its numbers, the smallest factor, what the shift did, and the gradients of the weights."""
    p, c = result.parameters, result.chain
    parts = [_product(result), _smallest(c)]
    if p.shift:
        parts.append(_shift(result))
    if p.depth > 1:
        first, last = (sized(*c.grad_weights.at(i)) for i in (0, -1))
        parts.append(f"The first layer's weight gets dC/dw = {first}, the last one's {last}")
    return ". ".join(parts) + "."


def _product(result: Result) -> str:
    p, c = result.parameters, result.chain
    weights, slopes = (Signed.of(values).product().at(0) for values in (c.weights, c.slopes))
    layers = "1 layer" if p.depth == 1 else f"{p.depth} layers"
    return (
        f"{p.row.named(p.alpha)}, {layers} of one unit, C the last output: dC/dx = {sized(*c.grad_post.at(0))} = "
        f"{sized(*weights)} (all weights) × {sized(*slopes)} (all slopes)"
    )


def _smallest(c: Chain) -> str:
    sizes = np.abs(np.column_stack([c.weights, c.slopes]))
    if np.isnan(sizes).any():
        return "What overflows on the way is not a number, and has no smallest factor"
    layer, kind = divmod(int(sizes.argmin()), 2)
    value = (c.weights, c.slopes)[kind][layer]
    name = ("the weight", "the slope f′(z)")[kind]
    return f"Smallest factor: {name} of layer {layer + 1}, {signed(float(value))} at z = {signed(float(c.pre[layer]))}"


def _shift(result: Result) -> str:
    p = result.parameters
    (_, now), (_, before) = result.chain.grad_post.at(0), result.before.grad_post.at(0)
    start = f"Without the shift of {signed(p.shift)} in layer {p.layer} it was {sized(*result.before.grad_post.at(0))}"
    if not (isfinite(now) and isfinite(before)) or now == before:
        return start
    size = "as large" if now > before else "as small"
    return f"{start}: the shift has made it {sized(1, abs(now - before))} times {size}"


_BALANCED: Mapping[str, Any] = {"x": 0.5, "weight": 4.0, "bias": -2.0}

LAB = Lab(
    key="chain_rule",
    title="The chain rule, factor by factor",
    question="Why does one saturated unit silence every layer before it?",
    parameters=ChainRule,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("A quarter at most", "Every weight is 1: what shrinks the gradient all the same?", {"depth": 8}),
        Preset("Saturate one unit", "One bias is far off: which gradients feel it, and which do not?", {"shift": 10.0}),
        Preset("Deep sigmoid", "Thirty layers: how much of the gradient arrives?", {"depth": 30, "layer": 15}),
        Preset("Larger weights to the rescue?", "Weights of 4 could make up for slopes of 1/4: why do they not?",
               {"weight": 4.0}),
        Preset("Balanced to a hair", "Weight 4, and every z exactly 0: what is the product?", _BALANCED),
        Preset("A sigmoid that explodes", "Can sigmoids also make a gradient explode?",
               {"x": 0.5, "weight": 10.0, "bias": -5.0, "depth": 8}),
        Preset("tanh near zero", "A slope of 1 at 0: how deep can it go?",
               {"activation": "tanh", "x": 0.1, "depth": 8}),
        Preset("A ReLU switched off", "One unit with slope 0: who still learns?",
               {"activation": "relu", "bias": 0.5, "shift": -5.0}),
        Preset("A leaky one instead", "The same shift, a slope of 0.1 below 0: what comes back?",
               {"activation": "leaky_relu", "alpha": 0.1, "bias": 0.5, "shift": -5.0}),
        Preset("Random weights", "Weights from N(0, 1): which factor is the smallest now?",
               {"weight": 0.0, "std": 1.0, "depth": 8}),
        Preset("Minus after minus", "Every weight is −1: what sign has the product?", {"weight": -1.0, "depth": 4}),
    ),
    summary="A chain of single units: every factor of the gradient, layer by layer, and what their product leaves.",
    cover=Cover({"depth": 8}),
)  # fmt: skip
