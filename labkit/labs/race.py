"""Networks that are trained in step, as a lab shows them: their losses, their test accuracy, and the steps kept.

Shapes: losses are (seeds, contestants, steps); accuracy is (seeds, contestants).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn.network import Network
from labkit.nn.statistics import LayerStatistics
from labkit.nn.steps import Divergence
from labkit.nn.train import compare
from labkit.nn.training import Training

Array = NDArray[np.float64]
MOST_KEPT = 40
"""Steps that are kept to look back at, besides the first; however many are trained."""
EVALUATIONS = 20
"""Times that the test set is taken in the course of a training."""
_PIECE = 1000  # test samples taken between two looks at the clock


@dataclass(frozen=True)
class Kept:
    """The statistics of one contestant after `step` steps, the update-to-weight ratio, (depth + 1,), and what `look`
    found.
    """

    step: int
    statistics: LayerStatistics
    update_ratio: Array
    found: Any = None


def kept_steps(steps: int) -> list[int]:
    """The steps that are kept, from 0 to the last: dense where training begins, where most happens."""
    return sorted({round(steps * (i / MOST_KEPT) ** 2) for i in range(MOST_KEPT + 1)})


def evaluated_every(steps: int) -> int:
    """Steps from one look at the test set to the next."""
    return max(1, steps // EVALUATIONS)


class Race:
    """Contestants trained on the same batches, from several seeds; `advance` takes it on for some seconds.

    What is kept does not grow with the time that it runs. `quantities` are those whose distributions are kept.
    """

    def __init__(
        self, networks: Sequence[Network], steps: int, seeds: int = 1, optimizer: str = "sgd",
        learning_rate: float = 0.01, batch_size: int | None = 128, quantities: Sequence[str] = ("post", "grad_pre"),
        look: Callable[[Sequence[Training]], Any] = lambda trainings: None, bins: int = 30,
    ) -> None:  # fmt: skip
        """Keep the networks as they start. ValueError and FileNotFoundError as those of compare().

        `look(trainings)` finds what the statistics of the first seed's training do not hold, in those of all seeds; it
        is called when the first's probe has just been taken.
        """
        self.networks, self.steps, self.done = tuple(networks), steps, 0
        self._quantities, self._look, self._bins = tuple(quantities), look, bins
        self._runs = [
            compare([replace(net, seed=net.seed + k) for net in networks], optimizer, learning_rate, batch_size, steps,
                    evaluate_every=None, copies=seeds)
            for k in range(seeds)
        ]  # fmt: skip
        self.losses = np.full((seeds, len(networks), steps), np.nan)
        self.accuracy = np.full((seeds, len(networks)), np.nan)
        self.evaluated_at = 0
        self.kept: list[list[Kept]] = [[] for _ in networks]
        for place in range(len(networks)):
            self._keep(place)
        self._work = self._pieces()

    @property
    def progress(self) -> tuple[int, int]:
        """Steps done, and how many there are; where all have diverged there is no further one."""
        return self.done, self.done if self._lost else self.steps

    @property
    def _lost(self) -> bool:
        return bool(self.done) and all(t.diverged for run in self._runs for t in run.trainings)

    def diverged(self, place: int) -> Divergence | None:
        """Where the numbers of a contestant ceased to be finite first, of all its seeds."""
        found = [run.trainings[place].diverged for run in self._runs]
        return min((d for d in found if d), key=lambda d: d.iteration, default=None)

    def training(self, place: int) -> Training:
        """The training of a contestant, of the first seed."""
        return self.trainings(place)[0]

    def trainings(self, place: int) -> tuple[Training, ...]:
        """Those of a contestant, of each seed."""
        return tuple(run.trainings[place] for run in self._runs)

    def advance(self, seconds: float) -> "Race":
        """Go on for so long, at least one piece of work.

        A piece is a step of one contestant from one seed, a look at one, or a thousand test samples of one: a few
        milliseconds, and about half a second in the largest network of the pages (20 layers of 200, batch 1000).
        """
        until = perf_counter() + seconds
        for _ in self._work:
            if perf_counter() >= until:
                break
        return self

    def _pieces(self) -> Iterator[None]:
        """All that is left to do, in pieces; a step is done when all that belongs to it is."""
        keep, every = set(kept_steps(self.steps)), evaluated_every(self.steps)
        for step in range(1, self.steps + 1):
            for seed, run in enumerate(self._runs):
                while not run.finished and not run.advance():
                    yield
                made = [training.last for training in run.trainings]
                self.losses[seed, :, step - 1] = [m.loss if m and m.iteration == step else np.nan for m in made]
                yield
            last = step == self.steps or all(run.finished for run in self._runs)
            for place in range(len(self.networks)) if step in keep or last else ():
                self._keep(place, step)
                yield
            if step % every == 0 or last:
                yield from self._evaluate()
                self.evaluated_at = step
            self.done = step
            if last:
                return

    def _keep(self, place: int, step: int = 0) -> None:
        """Look at a contestant as it is; of one that diverged stays what there was."""
        training = self.training(place)
        if training.diverged is None:
            found = training.statistics(quantities=self._quantities, histograms=self._quantities, bins=self._bins)
            self.kept[place].append(Kept(step, found, training.update_ratio, self._look(self.trainings(place))))

    def _evaluate(self) -> Iterator[None]:
        for seed, run in enumerate(self._runs):
            for place, training in enumerate(run.trainings):
                correct, samples = 0.0, len(training.data.test)
                for start in range(0, samples if training.diverged is None else 0, _PIECE):
                    rows = slice(start, min(start + _PIECE, samples))
                    share = training.evaluate(rows.start, rows.stop)[1]
                    correct += np.nan if share is None else share * (rows.stop - rows.start)
                    yield
                self.accuracy[seed, place] = correct / samples if training.diverged is None else np.nan
