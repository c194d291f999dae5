"""What an output layer learns: a row of TASKS is a task with its output function, its loss and its accuracy.

Shapes: logits z are (batch, outputs); targets are (batch,) class numbers from 0, or (batch, outputs) numbers. The loss
is the mean over the batch; with each of the three, dC/dz is (output - target) / batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation
from labkit.nn.activations import ACTIVATIONS

Array = NDArray[np.float64]
Targets = NDArray[Any]


@dataclass(frozen=True)
class Task:
    """A task.

    `loss(z, y, gradient)` is the mean loss, and writes dC/dz into `gradient` (which may be z itself).
    `correct(z, y)` says of each sample whether it is answered right; None where there is no right or wrong.
    `targets(y)` checks targets and gives them their type; `outputs(y)` is the number of output units they need. `code`
    is what scripts say: the body of a function of z and y that returns loss and dC/dz, in NumPy; the loss in PyTorch;
    and what is right.
    """

    key: str
    label: str
    activation: Activation
    loss_label: str
    loss: Callable[[Array, Targets, Array], float]
    targets: Callable[[Targets], Targets]
    outputs: Callable[[Targets], int]
    correct: Callable[[Array, Targets], NDArray[np.bool_]] | None = None
    code: tuple[str, str, str] | None = None


def _cross_entropy(z: Array, y: Targets, gradient: Array) -> float:
    """-log softmax(z)[y], in nats."""
    rows = np.arange(len(z))
    np.subtract(z, z.max(axis=1, keepdims=True), out=gradient)
    of_label = float(gradient[rows, y].sum())
    np.exp(gradient, out=gradient)
    total = gradient.sum(axis=1, keepdims=True)
    loss = (float(np.log(total).sum()) - of_label) / len(z)
    gradient /= total * len(z)
    gradient[rows, y] -= 1 / len(z)
    return loss


def _binary_cross_entropy(z: Array, y: Targets, gradient: Array) -> float:
    """log(1 + e^z) - y z, in nats."""
    target = y[:, None]
    loss = float(np.mean(np.logaddexp(0, z) - target * z))
    np.subtract(ACTIVATIONS["sigmoid"].function(z), target, out=gradient)
    gradient /= len(z)
    return loss


def _squared_error(z: Array, y: Targets, gradient: Array) -> float:
    """Half the squared distance of z from y."""
    np.subtract(z, y, out=gradient)
    flat = gradient.reshape(-1)
    loss = float(np.dot(flat, flat)) / (2 * len(z))
    gradient /= len(z)
    return loss


def _whole(y: Targets, most: float, rule: str) -> NDArray[np.intp]:
    """Class numbers as they may come: integers, floats that are whole, or True and False."""
    whole = y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool((y == np.floor(y)).all()))
    if y.ndim != 1 or not whole or y.size == 0 or y.min() < 0 or y.max() > most:
        raise ValueError(f"y must be {rule}, of shape (samples,), got shape {y.shape} of {y.dtype}")
    return y.astype(np.intp)


def _numbers(y: Targets) -> Targets:
    if y.dtype.kind not in "iubf":
        raise ValueError(f"y must be finite, of shape (samples, outputs), got shape {y.shape} of {y.dtype}")
    values = np.array(y, float)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError(f"y must be finite, of shape (samples, outputs), got shape {values.shape}")
    return values


TASKS: Mapping[str, Task] = {
    row.key: row
    for row in (
        Task(
            "number", "a number", ACTIVATIONS["identity"], "half the squared error", _squared_error, _numbers,
            outputs=lambda y: int(y.shape[1]),
            code=(
                "return np.sum((z - y) ** 2) / (2 * len(z)), (z - y) / len(z)", "((z - y) ** 2).sum() / (2 * len(z))",
                "np.full(len(z), np.nan)",
            ),
        ),
        Task(
            "yes_no", "yes or no", ACTIVATIONS["sigmoid"], "binary cross-entropy", _binary_cross_entropy,
            targets=lambda y: _whole(y, 1, "0 or 1"), outputs=lambda y: 1,
            correct=lambda z, y: (z[:, 0] > 0) == (y > 0),
            code=(
                "loss = np.mean(np.logaddexp(0, z[:, 0]) - y * z[:, 0])\n"
                "return loss, (1 / (1 + np.exp(-z)) - y[:, None]) / len(z)",
                "F.binary_cross_entropy_with_logits(z[:, 0], y.double())", "(z[:, 0] > 0) == (y > 0)",
            ),
        ),
        Task(
            "classes", "one of several classes", ACTIVATIONS["softmax"], "cross-entropy", _cross_entropy,
            targets=lambda y: _whole(y, 999, "class numbers from 0 to 999"), outputs=lambda y: int(y.max()) + 1,
            correct=lambda z, y: z.argmax(axis=1) == y,
            code=(
                "z = z - z.max(axis=1, keepdims=True)\n"
                "p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)\n"
                "target = np.eye(z.shape[1])[y]\n"
                "loss = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y])\n"
                "return loss, (p - target) / len(z)",
                "F.cross_entropy(z, y)", "z.argmax(axis=1) == y",
            ),
        ),
    )
}  # fmt: skip
"""Keys as those of OUTPUT_LAYERS, which shows the same three for one output unit."""
