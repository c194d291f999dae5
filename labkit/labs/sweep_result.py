"""What a point of a sweep's map holds, what theory says of it, and how it is said."""

from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.figures.slice_curve import Levels, Slice
from labkit.figures.sweep_map import Map
from labkit.labs.shared import sentences
from labkit.labs.sweep_columns import Axis, Columns
from labkit.labs.sweep_leads import not_trained_elsewhere
from labkit.labs.sweep_measures import MEASURES, Measure
from labkit.labs.sweep_theory import depth_lines, network_of, theory_of
from labkit.labs.sweeps import SWEEPS, Sweep
from labkit.nn.network import Network

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """A map's numbers: mean, least and greatest of the seeds, and one row of each cell (-1: none); (up, across)."""

    mean: Array
    low: Array
    high: Array
    rows: NDArray[np.intp]
    count: NDArray[np.intp]


@dataclass(frozen=True)
class Result:
    """A map with its point, and the curves through it."""

    sweep: Sweep
    measure: Measure
    axes: tuple[Axis, Axis]
    place: tuple[int, int]
    plane: Plane
    map: Map
    along: Slice
    through: Slice

    @property
    def here(self) -> float:
        """What the map shows at the point."""
        return float(self.plane.mean[self.place[::-1]])

    @cached_property
    def network(self) -> Network | None:
        """One network of the point: that of its first seed; None where nothing was measured."""
        number = int(self.plane.rows[self.place[::-1]])
        return None if number < 0 else network_of(self.sweep.columns, number)


def found(sweep: Sweep, measure: str, names: tuple[str, str], rest: tuple[int, ...], place: tuple[int, int]) -> Result:
    """The map of `measure` over the axes `names` (across, up), and the curves through level `place` of each."""
    plane, shown = _map(sweep.key, measure, names, rest)
    across, up = (sweep.columns.axes[name] for name in names)
    (column, row), sliced = place, partial(_slice, sweep.columns, MEASURES[measure], plane)
    along = sliced((row, slice(None)), f"{up.label} {up.words[row]}")
    through = sliced((slice(None), column), f"{across.label} {across.words[column]}")
    return Result(sweep, MEASURES[measure], (across, up), place, plane, shown, along, through)


@lru_cache(maxsize=32)
def _map(key: str, measure: str, names: tuple[str, str], rest: tuple[int, ...]) -> tuple[Plane, Map]:
    sweep = SWEEPS[key]
    across, up = (sweep.columns.axes[name] for name in names)
    plane = _plane(sweep.columns, measure, across, up, rest)
    row = MEASURES[measure]
    shown = Map(
        sweep.title, row.label, row.short, Levels(across.label, across.words), Levels(up.label, up.words), plane.mean,
        _ends(sweep.columns.columns[measure], row.log), row.log, depth_lines(sweep.columns, plane.rows, across, up),
    )  # fmt: skip
    return plane, shown


def _plane(columns: Columns, measure: str, across: Axis, up: Axis, rest: tuple[int, ...]) -> Plane:
    shape = len(up.values), len(across.values)
    values, chosen = columns.columns[measure], columns.at_rest(across.name, up.name, rest)
    mean, low, high = (np.full(shape, np.nan) for _ in range(3))
    rows, count = np.full(shape, -1, np.intp), np.zeros(shape, np.intp)
    for place in np.ndindex(*shape):
        there = np.flatnonzero(chosen & (up.level == place[0]) & (across.level == place[1]))
        if there.size:
            rows[place], count[place] = there[0], len(there)
            some = values[there]
            # One seed that overflowed makes the mean no number: it is not left out of it.
            mean[place] = some.mean() if np.isfinite(some).all() else np.nan
            low[place], high[place] = (some.min(), some.max()) if np.isfinite(some).all() else (np.nan, np.nan)
    return Plane(mean, low, high, rows, count)


def _ends(values: Array, log: bool) -> tuple[float, float]:
    """Of the colors: those of the whole sweep, so that a color means one number in all its maps."""
    some = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(some.min()), float(some.max())) if some.size else (0.1, 1.0)
    return (low, high) if low < high else (low, low * 10 if log else low + 1)


def _slice(columns: Columns, measure: Measure, plane: Plane, where: Any, at: str) -> Slice:
    theory = None if measure.theory is None else theory_of(columns, plane.rows[where], measure.theory)
    return Slice(at, plane.mean[where], plane.low[where], plane.high[where], theory)


def explain(result: Result) -> str:
    """What the picture shows, in words with its numbers."""
    (across, up), (column, row) = result.axes, result.place
    here = f"{across.label} {across.words[column]}, {up.label} {up.words[row]}"
    title = result.sweep.title
    title += "" if title.endswith(("?", "!", ".")) else ":"
    parts = [f"{title} {result.measure.label} in {len(result.sweep.columns)} settings"]
    if result.sweep.columns.failed:
        parts[0] += f" ({result.sweep.columns.failed} more failed)"
    parts.append(f"{here}: {_numbers(result)}")
    said = result.along.theory
    if said is not None and np.isfinite(said[column]):
        parts[-1] += f"; theory {short(float(said[column]))}"
    if result.measure.trained and result.network is not None:
        parts.append(not_trained_elsewhere(result.network, result.sweep.training))
    return sentences([part for part in parts if part])


def _numbers(result: Result) -> str:
    place = result.place[::-1]
    mean, count = result.here, int(result.plane.count[place])
    if not count:
        return "nothing was measured"
    seeds = f"{count} seed{'s' * (count > 1)}"
    if not np.isfinite(mean):
        return f"not finite in one of {seeds} at least"
    if count == 1:
        return f"{short(float(mean))}, of one seed"
    low, high = result.plane.low[place], result.plane.high[place]
    return f"{short(float(mean))}, the mean of {seeds} from {short(float(low))} to {short(float(high))}"
