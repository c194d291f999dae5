"""The limits that the environment of a process sets: who serves a class holds each visitor's kernel to them."""

import os

from labkit.nn.checks import number_within

MEMORY, SECONDS = "LABKIT_MEMORY_MIB", "LABKIT_SECONDS"
SWEEPS = "LABKIT_SWEEPS"
"""The folder of the sweeps that labs offer."""
LIMITS = {MEMORY: (0.0, 1e6, 2048.0), SECONDS: (0.0, 1e6, 0.0)}
"""The least and the most that each may be, and what it is where nothing is said; 0 seconds: as long as it takes."""


def limit(name: str) -> float:
    """A number of LIMITS; ValueError with its name, the rule and the text."""
    return read_limit(name, os.environ.get(name, ""))


def read_limit(name: str, text: str) -> float:
    """What this text says of it."""
    low, high, default = LIMITS[name]
    if not text:
        return default
    try:
        return number_within(_number(text), low, high)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
