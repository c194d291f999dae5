"""What training is asked for, and what it says of each step."""

from dataclasses import dataclass
from typing import NamedTuple


class Schedule(NamedTuple):
    """How networks are trained: a key of OPTIMIZERS, its rate, the size of a batch, the number of steps.

    The test set is taken every `evaluate_every` steps, and at the last.
    """

    optimizer: str
    learning_rate: float
    batch_size: int
    steps: int
    evaluate_every: int


@dataclass(frozen=True)
class Divergence:
    """Where numbers ceased to be finite: at which step, in which layer first (from 0; `depth`: the readout), in what.

    First in the order of computation: forward from the first layer, back from the readout, then the update, from the
    first layer: the optimizer's state and the parameters; then the loss on the test set, where the step has one.
    """

    iteration: int
    layer: int
    depth: int
    quantity: str

    def __str__(self) -> str:
        """A sentence."""
        place = "the readout" if self.layer == self.depth else f"layer {self.layer + 1}"
        return f"step {self.iteration} is not finite: first in {place}, in its {self.quantity}"


@dataclass(frozen=True)
class Step:
    """One step: `iteration` counts from 1; `loss` is the batch's, before its update.

    `accuracy` (a share; None too where the task has none) and `test_loss` are those of the test set after the update,
    None between evaluations. After a step that `diverged` there is no further one; it is not applied, unless it is by
    the update itself that numbers ceased to be finite.
    """

    iteration: int
    loss: float
    accuracy: float | None = None
    test_loss: float | None = None
    diverged: Divergence | None = None
