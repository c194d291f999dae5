"""What the lab phase_diagram finds, and how it says it."""

from dataclasses import dataclass
from math import isfinite, isinf

import numpy as np
from numpy.typing import NDArray

from labkit.figures.numbers import short
from labkit.figures.phase import SURVIVES, Place
from labkit.labs.phase_points import Points
from labkit.labs.shared import sentences
from labkit.nn.meanfield import Angle, depth_scale
from labkit.nn.network import Network
from labkit.nn.phase_map import CELLS, Phase, PhaseMap
from labkit.nn.prediction import Prediction

Array = NDArray[np.float64]
NAMES = {Phase.ORDERED: "ordered", Phase.CHAOTIC: "chaotic", Phase.EXPLODING: "variance explodes"}
AT_CRITICAL = 1e-3
"""How near chi_1 = 1 counts as critical: a signal then survives a thousand layers."""
_NARROW = 0.04  # of the plane's width: no name fits there


@dataclass(frozen=True)
class Result:
    """A point of the plane: what theory says of it, and what is measured there.

    `pairs` is the measured correlation, (pairs, depth), of inputs that start at `start`; `correlation` (depth,) is the
    predicted one. `points` are those of a sweep, or why it has
    none here. `plane`, `angle` and `correlation` are None where theory does not hold.
    """

    network: Network
    sigma_w: float
    sigma_b: float
    start: float
    prediction: Prediction
    plane: PhaseMap | None
    places: tuple[Place, ...]
    angle: Angle | None
    pairs: Array
    correlation: Array | None
    gradient: Array
    points: Points | str | None = None

    @property
    def label(self) -> str:
        """The activation with its alpha."""
        return self.network.activation_row.named(self.network.alpha)

    @property
    def layers(self) -> float | None:
        """About how many layers a signal survives: what differs between two inputs changes by e in so many.

        Where the variance has no end, it is the variance that changes by e; None where theory does not hold.
        """
        end = self.prediction.fixed_point
        if end is None or self.angle is None:
            return None
        return self.angle.xi_c if 0 < end.q < np.inf else depth_scale(end.chi_1)


def places(plane: PhaseMap) -> tuple[Place, ...]:
    """The name of each phase, where there is most room for it."""
    from scipy.ndimage import distance_transform_edt  # only now: SciPy costs a kernel 15 MB

    found = []
    for phase, name in NAMES.items():
        room = distance_transform_edt(np.pad(plane.phase == phase, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(room.argmax()), room.shape)
        if room.max() >= _NARROW * CELLS:
            found.append(Place(name, (column + 0.5) / CELLS * plane.sigma_w, (row + 0.5) / CELLS * plane.sigma_b))
    return (*found, *_name_of_line(plane))


def _name_of_line(plane: PhaseMap) -> tuple[Place, ...]:
    """The critical line's name, at its right-hand side two thirds of the way up; a point's likewise, and above it."""
    drawn = plane.line[:, np.isfinite(plane.line[0])]
    if not drawn.size:
        return ()
    if drawn.shape[1] == 1:
        return (Place("critical at this point alone", float(drawn[0, 0]) + 0.34 * plane.sigma_w, 0.17 * plane.sigma_b),)
    sigma_w, sigma_b = drawn[:, np.argmin(np.abs(drawn[1] - 0.8 * plane.sigma_b))]
    return (Place("critical line", float(sigma_w) + 0.17 * plane.sigma_w, float(sigma_b)),)


def phase_of(result: Result) -> str:
    """The phase of the point, and how long a signal lives there, in words."""
    end, layers = result.prediction.fixed_point, result.layers
    assert end is not None
    assert layers is not None
    marginal = abs(end.chi_1 - 1) < AT_CRITICAL
    if isinf(end.q):
        pace = "by as much in each layer" if marginal else f"by a factor e every {about(layers)}"
        return f"the variance grows {pace}, without end"
    if marginal:
        return "on the critical line: differences fade by a power of the depth at most, at no fixed number of layers"
    if end.q == 0:
        return f"ordered phase, without a fixed point above 0: the variance shrinks by a factor e every {about(layers)}"
    survives = SURVIVES.replace("k layers", about(layers)).replace("about more", "more")
    if end.chi_1 < 1:
        return f"ordered phase (inputs become alike): {survives}"
    return f"chaotic phase (inputs nearly alike come apart): {survives}"


def explain(result: Result) -> str:
    """What the picture shows, in words with its numbers."""
    net = result.network
    parts = [f"{result.label} at σ_w {short(result.sigma_w, 4)}, σ_b {short(result.sigma_b)}"]
    if result.prediction.reason_forward:
        parts[0] += f": no theory is drawn, for {result.prediction.reason_forward}"
    else:
        parts[0] += f", {phase_of(result)}"
        parts += _numbers(result)
    first, last = result.pairs.mean(axis=0)[[0, -1]]
    measured = f"measured, width {net.width}: correlation {short(first)} → {short(last)} from layer 1 to {net.depth}"
    if result.correlation is not None and isfinite(result.correlation[-1]):
        measured += f" (theory {short(float(result.correlation[-1]))})"
    gradient = result.gradient
    if isinstance(result.points, str):
        parts.append(f"no measured points are drawn: they {result.points}")
    elif result.points is not None:
        grew = int(result.points.grows.sum())
        parts.append(
            f"measured in a sweep at {len(result.points.gain)} points: gradients grow on their way back at {grew} (▲), "
            f"shrink at {len(result.points.gain) - grew} (▼)"
        )
    parts.append(f"{measured}; gradient RMS {short(float(gradient[-1]))} → {short(float(gradient[0]))} on its way back")
    return sentences(parts)


def _numbers(result: Result) -> list[str]:
    end, angle = result.prediction.fixed_point, result.angle
    assert end is not None
    assert angle is not None
    return [
        f"variance q* = {short(end.q)}, slope factor χ₁ = {short(end.chi_1, 4)}, correlation c* = "
        f"{below(angle.c_star)}; "
        f"depth scales ξ_c = {about(angle.xi_c)}, ξ_grad = {about(depth_scale(end.chi_1))}"
    ]


def below(c: float) -> str:
    """A correlation; what is not quite 1 is never rounded to it.

    >>> below(0.263895), below(0.99999), below(1.0)
    ('0.264', '1 - 1e-5', '1')
    """
    return f"1 - {short(1 - c, 2)}" if 0.999 <= c < 1 - 1e-12 else short(c)


def about(layers: float) -> str:
    """A number of layers in words.

    >>> about(6.648), about(1.0), about(23456.0), about(float("inf"))
    ('6.65 layers', '1 layer', 'more than 1000 layers', 'infinitely many layers')
    """
    if isinf(layers):
        return "infinitely many layers"
    if layers > 1 / AT_CRITICAL:
        return "more than 1000 layers"
    return f"{short(layers)} layer{'' if short(layers) == '1' else 's'}"
