"""Training, as an iterator of steps that can be stopped, copied, pickled and gone on with at any of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from labkit.nn import evaluation
from labkit.nn.batches import Batches
from labkit.nn.datasets import shuffled
from labkit.nn.draws import Stream, generator
from labkit.nn.flat import Array, Scratch
from labkit.nn.limits import checked, count
from labkit.nn.model import Mode, Model, Work
from labkit.nn.network import Network
from labkit.nn.snapshot import Snapshot, snapshot
from labkit.nn.statistics import LayerStatistics, summarize
from labkit.nn.steps import Divergence, Step
from labkit.nn.tasks import TASKS, Targets
from labkit.nn.updates import Updates, huge


class Training(Iterator[Step]):
    """A network that is trained; see train(). `steps` may be raised and `learning_rate` changed between two steps:
    ValueError names what does not fit.

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
        self.learning_rate = learning_rate
        self.steps, self.evaluate_every = steps, evaluate_every
        self.iteration = 0
        self.last: Step | None = None
        self.model = Model(network, self.data.features, self.data.outputs)
        self._updates = Updates(optimizer, optimizer_options, self.model.parameters.shapes)
        self._rng = generator(network.seed, Stream.SLOPES)
        self._scratch = Scratch()

    @property
    def learning_rate(self) -> float:
        """Step size."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = checked("learning_rate", value)

    @property
    def steps(self) -> int | None:
        """Number of steps after which it is finished; None: never."""
        return self._steps

    @steps.setter
    def steps(self, value: int | None) -> None:
        self._steps = count("steps", value)

    @property
    def evaluate_every(self) -> int | None:
        """Steps from one evaluation to the next; None: none at all."""
        return self._evaluate_every

    @evaluate_every.setter
    def evaluate_every(self, value: int | None) -> None:
        self._evaluate_every = count("evaluate_every", value)

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
            far = huge(self.model.gradients.vector)
            if np.isfinite(loss) and (not far or np.isfinite(self.model.gradients.vector).all()):
                self.last = self._applied(loss, work, far)
            else:
                self.last = self._diverged(loss, *self.model.first_nonfinite(work, loss))
        return self.last

    def _applied(self, loss: float, work: Work, far: bool) -> Step:
        self.model.move_on(work)
        parameters, gradients = self.model.parameters, self.model.gradients
        if self._updates.apply(parameters, gradients, self.iteration, self.learning_rate, far):
            return self._step(loss)
        return self._diverged(loss, *self._updates.first_nonfinite(parameters))

    def _diverged(self, loss: float, layer: int, quantity: str, test_loss: float | None = None) -> Step:
        found = Divergence(self.iteration, layer, self.network.depth, quantity)
        return Step(self.iteration, loss, test_loss=test_loss, diverged=found)

    def _step(self, loss: float) -> Step:
        every = self.evaluate_every
        if every is None or (self.iteration % every and self.iteration != self.steps):
            return Step(self.iteration, loss)
        test_loss, accuracy = self.evaluate()
        if not np.isfinite(test_loss):
            return self._diverged(loss, self.network.depth, "loss on the test set", test_loss)
        return Step(self.iteration, loss, accuracy, test_loss)

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

        NaN before the first step; infinite or NaN where the weights were zero. What they were is reckoned back from
        what they are: after a disturbance from outside, it is the disturbed ones that the last update is compared with.
        """
        if not self.iteration:
            return np.full(self.network.depth + 1, np.nan)
        moves = [self._updates.last["weights", layer] for layer in range(self.network.depth + 1)]
        with np.errstate(all="ignore"):
            pairs = zip(moves, self.weights, strict=True)
            return np.array([np.linalg.norm(move) / np.linalg.norm(W + move) for move, W in pairs])

    def evaluate(self, first: int = 0, last: int | None = None) -> tuple[float, float | None]:
        """Mean loss and accuracy on the test set, or on its samples [first, last), in evaluation mode.

        The accuracy is None where the task has none. ValueError where there are no such samples.
        """
        return evaluation.evaluate(self.model, self.data, first, last)

    def predict(self, x: Array) -> Array:
        """The outputs, (samples, outputs), for inputs as the network sees them (samples, features): evaluation mode."""
        return evaluation.predict(self.model, self.data, x)

    def trace(self) -> Snapshot:
        """Forward and backward as the network is now, on the first network.batch samples in the probe's order.

        They are the same at every step. As in training, but nothing is moved on: by the statistics of this batch, with
        RReLU's mean slope. Valid until the next step or trace; evaluate() and predict() leave it as it is.
        """
        x, y = self._scratch.get_or_make("probe", self._probe)
        with np.errstate(all="ignore"):
            work = self.model.work(len(x), "probe")
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
        return summarize(self.trace(), **options)
