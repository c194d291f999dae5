"""Lab: an experiment as data and pure functions. No widget in here."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    """A button: `values(parameters)` are set; ValueError says why it cannot be done."""

    label: str
    values: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Lab:
    """One experiment: what is set, what is computed, how it is shown and said.

    `compute(parameters)` gives a small result, which `view()` makes a picture for and `explain(result)` says in words
    with its numbers.
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

    def result(self, parameters: Parameters) -> Any:
        """compute(parameters), from the cache where it is there."""
        return _computed(self, parameters)


@cached(LRUCache(256), lock=threading.RLock())
def _computed(lab: Lab, parameters: Parameters) -> Any:
    return lab.compute(parameters)
