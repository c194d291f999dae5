"""What a sweep has measured of a setting: how it is called, its scale, and what theory says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labkit.nn.prediction import Prediction


@dataclass(frozen=True)
class Measure:
    """A column of a sweep's table; `theory(prediction)` is the number that theory has for it, or None."""

    label: str
    log: bool = False
    theory: Callable[[Prediction], float | None] | None = None


MEASURES: Mapping[str, Measure] = {
    "accuracy": Measure("test accuracy"),
    "loss": Measure("loss", log=True),
}
