"""Lab: an experiment as data and pure functions. No widget in here."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from time import perf_counter
from typing import Any, Protocol

from cachetools import LRUCache, cached
from matplotlib.figure import Figure

from labkit.labs.parameters import Parameters


class View(Protocol):
    """A picture that is made once and then moved.

    It may have a property `look`: all that what stands still in it depends on; see LiveCanvas.render.
    """

    figure: Figure

    def update(self, result: Any) -> None:
        """Show a result."""


@dataclass(frozen=True)
class Preset:
    """A scene: values that are set at once (the defaults for the rest), and the question that they ask."""

    name: str
    question: str
    values: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Action:
    """A button: `values(parameters)` are set; ValueError says why it cannot be done.

    In a lab that moves by itself it may `disturb(state, parameters)`: change the state as it is, between two steps.
    """

    label: str
    values: Callable[[Any], Mapping[str, Any]] = lambda parameters: {}
    disturb: Callable[[Any, Any], None] | None = None


@dataclass(frozen=True)
class Motion:
    """How a lab moves by itself, as a training does: a state, and its steps.

    `start(parameters)` makes the state before the first step; `advance(state, seconds)` takes it on for at most so long
    and returns it; `show(state, parameters)` gives the result that the view shows; `steps(state)` says how many steps
    are done, and how many there are. What a step does follows from the state alone: the clock is the page's.
    """

    start: Callable[[Any], Any]
    advance: Callable[[Any, float], Any]
    show: Callable[[Any, Any], Any]
    steps: Callable[[Any], tuple[int, int]]

    def compute(self, parameters: Any) -> Any:
        """The result before the first step."""
        return self.show(self.start(parameters), parameters)

    def reach(self, state: Any, steps: int, seconds: float = inf) -> Any:
        """The state after so many steps in all, or as many as there are, or as many as are done in so long."""
        until = perf_counter() + seconds
        while self.steps(state)[0] < min(steps, self.steps(state)[1]) and perf_counter() < until:
            state = self.advance(state, 0.0)
        return state


@dataclass(frozen=True)
class Cover:
    """What a lab's small picture shows: the defaults but for `values`, after `steps` where the lab moves by itself."""

    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    steps: int = 200


@dataclass(frozen=True)
class Lead:
    """A way from what is shown to another lab: its key, and the values that are set there."""

    key: str
    values: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Lab:
    """One experiment: what is set, what is computed, how it is shown and said.

    `compute(parameters)` gives a small result, which `view()` makes a picture for and `explain(result)` says in words
    with its numbers. A lab that moves by itself gives its `motion`, and `motion.compute` for compute. `summary` says in
    a sentence what one sees there; `cover` is the state that its small picture shows. `leads(result)` are the labs in
    which what is shown can be opened.
    """

    key: str
    title: str
    question: str
    parameters: type[Parameters]
    compute: Callable[[Any], Any]
    view: Callable[[], View]
    explain: Callable[[Any], str]
    presets: tuple[Preset, ...] = ()
    actions: tuple[Action, ...] = ()
    motion: Motion | None = None
    summary: str = ""
    cover: Cover = Cover()
    leads: Callable[[Any], Sequence[Lead]] | None = None

    def result(self, parameters: Parameters) -> Any:
        """compute(parameters), from the cache where it is there."""
        return _computed(self, parameters)


@cached(LRUCache(256), lock=threading.RLock())
def _computed(lab: Lab, parameters: Parameters) -> Any:
    return lab.compute(parameters)
