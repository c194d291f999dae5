"""A sweep's table as columns, whatever it came from, and the levels of its axes: what a map is made of."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.datasets import DATASETS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.lookup import activation
from labkit.nn.network import ALPHA_PER, BATCH_NORMS, GRADIENT_SOURCES

Array = NDArray[np.float64]
AXES: Mapping[str, str] = {
    "activation": "activation", "initializer": "initializer", "std": "init std", "bias_std": "bias std",
    "depth": "depth", "width": "width", "alpha": "alpha", "batch": "batch", "bias_mean": "bias mean",
    "input_scale": "input scale", "dataset": "input", "standardize": "standardized", "gradient_source": "gradient of",
    "batch_norm": "batch normalization", "alpha_per": "alpha per",
}  # fmt: skip
"""What a map may run along, with its label: all that a sweep may vary but seeds, all of which a cell holds."""
TEXTS: Mapping[str, Mapping[str, Any]] = {
    "activation": ACTIVATIONS, "initializer": INITIALIZERS, "dataset": DATASETS, "gradient_source": GRADIENT_SOURCES,
    "standardize": {"False": "no", "True": "yes"}, "batch_norm": BATCH_NORMS, "alpha_per": ALPHA_PER,
}  # fmt: skip
"""Those whose levels are words, with the table that orders them."""
_MOST, _BINS = 40, 12
"""Up to so many distinct numbers are levels; more, as a random design has, are put into so many bins."""


@dataclass(frozen=True)
class Axis:
    """An axis of a sweep: its levels in order, the words for each, and the level of every row.

    `values` are keys, or numbers: of a bin the middle one of its rows.
    """

    name: str
    values: tuple[Any, ...]
    level: NDArray[np.intp]
    binned: bool = False

    @property
    def label(self) -> str:
        """What stands along it."""
        return AXES[self.name]

    @property
    def words(self) -> tuple[str, ...]:
        """What stands at each level."""
        if self.name == "activation":
            return tuple(activation(key).label for key in self.values)
        rows = TEXTS.get(self.name)
        if rows is None:
            return tuple(short(float(value), 4) for value in self.values)
        return tuple(str(getattr(rows[value], "label", value)) for value in self.values)


class Rests(NamedTuple):
    """Combinations of levels of the axes that a map does not run along, and the words for each."""

    levels: tuple[tuple[int, ...], ...]
    words: tuple[str, ...]


class Columns:
    """The rows of a sweep, without those that failed: `columns` by name, (rows,) each; numbers are float64."""

    def __init__(self, columns: Mapping[str, NDArray[Any]], failed: int = 0) -> None:
        """Columns of one length; `failed` rows had no numbers."""
        self.columns, self.failed = dict(columns), failed

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())))

    @cached_property
    def axes(self) -> dict[str, Axis]:
        """The axes along which something varies, by name."""
        found = {name: _axis(name, self.columns[name]) for name in AXES if name in self.columns}
        return {name: axis for name, axis in found.items() if len(axis.values) > 1}

    def rests(self, across: str, up: str) -> Rests:
        """What the other axes stand at, combination by combination, as far as they occur."""
        others = [axis for name, axis in self.axes.items() if name not in (across, up)]
        levels = sorted(set(zip(*(axis.level.tolist() for axis in others), strict=True))) if others else [()]
        words = [
            ", ".join(f"{axis.label} {axis.words[i]}" for axis, i in zip(others, each, strict=True)) for each in levels
        ]
        return Rests(tuple(levels), tuple(words))

    def at_rest(self, across: str, up: str, rest: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which rows have this combination, (rows,)."""
        found = np.ones(len(self), bool)
        others = [axis for name, axis in self.axes.items() if name not in (across, up)]
        for axis, level in zip(others, rest, strict=True):
            found &= axis.level == level
        return found

    def row(self, number: int) -> dict[str, Any]:
        """One row, without what is missing in it."""
        found = {name: column[number] for name, column in self.columns.items()}
        return {name: value for name, value in found.items() if isinstance(value, str) or np.isfinite(value)}


def read_csv(file: Path) -> Columns:
    """A sweep that was written as CSV; a text in a column of numbers is said with its line."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return columns_of({name: [row[name] for row in rows] for name in rows[0]})


def columns_of(table: Mapping[str, Sequence[Any]]) -> Columns:
    """Columns from lists; a row with an `error` is counted and left out."""
    errors = [bool(error) and error == error for error in table.get("error", ())]
    kept = np.flatnonzero(~np.array(errors, bool)) if errors else np.arange(len(next(iter(table.values()))))
    found = {name: _column(name, [column[int(i)] for i in kept]) for name, column in table.items() if name != "error"}
    return Columns(found, sum(errors))


def _column(name: str, values: Sequence[Any]) -> NDArray[Any]:
    if name in TEXTS or any(isinstance(value, str) and not _is_number(value) for value in values):
        return np.array([str(value) for value in values], dtype=object)
    return np.array([np.nan if value in ("", None) else float(value) for value in values], np.float64)


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _axis(name: str, column: NDArray[Any]) -> Axis:
    if name in TEXTS:
        order = {key: place for place, key in enumerate(TEXTS[name])}
        keys = sorted(set(column), key=lambda key: order.get(key, len(order)))
        return Axis(name, tuple(keys), np.array([keys.index(key) for key in column], np.intp))
    values, level = np.unique(column, return_inverse=True)
    if len(values) <= _MOST:
        return Axis(name, tuple(values.tolist()), level.astype(np.intp))
    edges = np.quantile(column, np.linspace(0, 1, _BINS + 1)[1:-1])
    level = np.searchsorted(edges, column, side="right").astype(np.intp)
    levels, level = np.unique(level, return_inverse=True)
    middles = tuple(float(np.median(column[level == i])) for i in range(len(levels)))
    return Axis(name, middles, level.astype(np.intp), binned=True)
