"""Measured points on the plane of the phases: what a sweep's networks did to their gradients there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.labs.sweep_columns import Columns
from labkit.nn.activation import Activation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """By point of the plane, (points,) each: where it lies, and by how much a layer multiplied the RMS of dC/dz on its
    way back, in the mean over seeds and depths.
    """

    sigma_w: Array
    sigma_b: Array
    gain: Array

    @property
    def grows(self) -> NDArray[np.bool_]:
        """Where gradients grew."""
        return self.gain > 1


def points_of(columns: Columns, row: Activation, alpha: float | None) -> Points:
    """The points of a sweep that belong to this plane: ValueError where there is none, with what the sweep has."""
    table = columns.columns
    for name in ("std", "width", "grad_gain"):
        if name not in table:
            raise ValueError(f"must be of a sweep with the column {name}, got one with {', '.join(table)}")
    activations = table.get("activation", np.full(len(columns), "tanh", dtype=object))
    ours = (activations == row.key) & np.isfinite(table["grad_gain"])
    if "initializer" in table:
        ours = ours & (table["initializer"] == "normal")
    if "bias_mean" in table:
        ours = ours & (table["bias_mean"] == 0)
    if row.alpha is not None:
        given = table.get("alpha", np.full(len(columns), np.nan))
        default = row.alpha.default
        ours = ours & (np.where(np.isnan(given), default, given) == (default if alpha is None else alpha))
    if not ours.any():
        have = ", ".join(sorted(set(activations)))
        raise ValueError(f"must be of normal weights, centered biases and {row.named(alpha)}, got a sweep of {have}")
    sigma_b = table.get("bias_std", np.zeros(len(columns)))
    places = np.column_stack([table["std"] * np.sqrt(table["width"]), sigma_b]).astype(float)[ours]
    found, which = np.unique(places.round(12), axis=0, return_inverse=True)
    gains = np.bincount(which.ravel(), table["grad_gain"][ours].astype(float)) / np.bincount(which.ravel())
    return Points(found[:, 0], found[:, 1], gains)
