"""Output layers: which function and which loss for which task, and what gradient they give together.

The quantity moved is the logit z of one output unit whose target is 1: the number 1, the answer yes, the true class.
For softmax the other logits stand still. Loss and gradient are those of one sample.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.activations import ACTIVATIONS

Array = NDArray[np.float64]
OTHER_LOGITS = (1.0, -1.0)
"""The logits of the two wrong classes."""


@dataclass(frozen=True)
class OutputLayer:
    """A task, the activation of its output layer, and its loss, as a function of the logit z (m,)."""

    key: str
    task: str
    activation: Activation
    loss_label: str
    loss: Callable[[Array], Array]

    def logits(self, z: Array) -> Array:
        """(m, units): the logit z, and the others where there are some."""
        if self.activation.elementwise:
            return z[:, None]
        return np.column_stack([z, *(np.full_like(z, other) for other in OTHER_LOGITS)])

    def outputs(self, z: Array) -> Array:
        """(m, units)."""
        return self.activation.function(self.logits(z))

    def gradient(self, z: Array) -> Array:
        """dC/dz of the task's own loss: output minus target, for all three (m,)."""
        return self.outputs(z)[:, 0] - 1.0

    def squared_gradient(self, z: Array) -> Array:
        """dC/dz of half the squared error of the same outputs (m,): it has the activation's slope in it."""
        outputs = self.outputs(z)
        target = np.zeros(outputs.shape[1])
        target[0] = 1.0
        return self.activation.vjp(self.logits(z), outputs - target)[:, 0]


def _cross_entropy(z: Array) -> Array:
    """-log softmax of the first of (z, *OTHER_LOGITS)."""
    return np.logaddexp(z, np.logaddexp.reduce(OTHER_LOGITS)) - z


OUTPUT_LAYERS: Mapping[str, OutputLayer] = {
    row.key: row
    for row in (
        OutputLayer("number", "a number", ACTIVATIONS["identity"], "squared error", lambda z: (z - 1.0) ** 2 / 2),
        OutputLayer(
            "yes_no", "yes or no", ACTIVATIONS["sigmoid"], "binary cross-entropy", lambda z: np.logaddexp(0.0, -z)
        ),
        OutputLayer("classes", "one of three classes", ACTIVATIONS["softmax"], "cross-entropy", _cross_entropy),
    )
}
