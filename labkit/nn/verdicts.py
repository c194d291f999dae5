"""What can be said of a network's first layers, forward and backward, and the numbers from which on it is said."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One thing that can be wrong, or nothing: what it is called and what it means."""

    key: str
    label: str
    meaning: str


@dataclass(frozen=True)
class Threshold:
    """A number that a measured one is held against, what it is held against, and why this number."""

    key: str
    label: str
    value: float
    why: str


VERDICTS: Mapping[str, Verdict] = {
    row.key: row
    for row in (
        Verdict("healthy", "healthy", "signal and gradient reach every layer, and the inputs stay apart"),
        Verdict("vanishing", "vanishing", "signal or gradient shrinks from layer to layer until hardly any is left"),
        Verdict("exploding", "exploding", "signal or gradient grows from layer to layer beyond all measure"),
        Verdict("saturated", "saturated", "most values lie where the activation function is flat and hardly answers"),
        Verdict("dead", "dead", "most units of a layer are 0 for every sample and cannot learn: no gradient passes"),
        Verdict("symmetric", "symmetric", "units of a layer are copies of each other: they count as one, and stay so"),
        Verdict("collapsing", "collapsing angle", "all inputs come to point the same way and cannot be told apart"),
        Verdict("mixed", "mixed", "forward and backward disagree, or numbers are missing: there is no single cause"),
    )
}
"""By key; the order is that of no rank."""

THRESHOLDS: Mapping[str, Threshold] = {
    row.key: row
    for row in (
        Threshold("twins", "share of a layer's units that have a twin", 0.5,
                  "half of a layer that repeats the other half is a layer of half the width"),
        Threshold("dead", "share of a layer's units that are dead and silent", 0.5,
                  "Amazon SageMaker Debugger's rule for dying ReLU: half of a layer's units"),
        Threshold("dead_batch", "samples from which on units are called dead", 10,
                  "over a few samples a living unit is easily at rest; if a whole layer is, it counts in any case"),
        Threshold("saturated", "share of a layer's values that are saturated, most of them at a bound", 0.6,
                  "more than the half that lies on one side of 0"),
        Threshold("saturated_beyond_0", "share of a layer's values that are saturated and not 0", 0.2,
                  "a rectifier at rest is flat as well, but at 0: that is sparse, and not saturated"),
        Threshold("bunched", "largest activation of a layer over their RMS", 2.5,
                  "up to here values bunch at bounds (tanh's at 1: RMS 0.96); of a half-normal layer it is 4 or more"),
        Threshold("by_chance", "share of saturated values that do not bunch, or of dead units of samples alike", 0.75,
                  "a function flat on one side has half of its values there, and in deep layers each unit all or none"),
        Threshold("vanishing", "RMS at the far end over that at the near end", 0.01,
                  "a step that suits one end is then a hundred times too small for the other"),
        Threshold("exploding", "RMS at the far end over that at the near end", 100.0,
                  "a step that suits one end is then a hundred times too large for the other"),
        Threshold("collapsing", "mean cosine between two samples in the last layer", 0.95,
                  "two samples are then 18° apart on average: they differ by a third of their length"),
    )
}  # fmt: skip
"""By key. Shares run from 0 to 1; every verdict comes from measured numbers against these."""


def threshold(key: str) -> float:
    """The number of a row of THRESHOLDS."""
    return THRESHOLDS[key].value
