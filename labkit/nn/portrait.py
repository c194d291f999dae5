"""All that the property table says of an activation, computed from its function."""

from dataclasses import dataclass

from labkit.nn.activation import Activation
from labkit.nn.cost import relative_cost
from labkit.nn.properties import (
    Interval,
    backward_gain,
    bends,
    effective_range,
    forward_gain,
    jumps,
    mean,
    output_range,
    saturated_intervals,
    zero_centered,
)


@dataclass(frozen=True)
class Portrait:
    """The properties of one activation with one alpha; NaN for moments that depend on the width (softmax).

    `cost` is measured on this machine, relative to ReLU; all else follows from the function.
    """

    output_range: Interval
    effective_range: Interval
    saturated_intervals: tuple[Interval, ...]
    mean: float
    zero_centered: bool
    forward_gain: float
    backward_gain: float
    bends: tuple[float, ...]
    jumps: tuple[float, ...]
    cost: float


def portrait(activation: Activation, alpha: float | None = None) -> Portrait:
    """The properties of `activation` with this alpha (None: its default)."""
    return Portrait(
        output_range=output_range(activation, alpha),
        effective_range=effective_range(activation, alpha),
        saturated_intervals=saturated_intervals(activation, alpha),
        mean=mean(activation, alpha),
        zero_centered=zero_centered(activation, alpha),
        forward_gain=forward_gain(activation, alpha),
        backward_gain=backward_gain(activation, alpha),
        bends=bends(activation, alpha),
        jumps=jumps(activation, alpha),
        cost=relative_cost(activation),
    )
