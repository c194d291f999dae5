"""What the decision boundary lab shows and says."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from labkit.figures.decision_boundary import ONE, BoundaryView, Maps, Table, cell_aspect
from labkit.figures.learning_curve import Curve
from labkit.figures.numbers import short, tenth
from labkit.figures.style import HEIGHT, WIDTH, new_figure
from labkit.labs.plane_runs import Array, History, Run, centers, extent_of
from labkit.nn import rectifiers
from labkit.nn.network import Network
from labkit.nn.properties import output_range
from labkit.nn.steps import Divergence

_ONE_SHAPE = 72, 76  # rows and columns of a map
_GRID_SHAPE = 25, 40  # 1000 places: one batch of predict
_GRID_POINTS = 150
_HE, _XAVIER = ("he_normal", "he_uniform"), ("xavier_normal", "xavier_uniform")
_RECTIFIERS = frozenset(row.key for row in rectifiers.ROWS)


@dataclass(frozen=True)
class Result:
    """The networks after `done` of `steps` steps: maps, scores, the first one's weights; the grid's shape, or None."""

    networks: tuple[Network, ...]
    grid: tuple[int, int] | None
    maps: Maps
    history: History
    weights: tuple[Array, ...]
    diverged: tuple[Divergence | None, ...]
    done: int
    steps: int

    @property
    def accuracy(self) -> Array:
        """On the test set, by network; NaN where it is not finite any more."""
        return np.where(np.isfinite(self.loss), self.history.accuracy[-1], np.nan)

    @property
    def loss(self) -> Array:
        """On the test set, by network."""
        loss: Array = self.history.loss[-1]
        return loss


def show(run: Run, p: Any) -> Result:
    """The result as the networks are now."""
    grid = (len(p.initializers), len(p.activations)) if p.nets == "grid" else None
    if grid:
        aspect, shape, count = cell_aspect(new_figure(), *grid), _GRID_SHAPE, _GRID_POINTS
    else:
        aspect, shape, count = ONE[2] * WIDTH / (ONE[3] * HEIGHT), _ONE_SHAPE, 400
    extent, points = extent_of(run.points().x, aspect), run.points(count)
    maps = Maps(run.maps(extent, shape), *centers(extent, shape), extent, points.x, points.y)
    weights = tuple(w.copy() for w in run.trainings[0].weights)
    networks = tuple(training.network for training in run.trainings)
    return Result(networks, grid, maps, run.history(), weights, run.diverged, run.done, run.steps)


def named(network: Network) -> bool:
    """Whether the rule of thumb names this pair: He for the rectifiers, Xavier for what is bounded and no rectifier."""
    row = network.activation_row
    if row.key in _RECTIFIERS:
        return network.initializer in _HE
    bounded = row.elementwise and bool(np.isfinite(output_range(row, network.alpha)).all())
    return bounded and network.initializer in _XAVIER


def table(r: Result) -> Table:
    """The cells of the grid; the best of a column is its highest accuracy, where they differ."""
    assert r.grid
    known = np.where(np.isfinite(r.accuracy), r.accuracy, -1.0).reshape(r.grid)
    best = (known == known.max(axis=0)) & (known >= 0) & (known.max(axis=0) > known.min(axis=0))
    nets = np.array(r.networks, object).reshape(r.grid)
    return Table(
        tuple(_scheme(network) for network in nets[:, 0]), tuple(net.activation_row.label for net in nets[0]),
        tuple(named(network) for network in r.networks), tuple(best.ravel().tolist()), r.accuracy, r.loss,
    )  # fmt: skip


def _scheme(network: Network) -> str:
    return network.initializer_row.label.replace("(std)", f"std {short(network.std)}")


def feed(view: BoundaryView, r: Result) -> None:
    """Give a picture what it shows."""
    if r.grid:
        view.show_grid(r.maps, table(r))
        return
    history = r.history
    curve = Curve(history.steps, history.accuracy[:, 0], history.loss[:, 0], r.steps)
    view.show_one(r.maps, r.weights, curve, "color: probability of each class; line: where both are 50 %")


def explain(r: Result) -> str:
    """What the picture shows, in a sentence with its numbers."""
    when = f"after step {r.done} of {r.steps}" if r.done else "before the first step"
    return _grid_said(r, when) if r.grid else _one_said(r, when)


def _one_said(r: Result, when: str) -> str:
    net, at = r.networks[0], r.diverged[0]
    if at is not None:
        return f"{_pair(net)}: {at}. A smaller learning rate or smaller weights keep it finite."
    return (
        f"{_pair(net)}, {_layers(net)}: {when}, {tenth(float(r.accuracy[0]))} of the test points are on their side of "
        f"the boundary, with a loss of {short(float(r.loss[0]))} (a coin's toss: 50 %, ln 2 = 0.693)."
    )


def _layers(net: Network) -> str:
    return f"{net.depth} layer{'s' if net.depth > 1 else ''} of {net.width}"


def _pair(net: Network) -> str:
    return f"{net.activation_row.named(net.alpha)} with {net.initializer_row.label}"


def _grid_said(r: Result, when: str) -> str:
    cells = table(r)
    right = int((np.nan_to_num(r.accuracy) >= 0.95).sum())
    said = (
        f"{', '.join(cells.columns)} with {', '.join(cells.rows)}, the same batches for all: {when}, {right} of the "
        f"{len(r.networks)} have at least 95 % of the test points right"
    )
    if r.done:
        columns = cells.accuracy.reshape(r.grid or (1, 1)).T
        best = [f"{name} {_best(each, cells.rows)}" for name, each in zip(cells.columns, columns, strict=True)]
        said += f". Best: {'; '.join(best)}"
    lost = sum(at is not None for at in r.diverged)
    return said + (f". {lost} ceased to be finite." if lost else ".")


def _best(accuracy: Array, schemes: tuple[str, ...]) -> str:
    if not np.isfinite(accuracy).any():
        return "none that is finite"
    most = float(np.nanmax(accuracy))
    first = [scheme for value, scheme in zip(accuracy, schemes, strict=True) if value == most]
    return f"{tenth(most)} ({' and '.join(first) if len(first) < 3 else f'{len(first)} alike'})"
