"""A network whose units start alike and its random twin, in step; noise can be added to the first at any time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labkit.labs.plane_runs import Array, Run
from labkit.nn.draws import Stream, generator
from labkit.nn.network import Network
from labkit.nn.symmetry import distinct_units
from labkit.nn.training import Training

_NOISE = 1000  # index of the first noise among the streams of weights: there are at most 101 layers


@dataclass(frozen=True)
class Look:
    """Both networks at a step: incoming weights from the first two below, (2, depth, 2, units).

    `distinct` counts the different units of each layer, `spread` is how far two of them are apart in a weight or in
    the bias, at most: (2, depth) each.
    """

    step: int
    places: Array
    distinct: Array
    spread: Array


class Pair(Run):
    """A Run of two that keeps a Look wherever it keeps the scores."""

    def __init__(
        self, networks: Sequence[Network], optimizer: str, learning_rate: float, batch_size: int, steps: int
    ) -> None:
        """Take no step yet."""
        self._looks: list[Look] = []
        self.pushed: list[tuple[int, float]] = []
        super().__init__(networks, optimizer, learning_rate, batch_size, steps)

    def _keep(self) -> None:
        super()._keep()
        self._looks.append(self._look())

    def _look(self) -> Look:
        places = [[w[:2] for w in training.weights[:-1]] for training in self.trainings]
        found = np.array([[measured(unit) for unit in layer_units(each)] for each in self.trainings])
        return Look(self.done, np.array(places), found[..., 0], found[..., 1])

    def looks(self) -> list[Look]:
        """Those that are kept, and one of now."""
        kept = [look for look in self._looks if look.step < self.done]
        return [*kept, self._look()]

    def push(self, size: float) -> None:
        """Add N(0, size**2) to every weight of the first network, each time another draw."""
        first = self.trainings[0]
        rng = generator(first.network.seed, Stream.WEIGHTS, _NOISE + len(self.pushed))
        for weights in first.weights:
            weights += size * rng.standard_normal(weights.shape)
        self.pushed.append((self.done, size))
        self.changed()

    def gradients(self) -> Array:
        """Norm of dC/dW in the last step, by network and layer, the readout last: (2, depth + 1)."""
        depth = self.trainings[0].network.depth
        norms = [[np.linalg.norm(t.model.gradients["weights", i]) for i in range(depth + 1)] for t in self.trainings]
        return np.array(norms)

    @property
    def hidden_biases_rest(self) -> bool:
        """Whether no hidden bias of the first network got a gradient in the last step."""
        model = self.trainings[0].model
        return not any(model.gradients["biases", layer].any() for layer in range(model.network.depth))


def layer_units(training: Training) -> list[Array]:
    """By layer its units as columns: the incoming weights, and the bias below them."""
    pairs = zip(training.weights[:-1], training.biases[:-1], strict=True)
    return [np.vstack([weights, biases]) for weights, biases in pairs]


def measured(units: Array) -> tuple[float, float]:
    """How many columns differ, and by how much at most in one row; NaN where a number is not finite."""
    if not np.isfinite(units).all():
        return np.nan, np.nan
    return float(distinct_units(units)), float(np.ptp(units, axis=1).max())
