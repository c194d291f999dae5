"""What the lab angles finds, and how it says it."""

from dataclasses import dataclass
from math import acos, degrees, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.nn.cosines import Goal
from labkit.nn.network import Network
from labkit.nn.prediction import Band

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """Measured cosines of the inputs' activations, (depth + 1, inputs, inputs), layer 0 the inputs, and std, (depth,).

    By theory, or `reason` says why not: the cosines with the first input, (depth + 1, inputs - 1), the std with its
    band, (depth,), and where the angles go.
    """

    network: Network
    layer: int
    cosines: Array
    std: Array
    reason: str | None
    theory: Array | None = None
    std_theory: Array | None = None
    band: Band | None = None
    goal: Goal | None = None

    @property
    def degrees(self) -> Array:
        """Measured angle of each other input to the first one, (depth + 1, inputs - 1)."""
        found: Array = np.degrees(np.arccos(self.cosines[:, 0, 1:]))
        return found

    @property
    def end(self) -> float | None:
        """The angle in degrees that theory's curves end at, where there is one."""
        if self.goal is None or self.goal.cosine is None:
            return None
        return degrees(acos(min(max(self.goal.cosine, -1.0), 1.0)))


def explain(result: Result) -> str:
    """What the picture shows, with its numbers."""
    parts = [_setting(result.network) + ": " + _angles(result), _spread(result)]
    parts.append(f"no theory is drawn: {result.reason}" if result.reason else _end(result))
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def _setting(net: Network) -> str:
    std = net.initializer_row.std(net.width, net.width, **net.options)
    return f"{net.activation_row.named(net.alpha)}, {net.initializer_row.label}, weight std {short(std)}"


def _angles(result: Result) -> str:
    last, angles = result.network.depth, result.degrees
    pair = f"inputs 1 and {result.network.batch} start {angles[0, -1]:.0f}° apart"
    if not isfinite(angles[-1, -1]):
        return f"{pair}; in layer {last} there is no angle left to measure (an image is zero or not finite)"
    theory = result.theory
    said = "" if theory is None or not isfinite(theory[-1, -1]) else f" (theory {_degrees(theory[-1, -1]):.0f}°)"
    c = result.cosines[[0, -1], 0, -1]
    way = f"correlation {_signed(c[0])} → {_signed(c[1])}"
    return f"{pair} and are {angles[-1, -1]:.0f}° apart in layer {last}{said}: {way}"


def _spread(result: Result) -> str:
    first, last = float(result.std[0]), float(result.std[-1])
    way = f"the activations' std goes {short(first)} → {short(last)}"
    if result.std_theory is None or len(result.std) == 1:
        return way
    begin, end = result.std_theory[[0, -1]]
    kept = begin > 0 and isfinite(end) and abs(end / begin - 1) < 0.01
    return f"{way} (theory: kept at {short(begin)})" if kept else f"{way} (theory {short(begin)} → {short(end)})"


def _end(result: Result) -> str:
    goal = result.goal
    assert goal is not None
    if goal.c_star is None:
        return "by theory deep layers act as a linear map here, and keep whatever angle reaches them"
    end = 0.0 if result.end is None else result.end
    if goal.c_star > 1 - 1e-9:
        to = "by theory all angles run to 0° (correlation c* = 1)"
    else:
        to = f"by theory angles run to {end:.0f}° (c* = {goal.c_star:.3f} of the pre-activations)"
    if goal.xi_c == inf:
        return f"{to}, more slowly than any exponential"
    return f"{to}, the correlation's distance falling by e in {short(goal.xi_c)} layers"


def _degrees(cosine: float) -> float:
    return degrees(acos(min(max(cosine, -1.0), 1.0)))


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")
