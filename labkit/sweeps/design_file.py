"""A design as a TOML file.

    title = "How deep can tanh be?"

    [axes]
    std = [0.1, 0.13, 0.2]
    depth = {from = 4, to = 64, count = 16}               # in steps of the same size
    bias_std = {from = 0.01, to = 1, count = 3, log = true} # by the same factor
    seed = 5                                               # the seeds 0 to 4

    [fixed]
    activation = "tanh"
    width = 100

    [training]            # to train each network as well
    steps = 200

A random design has `settings = 1000` above the axes, and may leave `count` out of an axis.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from labkit.sweeps.design import FIELDS, WHOLE, Design, Span
from labkit.sweeps.training import Training

_TOP = ("title", "settings", "draw", "axes", "fixed", "training")
_AXIS = ("from", "to", "count", "log")
_MOST_COUNT = 100_000


class DesignError(ValueError):
    """A mistake in a design's file; the message names the file, the place, the rule and the value."""


def read_design(file: str | Path) -> Design:
    """The design in a TOML file; DesignError says what is wrong with it, OSError that it cannot be had."""
    text = Path(file).read_bytes()
    try:
        return _design(tomllib.loads(text.decode()))
    except UnicodeDecodeError as error:
        raise DesignError(f"{file} must be a text in UTF-8: {error.reason} at byte {error.start}") from None
    except ValueError as error:  # TOMLDecodeError is one
        raise DesignError(f"{file}: {error}") from None


def _design(found: Mapping[str, Any]) -> Design:
    _known(found, _TOP, "")
    for name in ("axes", "fixed", "training"):
        if not isinstance(found.get(name, {}), Mapping):
            raise ValueError(f"{name} must be a table, as [{name}], got {found[name]!r}")
    if "axes" not in found:
        raise ValueError("there must be a table [axes], got none")
    if not isinstance(found.get("title", ""), str):
        raise ValueError(f"title must be a text, got {found['title']!r}")
    random = "settings" in found
    axes = {name: _axis(name, value, random) for name, value in found["axes"].items()}
    training = None
    if "training" in found:
        _known(found["training"], [field.name for field in fields(Training)], "training.")
        training = Training(**found["training"])
    return Design(
        axes, found.get("fixed", {}), training, found.get("settings"), found.get("draw", 0), found.get("title", "")
    )


def _known(table: Mapping[str, Any], names: Any, where: str) -> None:
    for name in table:
        if name not in names:
            raise ValueError(f"there is no {where}{name}: there are {', '.join(names)}")


def _axis(name: str, value: Any, random: bool) -> Any:
    if name in ("title", "settings", "draw"):
        raise ValueError(f"{name} must stand above [axes]: below it, it is an axis")
    if name not in FIELDS:
        raise ValueError(f"there is no axis {name!r}: there are {', '.join(FIELDS)}")
    if name == "seed" and isinstance(value, int) and not isinstance(value, bool):
        return list(range(_count(name, value)))
    if not isinstance(value, Mapping):
        return value
    _known(value, _AXIS, f"{name}.")
    if "from" not in value or "to" not in value:
        raise ValueError(f"{name} must have from and to, got {dict(value)!r}")
    ends = value["from"], value["to"]
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        raise ValueError(f"{name} must go from a number to a number, got {ends[0]!r} and {ends[1]!r}")
    log = value.get("log", False)
    if not isinstance(log, bool):
        raise ValueError(f"{name}.log must be true or false, got {log!r}")
    if random and "count" not in value:
        return _span(name, *ends, log)
    return _spaced(name, *ends, log, _count(name, value.get("count"), 2))


def _count(name: str, value: Any, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST_COUNT:
        raise ValueError(f"{name} must have a count, a whole number in [{least}, {_MOST_COUNT}], got {value!r}")
    return value


def _span(name: str, low: float, high: float, log: bool) -> Span:
    try:
        return Span(low, high, log)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _spaced(name: str, low: float, high: float, log: bool, count: int) -> list[float]:
    """So many numbers from low to high, rounded to 12 digits: 0.1 + 0.2 is 0.3 in a table."""
    _span(name, low, high, log)
    points = np.geomspace(float(low), float(high), count) if log else np.linspace(float(low), float(high), count)
    if name not in WHOLE:
        return [float(f"{point:.12g}") for point in points]
    whole = [round(point) for point in points]
    if len(set(whole)) < count:
        raise ValueError(f"{name} must have {count} whole numbers from {low} to {high}, got some twice")
    return whole
