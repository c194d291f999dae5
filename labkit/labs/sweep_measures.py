"""What a sweep has measured of a setting: how it is called, its scale, and what theory says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from numpy.typing import NDArray

from labkit.nn.prediction import Prediction
from labkit.sweeps.record import gain


@dataclass(frozen=True)
class Measure:
    """A column of a sweep's table; `theory(prediction)` is the number that theory has for it, or None; `trained`: it is
    known after a training.
    """

    label: str
    short: str
    log: bool = False
    theory: Callable[[Prediction], float | None] | None = None
    trained: bool = False


def _of(layers: str, number: Callable[[NDArray], float]) -> Callable[[Prediction], float | None]:  # type: ignore[type-arg]
    """A number of one of theory's curves by layer, where there is one."""

    def read(said: Prediction) -> float | None:
        curve = getattr(said, layers)
        return None if curve is None else float(number(curve))

    return read


MEASURES: Mapping[str, Measure] = {
    "accuracy": Measure("test accuracy after training", "test accuracy", trained=True),
    "loss": Measure("loss of the last 20 steps", "loss", trained=True),
    "rms_last": Measure("RMS of h in the last layer", "RMS of h", True, _of("rms", lambda rms: rms[-1])),
    "rms_gain": Measure("factor of the RMS of h by layer", "factor of h", False, _of("rms", gain)),
    "grad_rms_first": Measure("RMS of dC/dz in layer 1", "RMS of dC/dz", True, _of("grad_rms", lambda rms: rms[0])),
    "grad_gain": Measure(
        "factor of the RMS of dC/dz by layer", "factor of dC/dz", False, _of("grad_rms", lambda rms: gain(rms[::-1]))
    ),
    "saturated_last": Measure(
        "saturated share in the last layer", "saturated share", False, _of("saturated", lambda shares: shares[-1])
    ),
    "dead": Measure("largest share of dead units", "dead share"),
    "cosine_last": Measure("mean cosine of two samples, last layer", "mean cosine"),
}
"""In the order in which they are offered; a sweep begins with the first that it has."""
