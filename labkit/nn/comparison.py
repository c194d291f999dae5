"""Several trainings in step, on the same batches."""

from collections.abc import Iterator, Sequence

from labkit.nn.flat import Array
from labkit.nn.steps import Step
from labkit.nn.tasks import Targets
from labkit.nn.training import Training


class Comparison(Iterator[tuple[Step, ...]]):
    """Several Trainings in step, on the same batches. One that diverged keeps its last step while the others go on."""

    def __init__(self, trainings: Sequence[Training]) -> None:
        """Of trainings that share their batches."""
        self.trainings = tuple(trainings)
        self._batch: tuple[Array, Targets] | None = None
        self._waiting: list[Training] = []  # for their turn on this batch

    @property
    def finished(self) -> bool:
        """Whether none of them goes on."""
        return all(training.finished for training in self.trainings)

    def __next__(self) -> tuple[Step, ...]:
        """One step of each; where some have made it by `advance`, that of the others."""
        if self.finished:
            raise StopIteration
        while not self.advance():
            pass
        return tuple(training.last for training in self.trainings if training.last is not None)

    def advance(self) -> bool:
        """One step of the one whose turn it is; whether all have made it then, or are finished."""
        if self._batch is None and not self.finished:
            self._batch = next(self.trainings[0].batches)
            self._waiting = [training for training in self.trainings if not training.finished]
        if self._batch is not None:
            self._waiting.pop(0).advance(*self._batch)
        if not self._waiting:
            self._batch = None
        return not self._waiting
