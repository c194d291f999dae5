"""The same networks from several seeds, in step: a Run for each seed, with draws, points and batches of its own."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from labkit.labs.plane_runs import Array, Run


class SeedRuns:
    """A Run for each seed; all have made as many steps, unless all networks of one ceased to be finite."""

    def __init__(self, make: Callable[[int], Run], seeds: int) -> None:
        """Take no step yet; `make(k)` gives the Run of the k-th seed after the first."""
        self.runs = [make(k) for k in range(seeds)]

    @property
    def first(self) -> Run:
        """That of the first seed."""
        return self.runs[0]

    @property
    def done(self) -> int:
        """Steps that are done."""
        return max(run.done for run in self.runs)

    @property
    def finished(self) -> bool:
        """Whether there is no step left."""
        return all(run.finished for run in self.runs)

    def advance(self, seconds: float) -> "SeedRuns":
        """Make steps, one of each seed, until the time is over; at least one, where there is one left."""
        end = perf_counter() + seconds
        while not self.finished:
            for run in self.runs:
                run.advance(0.0)
            if perf_counter() >= end:
                break
        return self

    def progress(self) -> tuple[int, int]:
        """Steps that are done, and how many there are."""
        return self.done, self.done if self.finished else self.first.steps

    def kept(self) -> tuple[int, Array]:
        """The step at which scores were kept last, and these: loss and accuracy, (seeds, networks, 2)."""
        found = [run.last_kept for run in self.runs]
        return max(step for step, _ in found), np.array([scores for _, scores in found])
