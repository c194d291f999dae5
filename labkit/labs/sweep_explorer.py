"""Sweep explorer: thousands of settings as a map, theory beside them, and from each point a way back to its lab."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from labkit.figures.sweep_map import SweepView
from labkit.labs.lab import Lab, Lead, Preset
from labkit.labs.parameters import Choice, ParameterError, Parameters, Range
from labkit.labs.shared import ROWS_OWN
from labkit.labs.sweep_columns import AXES, Axis, Rests
from labkit.labs.sweep_leads import leads_of
from labkit.labs.sweep_measures import MEASURES
from labkit.labs.sweep_result import Result, explain, found
from labkit.labs.sweeps import SWEEPS, Sweep

_MOST_LEVELS = 1000
_FIRST = next(iter(SWEEPS))


def _sweep(values: Mapping[str, Any]) -> Sweep:
    return SWEEPS[values["sweep"]]


def _axis(values: Mapping[str, Any], which: str) -> Axis:
    """The axis that the control `which` names; ParameterError where this sweep has none such."""
    axes, name = _sweep(values).columns.axes, values[which]
    _sweep(values).check()
    if name not in axes:
        raise ParameterError(f"{which} must be an axis of this sweep ({', '.join(axes)}), got {name}", which)
    if name == values["up"] == values["across"]:
        raise ParameterError(f"across and up must be two axes, got {name} twice", which)
    return axes[name]


def _bounds(which: str) -> Any:
    return lambda values: (1, len(_axis(values, which).values))


def _middle(which: str) -> Any:
    return lambda values: (len(_axis(values, which).values) + 1) // 2


def _note(which: str, place: str) -> Any:
    def note(p: Any) -> str:
        axis = _axis(p.values(), which)
        return f"{axis.label} {axis.words[getattr(p, place) - 1]}"

    return note


def _several(p: Any) -> bool:
    """Whether there are axes to choose from: two can only be exchanged."""
    return len(_sweep(p.values()).columns.axes) > 2


def _rests(values: Mapping[str, Any]) -> Rests:
    _axis(values, "across")
    return _sweep(values).columns.rests(values["across"], values["up"])


@dataclass(frozen=True)
class SweepExplorer(Parameters):
    """What is set in this lab."""

    sweep: Annotated[str, Choice("sweep", table=SWEEPS, shown=lambda p: len(SWEEPS) > 1, folds=True)] = _FIRST
    measure: Annotated[
        str, Choice("show", table=MEASURES, follows=("sweep",), start=lambda values: _sweep(values).measures[0])
    ] = ROWS_OWN
    across: Annotated[
        str,
        Choice("across", table=AXES, shown=_several, folds=True, follows=("sweep",),
               start=lambda values: _sweep(values).pair[0]),
    ] = ROWS_OWN  # fmt: skip
    up: Annotated[
        str,
        Choice("up", table=AXES, shown=_several, folds=True, follows=("sweep",),
               start=lambda values: _sweep(values).pair[1]),
    ] = ROWS_OWN  # fmt: skip
    column: Annotated[
        int,
        Range("column", low=1, high=_MOST_LEVELS, step=1, bounds=_bounds("across"), start=_middle("across"),
              note=_note("across", "column"), follows=("sweep", "across", "up")),
    ] = ROWS_OWN  # fmt: skip
    row: Annotated[
        int,
        Range("row", low=1, high=_MOST_LEVELS, step=1, bounds=_bounds("up"), start=_middle("up"),
              note=_note("up", "row"), follows=("sweep", "across", "up")),
    ] = ROWS_OWN  # fmt: skip
    rest: Annotated[
        int,
        Range("other axes", low=1, high=_MOST_LEVELS, step=1, bounds=lambda values: (1, len(_rests(values).levels)),
              start=lambda values: 1, note=lambda p: _rests(p.values()).words[p.rest - 1],
              shown=lambda p: len(_rests(p.values()).levels) > 1, follows=("sweep", "across", "up")),
    ] = ROWS_OWN  # fmt: skip


def compute(parameters: SweepExplorer) -> Result:
    """Take the point's map and curves from the table; a measure that the sweep has not is refused."""
    sweep = _sweep(parameters.values())
    if parameters.measure not in sweep.measures:
        have = ", ".join(MEASURES[name].label for name in sweep.measures)
        label = MEASURES[parameters.measure].label
        raise ParameterError(f"show must be measured in this sweep ({have}), got {label}", "measure")
    rest = _rests(parameters.values()).levels[parameters.rest - 1]
    place = parameters.column - 1, parameters.row - 1
    return found(sweep, parameters.measure, (parameters.across, parameters.up), rest, place)


def leads(result: Result) -> tuple[Lead, ...]:
    """The labs in which the point can be opened."""
    return () if result.network is None else leads_of(result.network, result.sweep.training)


class _View(SweepView):
    """The picture, fed with a Result."""

    def update(self, result: Result) -> None:
        """Show a result."""
        self.show(result.map, result.place, result.along, result.through)


LAB = Lab(
    key="sweep_explorer",
    title="Sweep explorer",
    question="A thousand networks at once: where on the map do they learn, and did theory know?",
    parameters=SweepExplorer,
    compute=compute,
    view=_View,
    explain=explain,
    leads=leads,
    presets=(
        Preset("Where learning ends", "How deep can a tanh network be, and still learn, at each spread of its weights?",
               {"sweep": "trainability"}),
        Preset("The loss of the same networks", "Ten equal guesses have a loss of 2.303: who has learnt nothing?",
               {"sweep": "trainability", "measure": "loss"}),
        Preset("The gradient, before training", "Which of these networks' gradients vanish, and which explode?",
               {"sweep": "trainability", "measure": "grad_gain"}),
        Preset("What two digits have in common", "Where do all images become one before anything is learned?",
               {"sweep": "trainability", "measure": "cosine_last"}),
        Preset("Theory beside the seeds", "Does theory know the size of a deep network's activations?",
               {"sweep": "trainability", "measure": "rms_last"}),
    ),
    summary="A map of many networks at once, the theory drawn on it, and a way from each point back to its lab.",
)  # fmt: skip
