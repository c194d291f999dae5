"""The one way in which a number from outside is checked."""

from math import inf
from operator import index
from typing import Any


def number_within(value: Any, low: float, high: float) -> float:
    """`value` as an int where both bounds are ints, else as a float; ValueError with the rule and the value.

    The caller puts the name in front: "depth " + "must lie in [1, 100], got 101".
    """
    whole = isinstance(low, int) and isinstance(high, int)
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        number = index(value) if whole else float(value)
    except OverflowError:
        number = inf
    except (TypeError, ValueError):
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"must be {kind} in {_bounds(low, high)}, got {value!r}") from None
    if not low <= number <= high:
        raise ValueError(f"must lie in {_bounds(low, high)}, got {value!r}")
    return number


def _bounds(low: float, high: float) -> str:
    return "[{}, {}]".format(*(bound if isinstance(bound, int) else f"{bound:g}" for bound in (low, high)))
