"""What sets two states of a lab apart, in words."""

from typing import Any, NamedTuple

from labkit.labs.lab import Lab
from labkit.labs.parameters import Choice, Choices, Control

_LONGEST = 24


class Difference(NamedTuple):
    """A control whose value differs: its label, and the values as the page says them."""

    label: str
    then: str
    now: str


def differences(lab: Lab, then: Any, now: Any) -> list[Difference]:
    """Every control in which two states differ; what only changes what is shown is no difference."""
    before, after = then.values(), now.values()
    return [
        Difference(control.label, said(control, before[name]), said(control, after[name]))
        for name, control in lab.parameters.controls().items()
        if before[name] != after[name] and not control.aside
    ]


def name_of(lab: Lab, then: Any, now: Any) -> str:
    """A pinned state by what sets it apart: `init std 0.01 → 0.1`."""
    found = differences(lab, then, now)
    return "; ".join(f"{each.label} {each.then} → {each.now}" for each in found) or "the same values"


def said(control: Control, value: Any) -> str:
    """A value as the page says it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(control, Choice):
        return control.options[value]
    if isinstance(control, Choices):
        return ", ".join(control.options[key] for key in value)
    if isinstance(value, str):
        return (value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…") or "none"
    return f"{value:.6g}"
