"""A network in evaluation mode: its outputs, and its loss and accuracy on the test set, a piece at a time.

Shapes: inputs are (samples, features) as the network sees them; outputs are (samples, outputs).
"""

from collections.abc import Iterator
from operator import index
from typing import Any

import numpy as np

from labkit.nn.flat import Array
from labkit.nn.model import Mode, Model
from labkit.nn.network import Network
from labkit.nn.samples import Data
from labkit.nn.tasks import TASKS


def piece(network: Network) -> int:
    """Number of samples that are evaluated at once: 250, so that their arrays stay small; fewer in large networks."""
    return min(250, max(10, 10**6 // (network.depth * network.width)))


def evaluate(model: Model, data: Data, first: Any = 0, last: Any = None) -> tuple[float, float | None]:
    """Mean loss, and accuracy where the task has one, on the samples [first, last) of the test set; None: to its end.

    ValueError where there are no such samples.
    """
    task, test = TASKS[data.task], data.test
    first, last = _range(first, last, len(test))
    loss, correct = 0.0, 0
    with np.errstate(all="ignore"):
        for rows in _pieces(model.network, first, last):
            work = model.work(rows.stop - rows.start)
            y = test.y[rows]
            z = model.forward(test.inputs(rows, out=work.inputs), work, Mode.EVALUATE)
            if task.correct is not None:
                correct += int(np.count_nonzero(task.correct(z, y)))
            loss += task.loss(z, y, work.grad_logits) * len(z)
    return loss / (last - first), None if task.correct is None else correct / (last - first)


def predict(model: Model, data: Data, x: Any) -> Array:
    """The outputs for inputs x; ValueError where they are of another shape."""
    x = np.asarray(x, float)
    if x.ndim != 2 or x.shape[1] != data.features:
        raise ValueError(f"x must be of shape (samples, {data.features}), got {x.shape}")
    outputs = np.empty((len(x), data.outputs))
    with np.errstate(all="ignore"):
        for rows in _pieces(model.network, 0, len(x)):
            z = model.forward(x[rows], model.work(rows.stop - rows.start), Mode.EVALUATE)
            outputs[rows] = TASKS[data.task].activation.function(z)
    return outputs


def _range(first: Any, last: Any, samples: int) -> tuple[int, int]:
    try:
        low, high = index(first), samples if last is None else index(last)
    except TypeError:
        low, high = 0, 0
    if not 0 <= low < high <= samples:
        rule = f"must be whole numbers, 0 <= first < last <= {samples}"
        raise ValueError(f"first and last {rule}, got {first!r} and {last!r}")
    return low, high


def _pieces(network: Network, first: int, last: int) -> Iterator[slice]:
    most = piece(network)
    return (slice(start, min(start + most, last)) for start in range(first, last, most))
