"""How the decision boundary lab shows what it found, and says it."""

import numpy as np
from numpy.typing import NDArray

from labkit.figures.decision_boundary import BoundaryView, Table
from labkit.figures.learning_curve import TestScores
from labkit.figures.numbers import short, tenth
from labkit.labs.apart import Array, among_best
from labkit.labs.decision_result import Result
from labkit.nn import rectifiers
from labkit.nn.network import Network
from labkit.nn.properties import output_range

_HE, _XAVIER = ("he_normal", "he_uniform"), ("xavier_normal", "xavier_uniform")
_RECTIFIERS = frozenset(row.key for row in rectifiers.ROWS)


def named(network: Network) -> bool:
    """Whether the rule of thumb names this pair: He for the rectifiers, Xavier for what is bounded and no rectifier."""
    row = network.activation_row
    if row.key in _RECTIFIERS:
        return network.initializer in _HE
    bounded = row.elementwise and bool(np.isfinite(output_range(row, network.alpha)).all())
    return bounded and network.initializer in _XAVIER


def table(r: Result) -> Table:
    """The cells of the grid; starred are those of a column that are not to be told apart from its best.

    None is where that holds for all of them, and none before the first step.
    """
    assert r.grid
    nets, seeds = np.array(r.networks, object).reshape(r.grid), len(r.scores)
    columns = zip(r.mean.reshape(r.grid).T, r.error.reshape(r.grid).T, strict=True)
    best = np.array([among_best(mean, error) for mean, error in columns]).T
    of = f"{seeds} seeds" if seeds > 1 else f"one seed, {r.samples} points"
    starred = best & ~best.all(axis=0) & (r.scored > 0)
    return Table(
        tuple(_scheme(network) for network in nets[:, 0]), tuple(net.activation_row.label for net in nets[0]),
        tuple(named(network) for network in r.networks), tuple(best.ravel().tolist()),
        tuple(starred.ravel().tolist()), tuple(_said(r, i, seeds) for i in range(len(r.networks))),
        tuple("" if r.lost[i] else f"loss {short(float(r.loss[i]), 2)}" for i in range(len(r.networks))),
        f"accuracy at step {r.scored} ± standard error ({of}); map: first seed; green frame: rule of thumb; "
        "★: best of column, or within two errors of it",
        tuple(zip(r.mean.tolist(), r.error.tolist(), np.asarray(r.loss).tolist(), strict=True)),
    )  # fmt: skip


def _said(r: Result, i: int, seeds: int) -> str:
    """The accuracy of a cell with its standard error, or what became of it."""
    if r.lost[i]:
        return "not finite" if r.lost[i] == seeds else f"not finite: {r.lost[i]} of {seeds} seeds"
    return with_error(float(r.mean[i]), float(r.error[i]))


def with_error(mean: float, error: float) -> str:
    """A share in percent with its standard error.

    >>> with_error(0.9894, 0.0021), with_error(1.0, 0.0)
    ('98.9 ± 0.2 %', '100.0 ± 0.0 %')
    """
    return f"{100 * mean:.1f} ± {100 * error:.1f} %" if np.isfinite(mean) else "not a number"


def _scheme(network: Network) -> str:
    return network.initializer_row.label.replace("(std)", f"std {short(network.std)}")


def feed(view: BoundaryView, r: Result) -> None:
    """Give a picture what it shows."""
    if r.history is None:
        view.show_grid(r.maps, table(r))
        return
    history = r.history
    scores = TestScores(history.steps, history.accuracy[:, 0], history.loss[:, 0], r.steps)
    view.show_one(r.maps, r.weights, scores, "color: probability of each class; line: where both are 50 %")


def explain(r: Result) -> str:
    """What the picture shows, in a sentence with its numbers."""
    if r.grid:
        return _grid_said(r, table(r))
    when = f"after step {r.done} of {r.steps}" if r.done else "before the first step"
    return _one_said(r, when)


def _one_said(r: Result, when: str) -> str:
    net, at = r.networks[0], r.diverged[0]
    if at is not None:
        return f"{_pair(net)}: {at}. A smaller learning rate or smaller weights keep it finite."
    return (
        f"{_pair(net)}, {_layers(net)}: {when}, {tenth(float(r.mean[0]))} of the test points are on their side of "
        f"the boundary, with a loss of {short(float(r.loss[0]))} (a coin's toss: 50 %, ln 2 = 0.693)."
    )


def _layers(net: Network) -> str:
    return f"{net.depth} layer{'s' if net.depth > 1 else ''} of {net.width}"


def _pair(net: Network) -> str:
    return f"{net.activation_row.named(net.alpha)} with {net.initializer_row.label}"


def _grid_said(r: Result, cells: Table) -> str:
    """What a grid shows, column after column."""
    seeds = len(r.scores)
    when = f"after step {r.scored} of {r.steps}" if r.scored else "before the first step"
    over = f"mean of {seeds} seeds" if seeds > 1 else "one seed"
    right = int((np.nan_to_num(r.mean) >= 0.95).sum())
    said = (
        f"{', '.join(cells.columns)} with {', '.join(cells.rows)}, the same batches for all, {over}: {when}, {right} "
        f"of the {len(r.networks)} have at least 95 % of the test points right"
    )
    if r.scored and r.grid:
        best = np.array(cells.best).reshape(r.grid).T
        columns = zip(cells.columns, r.mean.reshape(r.grid).T, r.error.reshape(r.grid).T, best, strict=True)
        each = [f"{name} {_best(mean, error, level, cells.rows)}" for name, mean, error, level in columns]
        said += f". Best: {'; '.join(each)}"
    lost = sum(r.lost)
    return said + (f". {lost} of the {seeds * len(r.networks)} runs ceased to be finite." if lost else ".")


def _best(mean: Array, error: Array, level: NDArray[np.bool_], schemes: tuple[str, ...]) -> str:
    """The best of a column, and what is not to be told apart from it."""
    if not level.any():
        return "none that is finite"
    first = int(np.nanargmax(mean))
    said = with_error(float(mean[first]), float(error[first]))
    others = [scheme for i, scheme in enumerate(schemes) if level[i] and i != first]
    if len(others) + 1 == len(schemes) > 1:
        return f"{said} (not to be told apart: all {len(schemes)})"
    more = f"; not to be told apart: {' and '.join(others)}" if others else ""
    return f"{said} ({schemes[first]}{more})"
