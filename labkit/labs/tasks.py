"""Tasks: a question about a lab whose right answer is measured, never written down.

A task names a scene, a measure of the lab's result and how it is read. Each option of a choice says for which interval
of that number it is right; a number is right within a tolerance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf, isfinite, isnan, log
from typing import Any

from labkit.figures.numbers import short
from labkit.labs.lab import Lab
from labkit.labs.measures import MEASURES, READINGS, measures_of

SECONDS = 30.0
"""What computing one answer may take."""
NEAR = 2.0
"""A number is near within so many times the tolerance, and gets half the points."""


@dataclass(frozen=True)
class Option:
    """An answer to choose: right for numbers from `low` up to `high`, or for `low` alone where both are the same."""

    text: str
    low: float = -inf
    high: float = inf

    def holds(self, value: float) -> bool:
        """Whether it is right for this number."""
        return self.low <= value < self.high or value == self.low or value == self.high == inf


@dataclass(frozen=True)
class Tolerance:
    """A factor on a logarithmic scale, or a distance `within`; one of them is None."""

    factor: float | None = None
    within: float | None = None

    def misses(self, given: float, value: float) -> float:
        """How far a number is off, in units of the tolerance: right up to 1."""
        if not isfinite(given):
            return inf
        if self.within is not None:
            return abs(given - value) / self.within
        assert self.factor is not None
        return abs(log(given / value)) / log(self.factor) if given * value > 0 else inf

    @property
    def rule(self) -> str:
        """What is asked for, in words."""
        if self.within is not None:
            return f"right within ± {short(self.within)}"
        assert self.factor is not None
        return f"right within a factor of {short(self.factor)}"


@dataclass(frozen=True)
class Task:
    """A question: `values` make the scene (the defaults for the rest), `steps` are taken where the lab moves by itself.

    It has `options`, or a `tolerance` where a number is asked for.
    """

    name: str
    lab: str
    question: str
    measure: str
    why: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    steps: int = 0
    reading: str = "value"
    at: int = -1
    over: int = 1
    limit: float = 0.0
    options: tuple[Option, ...] = ()
    tolerance: Tolerance | None = None

    @property
    def measured(self) -> str:
        """What is measured, in words."""
        measure, reading = MEASURES[self.measure], READINGS[self.reading]
        return reading.label.format(
            measure=measure.label, where=measure.place, place=_place(measure.place, self.at),
            other=_place(measure.place, self.over), limit=short(self.limit),
        ).strip(", ")  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What was measured, and which option is right (None where a number is asked for)."""

    value: float
    right: int | None = None


@dataclass(frozen=True)
class Score:
    """What an answer is worth, 0 to 1; `verdict` is right, near or wrong; `given` and `truth` are the two in words."""

    points: float
    verdict: str
    given: str
    truth: str

    @property
    def words(self) -> str:
        """Both in a sentence."""
        return f"You said {self.given}; it is {self.truth}"


def lab_of(key: str) -> Lab:
    """The lab of this key; KeyError where there is none."""
    from labkit.labs import LABS  # only now: the table imports every module beside it, this one too

    return LABS[key]


def measured(task: Task, seed: int | None = None, seconds: float = SECONDS) -> float:
    """The number that a task asks about, with another seed where one is given.

    ValueError says what cannot be computed, or what does not fit the lab; TimeoutError that it took too long.
    """
    lab = lab_of(task.lab)
    parameters = lab.parameters.of({**task.values, **({} if seed is None else {"seed": seed})})
    result = _result(lab, parameters, task.steps, seconds)
    values = MEASURES[task.measure].values(result)
    if values is None:
        raise ValueError(f"measure: this lab has {', '.join(measures_of(result))}, got {task.measure!r}")
    value = READINGS[task.reading].of(values, task.at, task.over, task.limit)
    if isnan(value):
        raise ValueError(f"what is measured ({task.measured}) is not a number")
    return value


def _result(lab: Lab, parameters: Any, steps: int, seconds: float) -> Any:
    """The lab's result after so many steps, or as many as there are."""
    if lab.motion is None:
        return lab.result(parameters)
    state = lab.motion.reach(lab.motion.start(parameters), steps, seconds)
    done, there_are = lab.motion.steps(state)
    if done < min(steps, there_are):
        raise TimeoutError(f"its {steps} steps take longer than {seconds:.0f} s")
    return lab.motion.show(state, parameters)


@lru_cache(maxsize=256)
def answer(task: Task) -> Answer:
    """The right answer, measured; ValueError where not exactly one option is right, or no number."""
    return judged(task, measured(task))


def judged(task: Task, value: float) -> Answer:
    """The answer that a measured number stands for; ValueError where it is none."""
    if task.tolerance is not None:
        if not isfinite(value) or (task.tolerance.factor is not None and value == 0):
            raise ValueError(f"the number measured ({task.measured}) cannot be guessed: it is {short(value)}")
        return Answer(value)
    right = [place for place, option in enumerate(task.options) if option.holds(value)]
    if len(right) != 1:
        found = " and ".join(repr(task.options[place].text) for place in right) or "none of them"
        raise ValueError(f"exactly one option must be right, but {task.measured} is {short(value)}: {found}")
    return Answer(value, right[0])


def score(task: Task, given: float) -> Score:
    """What an answer is worth: the option's place from 0, or a number."""
    found = answer(task)
    if task.tolerance is None:
        assert found.right is not None
        right = int(given) == found.right
        texts = [f"“{option.text}”" for option in task.options]
        said = f"{texts[found.right]} ({task.measured}: {short(found.value)})"
        return Score(float(right), "right" if right else "wrong", texts[int(given)], said)
    off = task.tolerance.misses(given, found.value)
    points, verdict = (1.0, "right") if off <= 1 else (0.5, "near") if off <= NEAR else (0.0, "wrong")
    return Score(points, verdict, short(given), short(found.value))


def total(scores: Sequence[Score]) -> str:
    """All points, in words.

    >>> total([Score(1.0, "right", "", ""), Score(0.5, "near", "", "")])
    '1.5 of 2'
    """
    return f"{sum(each.points for each in scores):g} of {len(scores)}"


def _place(kind: str, number: int) -> str:
    """A place in words; empty where there is but one.

    >>> _place("layer", 1), _place("layer", -1), _place("layer", -2)
    ('layer 1', 'the last layer', 'layer 2 from the last')
    """
    if not kind:
        return ""
    if number == -1:
        return f"the last {kind}"
    return f"{kind} {number}" if number > 0 else f"{kind} {-number} from the last"
