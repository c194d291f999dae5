"""What the decision boundary lab finds, as its networks are now."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from labkit.figures.decision_boundary import ONE, Maps, cell_aspect
from labkit.figures.style import HEIGHT, WIDTH, new_figure
from labkit.labs.apart import standard_error
from labkit.labs.plane_runs import Array, History, centers, extent_of
from labkit.labs.seed_runs import SeedRuns
from labkit.nn.network import Network
from labkit.nn.steps import Divergence

_ONE_SHAPE = 72, 76  # rows and columns of a map
_GRID_SHAPE = 25, 40  # 1000 places: one batch of predict
_GRID_POINTS = 150


@dataclass(frozen=True)
class Result:
    """The networks after `done` of `steps` steps: maps and weights of the first seed; the grid's shape, or None.

    `scores` are loss and accuracy on `samples` test points, (seeds, networks, 2), as they were after step `scored`;
    `history` is the first seed's. `lost` says of each network how many seeds ceased to be finite.
    """

    networks: tuple[Network, ...]
    grid: tuple[int, int] | None
    maps: Maps
    history: History | None
    scores: Array
    scored: int
    samples: int
    weights: tuple[Array, ...]
    diverged: tuple[Divergence | None, ...]
    lost: tuple[int, ...]
    done: int
    steps: int

    @property
    def accuracy(self) -> Array:
        """On the test set, (seeds, networks); NaN where it is not finite any more."""
        return np.where(np.isfinite(self.scores[..., 0]), self.scores[..., 1], np.nan)

    @property
    def mean(self) -> Array:
        """The accuracy over the seeds, by network; NaN where one of them is not finite any more."""
        return np.asarray(self.accuracy.mean(axis=0))

    @property
    def error(self) -> Array:
        """The standard error of that."""
        return standard_error(self.accuracy, self.samples)

    @property
    def loss(self) -> Array:
        """On the test set, over the seeds, by network."""
        return np.asarray(self.scores[..., 0].mean(axis=0))


def show(runs: SeedRuns, p: Any) -> Result:
    """The result as the networks are now; of a grid the scores that were kept last."""
    run, grid = runs.first, (len(p.initializers), len(p.activations)) if p.nets == "grid" else None
    if grid:
        aspect, shape, count = cell_aspect(new_figure(), *grid), _GRID_SHAPE, _GRID_POINTS
        scored, scores = runs.kept()
    else:
        aspect, shape, count = ONE[2] * WIDTH / (ONE[3] * HEIGHT), _ONE_SHAPE, 400
        scored, scores = run.done, run.scores()[None]
    extent, points = extent_of(run.points().x, aspect), run.points(count)
    lost = np.array([[at is not None for at in each.diverged] for each in runs.runs]).sum(axis=0)
    return Result(
        networks=tuple(training.network for training in run.trainings), grid=grid,
        maps=Maps(run.maps(extent, shape), *centers(extent, shape), extent, points.x, points.y),
        history=None if grid else run.history(), scores=scores, scored=scored, samples=len(run.trainings[0].data.test),
        weights=tuple(w.copy() for w in run.trainings[0].weights), diverged=run.diverged,
        lost=tuple(lost.tolist()), done=runs.done, steps=run.steps,
    )  # fmt: skip
