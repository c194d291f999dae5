"""The controls that labs with a race have alike, each in one line there.

    step_shown: StepShown = NEWEST
    seeds: Annotated[int, seeds_at_once(lambda values: 3)] = 1

The right end of `step_shown` is the newest step, and goes with the training; each other place holds one step.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from labkit.labs.parameters import Control, Range
from labkit.labs.race import MOST_KEPT, Kept, kept_steps

MOST_NETWORKS, MOST_SEEDS = 12, 5
NEWEST: Any = None
"""The default: the right end."""


def seeds_at_once(contestants: Callable[[Mapping[str, Any]], int], *follows: str) -> Control:
    """How many seeds are trained together: as many as the number of contestants, by the values, leaves room for."""

    def most(values: Mapping[str, Any]) -> int:
        return min(MOST_SEEDS, MOST_NETWORKS // contestants(values))

    return Range(
        "seeds at once", low=1, high=MOST_SEEDS, step=1, follows=follows, bounds=lambda values: (1, most(values)),
        start=lambda values: min(values["seeds"] or 1, most(values)),
    )  # fmt: skip


def _last(values: Mapping[str, Any]) -> int:
    return len(kept_steps(values["steps"])) - 1


def _note(p: Any) -> str:
    return "the newest" if p.step_shown == _last(p.values()) else f"step {wanted(p)}"


def wanted(p: Any) -> int:
    """The step that a lab's parameters ask for."""
    return kept_steps(p.steps)[int(p.step_shown)]


def looked_at(kept: Sequence[Kept], p: Any) -> Kept:
    """What was kept of the step that is asked for, or where it is still to come of the newest."""
    return [look for look in kept if look.step <= wanted(p)][-1]


StepShown = Annotated[
    int,
    Range("step shown", low=0, high=MOST_KEPT, step=1, aside=True, note=_note, follows=("steps",), start=_last,
          bounds=lambda values: (0, _last(values))),
]  # fmt: skip
