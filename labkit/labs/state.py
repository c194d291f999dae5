"""A lab's parameters as text, by the names of its fields; and how a text is read. What comes in is never trusted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from labkit.labs.lab import Lab
from labkit.labs.parameters import Choices, Control, LogRange, ParameterError, Parameters, Range, Switch

_ON, _OFF = "on", "off"


@dataclass(frozen=True)
class Read:
    """What a text stands for, as far as it can be had; `complaints` say in words what could not."""

    parameters: Any
    complaints: tuple[str, ...] = ()


def written(parameters: Parameters) -> dict[str, str]:
    """The values that the others do not give back of themselves, as text; numbers to their last bit."""
    values = parameters.values()
    kept: dict[str, Any] = {}
    while True:  # a default may follow from another value: learning rates from the optimizer
        given = type(parameters).of(kept).values()
        wrong = [name for name in values if values[name] != given[name] and name not in kept]
        if not wrong:
            return {name: _written(value) for name, value in values.items() if name in kept}
        kept.update({name: values[name] for name in wrong})


def read(lab: Lab, texts: Mapping[str, str]) -> Read:
    """The state that these texts stand for, by the names of the lab's fields."""
    controls = lab.parameters.controls()
    values: dict[str, Any] = {}
    complaints = []
    for name, text in texts.items():
        try:
            if name not in controls:
                raise ParameterError(f"there is no parameter {name[:40]!r}")
            asked = value_of(controls[name], text)
            values[name] = _clamped(controls[name], asked)
            if values[name] != asked:
                complaints.append(f"{controls[name].label} is {text[:40]} in the link, taken as {values[name]:g}")
        except ValueError as error:
            complaints.append(f"{error}: it is left out")
    return _possible(lab, values, complaints)


def _possible(lab: Lab, values: dict[str, Any], complaints: list[str]) -> Read:
    """What is refused together is left out one by one."""
    while True:
        try:
            return Read(lab.parameters.of(values), tuple(complaints))
        except ParameterError as error:
            if error.field not in values:
                return Read(lab.parameters(), (*complaints, f"{error}: the defaults are shown"))
            complaints.append(f"{error}: it is left out")
            del values[error.field]


def value_of(control: Control, text: str) -> Any:
    """The value that a text stands for; ValueError with the control's label, the rule and the text."""
    whole = isinstance(control, Range) and control.whole
    try:
        if isinstance(control, Range | LogRange):
            number = int(text) if whole else float(text)
        elif isinstance(control, Switch):
            return {_ON: True, _OFF: False}[text]
        else:
            return tuple(text.split(",")) if isinstance(control, Choices) else text
        if isnan(number):
            raise ValueError
    except (ValueError, KeyError):
        number_of_a_kind = "a whole number" if whole else "a number"
        wanted = f"{_ON} or {_OFF}" if isinstance(control, Switch) else number_of_a_kind
        raise ValueError(f"{control.label} must be {wanted}, got {text[:40]!r}") from None
    if number == 0 and re.search("[1-9]", text.lower().partition("e")[0]):
        raise ValueError(f"{control.label} must not be too small for a computer's numbers, got {text[:40]!r}")
    return number


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return _ON if value else _OFF
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _clamped(control: Control, value: Any) -> Any:
    if not isinstance(control, Range | LogRange):
        return value
    low = control.low if isinstance(control, Range) else control.least
    return min(max(value, low), control.high)
