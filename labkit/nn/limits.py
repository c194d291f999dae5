"""What may be asked of a training: the bounds of its numbers."""

from collections.abc import Mapping
from typing import Any

from labkit.nn.checks import number_within

MOST_BATCH = 10_000
LIMITS: Mapping[str, tuple[float, float]] = {
    "learning_rate": (0.0, 1000.0),
    "batch_size": (1, MOST_BATCH),
    "steps": (0, 10**9),
    "evaluate_every": (1, 10**9),
}


def checked(name: str, value: Any) -> float:
    """A number of LIMITS; ValueError with its name."""
    try:
        return number_within(value, *LIMITS[name])
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def count(name: str, value: Any) -> int | None:
    """A whole number of LIMITS, or None where None is given; ValueError with its name."""
    return None if value is None else int(checked(name, value))
