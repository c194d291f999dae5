"""Training, as an iterator of steps that can be stopped, copied, pickled and gone on with at any of them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np

from labkit.nn.batches import Batches
from labkit.nn.checks import number_within
from labkit.nn.datasets import shuffled
from labkit.nn.draws import Stream, generator
from labkit.nn.flat import Array, Flat, Scratch
from labkit.nn.model import Mode, Model
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.propagation import Trace
from labkit.nn.snapshot import Snapshot, snapshot
from labkit.nn.statistics import LayerStatistics, summarize
from labkit.nn.steps import Divergence, Step
from labkit.nn.tasks import TASKS, Targets

MOST_BATCH = 10_000
LIMITS: Mapping[str, tuple[float, float]] = {
    "learning_rate": (0.0, 1000.0),
    "batch_size": (1, MOST_BATCH),
    "steps": (0, 10**9),
    "evaluate_every": (1, 10**9),
}
_PIECE = 2**14  # of the parameters, so that the passes of an optimizer stay in the processor's cache


class Training(Iterator[Step]):
    """A network that is trained; see train(). `steps` may be raised and `learning_rate` changed between two steps.

    `weights` and `biases` are those of each layer and of the readout, last; to be read, and to be written where an
    experiment disturbs them. They are the same arrays throughout.
    """

    def __init__(
        self, network: Network, batches: Batches, optimizer: str, learning_rate: float, steps: int | None,
        evaluate_every: int | None, optimizer_options: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Take no step yet. ValueError names what does not fit."""
        self.network, self.batches, self.data = network, batches, batches.data
        self.optimizer = optimizer
        self.options = OPTIMIZERS[optimizer].checked(optimizer_options)
        self.learning_rate = checked("learning_rate", learning_rate)
        self.steps = None if steps is None else int(checked("steps", steps))
        self.evaluate_every = None if evaluate_every is None else int(checked("evaluate_every", evaluate_every))
        self.iteration = 0
        self.last: Step | None = None
        self.model = Model(network, self.data.features, self.data.outputs)
        size = len(self.model.parameters.vector)
        self._slots = np.zeros((OPTIMIZERS[optimizer].slots, size))
        self._update = Flat(self.model.parameters.shapes)
        self._rng = generator(network.seed, Stream.SLOPES)
        self._scratch = Scratch()

    @property
    def diverged(self) -> Divergence | None:
        """Where numbers ceased to be finite; None while they are."""
        return self.last.diverged if self.last else None

    @property
    def finished(self) -> bool:
        """Whether there is no further step: all are made, or numbers ceased to be finite."""
        return self.diverged is not None or (self.steps is not None and self.iteration >= self.steps)

    def __next__(self) -> Step:
        """Make one step."""
        if self.finished:
            raise StopIteration
        return self.advance(*next(self.batches))

    def advance(self, x: Array, y: Targets) -> Step:
        """One step on a batch that is given: inputs (batch, features), and targets."""
        with np.errstate(all="ignore"):
            work = self.model.work(len(x))
            self.model.forward(x, work, Mode.TRAIN, self._rng)
            loss = TASKS[self.data.task].loss(work.logits, y, work.grad_logits)
            self.model.backward(work)
            self.iteration += 1
            if np.isfinite(loss) and self._gradients_finite():
                self._apply()
                self.last = self._step(loss)
            else:
                layer, quantity = self.model.first_nonfinite(work, loss)
                found = Divergence(self.iteration, layer, self.network.depth, quantity)
                self.last = Step(self.iteration, loss, diverged=found)
        return self.last

    def _gradients_finite(self) -> bool:
        gradient = self.model.gradients.vector  # its square is quick, but may be infinite when they are not
        return bool(np.isfinite(np.dot(gradient, gradient)) or np.isfinite(gradient).all())

    def _step(self, loss: float) -> Step:
        every = self.evaluate_every
        if every is None or (self.iteration % every and self.iteration != self.steps):
            return Step(self.iteration, loss)
        test_loss, accuracy = self.evaluate()
        return Step(self.iteration, loss, accuracy, test_loss)

    def _apply(self) -> None:
        row = OPTIMIZERS[self.optimizer]
        gradient, update = self.model.gradients.vector, self._update.vector
        parameters = self.model.parameters.vector
        for start in range(0, len(update), _PIECE):
            part = slice(start, start + _PIECE)
            slots, out = self._slots[:, part], update[part]
            row.update(gradient[part], slots, self.iteration, self.learning_rate, out, **self.options)
            parameters[part] -= out

    def _parts(self, name: str) -> tuple[Array, ...]:
        parameters = self.model.parameters
        return tuple(parameters[part] for part in parameters.shapes if part[0] == name)

    @property
    def weights(self) -> tuple[Array, ...]:
        """W of each layer and of the readout, (fan_in, fan_out)."""
        return self._parts("weights")

    @property
    def biases(self) -> tuple[Array, ...]:
        """The biases of each layer and of the readout, (fan_out,)."""
        return self._parts("biases")

    @property
    def alphas(self) -> tuple[Array, ...]:
        """The learned alpha of each layer, (1,) or (width,); empty where none is learned."""
        return self._parts("alpha")

    @property
    def update_ratio(self) -> Array:
        """Norm of the last step's update over that of the weights before it, (depth + 1,); the readout is last.

        NaN before the first step; infinite or NaN where the weights were zero.
        """
        if not self.iteration:
            return np.full(self.network.depth + 1, np.nan)
        moves = [self._update["weights", layer] for layer in range(self.network.depth + 1)]
        with np.errstate(all="ignore"):
            pairs = zip(moves, self.weights, strict=True)
            return np.array([np.linalg.norm(move) / np.linalg.norm(W + move) for move, W in pairs])

    def evaluate(self, part: slice = slice(None)) -> tuple[float, float | None]:
        """Mean loss and accuracy on the test set, or a part of it, in evaluation mode.

        The accuracy is None where the task has none.
        """
        task, test = TASKS[self.data.task], self.data.test
        loss, correct = 0.0, 0
        first, last, _ = part.indices(len(test))
        with np.errstate(all="ignore"):
            for rows in self._pieces(last, first):
                work = self.model.work(rows.stop - rows.start)
                y = test.y[rows]
                z = self.model.forward(test.inputs(rows, out=work.inputs), work, Mode.EVALUATE)
                if task.correct is not None:
                    correct += int(np.count_nonzero(task.correct(z, y)))
                loss += task.loss(z, y, work.grad_logits) * len(z)
        samples = last - first
        return loss / samples, None if task.correct is None else correct / samples

    def predict(self, x: Array) -> Array:
        """The outputs, (samples, outputs), for inputs as the network sees them (samples, features): evaluation mode."""
        x = np.asarray(x, float)
        if x.ndim != 2 or x.shape[1] != self.data.features:
            raise ValueError(f"x must be of shape (samples, {self.data.features}), got {x.shape}")
        outputs = np.empty((len(x), self.data.outputs))
        with np.errstate(all="ignore"):
            for rows in self._pieces(len(x)):
                work = self.model.work(rows.stop - rows.start)
                z = self.model.forward(x[rows], work, Mode.EVALUATE)
                outputs[rows] = TASKS[self.data.task].activation.function(z)
        return outputs

    def _pieces(self, samples: int, first: int = 0) -> Iterator[slice]:
        most = piece(self.network)
        return (slice(start, min(start + most, samples)) for start in range(first, samples, most))

    def trace(self) -> Snapshot:
        """Forward and backward as the network is now, on the first network.batch samples in the probe's order.

        They are the same at every step. As in training, but nothing is moved on: by the statistics of this batch, with
        RReLU's mean slope. Valid until the next step or trace.
        """
        x, y = self._scratch.get_or_make("probe", self._probe)
        with np.errstate(all="ignore"):
            work = self.model.work(len(x))
            self.model.forward(x, work, Mode.LOOK)
            loss = TASKS[self.data.task].loss(work.logits, y, work.grad_logits)
            shape = self.network.depth, *work.spare.shape
            grad_post = self._scratch.get_or_make("grad_post", lambda: list(np.empty(shape)))
            self.model.backward(work, grad_post)
        return snapshot(self.model, work, grad_post, y, loss)

    def _probe(self) -> tuple[Array, Targets]:
        train = self.data.train
        rows = shuffled(len(train), self.network.seed)[: self.network.batch]
        return train.inputs(rows), train.y[rows]

    def statistics(self, **options: Any) -> LayerStatistics:
        """The statistics of trace(), by layer; `options` are those of summarize."""
        return summarize(cast(Trace, self.trace()), **options)


def piece(network: Network) -> int:
    """Number of samples that are evaluated at once: 250, so that their arrays stay small; fewer in large networks."""
    return min(250, max(10, 10**6 // (network.depth * network.width)))


def checked(name: str, value: Any) -> float:
    """A number of LIMITS; ValueError with its name."""
    try:
        return number_within(value, *LIMITS[name])
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
