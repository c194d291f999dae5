"""What theory says beside a sweep: its number for each setting, and its depth scale as a line on a map with depths."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.sweep_map import Line
from labkit.labs.sweep_columns import Axis, Columns
from labkit.nn.meanfield import depth_scale
from labkit.nn.network import Network
from labkit.nn.prediction import Prediction
from labkit.nn.series import angle_by_series
from labkit.nn.theory import predict
from labkit.nn.validity import sigma_w

Array = NDArray[np.float64]
TRAINABLE = 6.0
"""Networks were found to train up to a depth of about 6 xi_c (Schoenholz et al., 2017, figure 5)."""
NETWORK = tuple(field.name for field in fields(Network))
_WHOLE = ("depth", "width", "batch", "seed")
_FINE = 8  # points of a line between two levels

_predicted = lru_cache(maxsize=4096)(predict)


def network_of(columns: Columns, row: int) -> Network:
    """The network of a row of a sweep."""
    found: dict[str, Any] = {name: value for name, value in columns.row(row).items() if name in NETWORK}
    found.update({name: int(found[name]) for name in _WHOLE if name in found})
    if "standardize" in found:
        found["standardize"] = found["standardize"] == "True"
    return Network(**found)


def theory_of(columns: Columns, rows: NDArray[np.intp], read: Callable[[Prediction], float | None]) -> Array | None:
    """What theory says of each of these rows, NaN where it says nothing (-1: no row); None where it nowhere does."""
    if any(axis.binned for axis in columns.axes.values()):
        return None  # a cell holds settings of which each has its own
    said = [read(_predicted(network_of(columns, int(row)))) if row >= 0 else None for row in rows]
    found = np.array([np.nan if number is None else number for number in said])
    return None if np.isnan(found).all() else found


def depth_lines(columns: Columns, rows: NDArray[np.intp], across: Axis, up: Axis) -> tuple[Line, ...]:
    """Where the depth is xi_c and where it is 6 xi_c, if one axis is the depth and the other a spread; called k where
    the variance somewhere has no end.

    `rows` are those of the map's cells, -1 where there is none.
    """
    depth, other = (across, up) if across.name == "depth" else (up, across)
    there = rows[rows >= 0]
    if depth.name != "depth" or other.name not in ("std", "bias_std") or across.binned or up.binned or not there.size:
        return ()
    levels = np.linspace(0, len(other.values) - 1, _FINE * (len(other.values) - 1) + 1)
    spreads = np.interp(levels, np.arange(len(other.values)), other.values)
    first = network_of(columns, int(there[0]))
    changed: list[dict[str, Any]] = [{other.name: float(spread)} for spread in spreads]
    networks = [replace(first, **each) for each in changed]
    scales = np.array([_scale(network) for network in networks])
    if np.isnan(scales).all():
        return ()
    k = "ξ_c" if all(map(_has_end, networks)) else "k"
    lines = []
    for name, factor in ((f"depth = {k}", 1.0), (f"depth = {TRAINABLE:g} {k}", TRAINABLE)):
        places = placed(factor * scales, np.array(depth.values, np.float64))
        lines.append(Line(name, *((places, levels) if depth is across else (levels, places))))
    return tuple(lines)


def _has_end(network: Network) -> bool:
    """Whether the variance comes to an end between 0 and infinity, where theory holds."""
    end = _predicted(network).fixed_point
    return end is None or 0 < end.q < np.inf


def _scale(network: Network) -> float:
    """xi_c; where the variance has no end, the layers in which it changes by e; NaN where theory does not hold."""
    end = _predicted(network).fixed_point
    if end is None:
        return np.nan
    if not _has_end(network):
        return depth_scale(end.chi_1)
    row = network.activation_row
    return angle_by_series(row, network.alpha, network.bias_mean, sigma_w(network), network.bias_std, end.q).xi_c


def placed(depths: Array, values: Array) -> Array:
    """Depths as levels of an axis with these values; beyond its ends it goes on as it ended.

    >>> placed(np.array([5.0, 15.0, 40.0, np.inf]), np.array([10.0, 20.0, 30.0])).round(1).tolist()
    [-0.5, 0.5, 3.0, 99999.0]
    """
    inside = np.minimum(depths, 1e6)
    places = np.interp(inside, values, np.arange(len(values)))
    above, below = inside > values[-1], inside < values[0]
    places[above] = len(values) - 1 + (inside[above] - values[-1]) / (values[-1] - values[-2])
    places[below] = (inside[below] - values[0]) / (values[1] - values[0])
    return places
