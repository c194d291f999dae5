"""Which functions a lab shows in which several can be chosen, and with which alpha.

The alpha on the page belongs to the first function chosen that has one, to those whose alpha means the same, and to the
user's own formula; the others keep their defaults. So leaky ReLU and Swish can be compared: a slope of 0.01 for z < 0
would make no sense as Swish's beta.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.labs.shared import shortened
from labkit.nn.activation import Activation, Alpha
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.formula import ALPHA, parse

OWN = 6  # the style of the user's own formula; those chosen have 0 to 5


@dataclass(frozen=True)
class Chosen:
    """A function, its alpha (None where it has none), the number of its style."""

    row: Activation
    alpha: float | None
    style: int

    @property
    def label(self) -> str:
        """Its name, with alpha where it has one."""
        return self._with_alpha(shortened(self.row.label))

    @property
    def short_label(self) -> str:
        """The same where the formula stands beside it."""
        return self._with_alpha("your formula" if self.style == OWN else self.row.label)

    def _with_alpha(self, name: str) -> str:
        shape = self.row.alpha
        return name if shape is None or self.alpha is None else f"{name}, {shape.symbol} = {self.alpha:g}"


def leading_alpha(keys: tuple[str, ...]) -> Alpha:
    """The alpha that the page's control stands for: that of the first function that has one, else a formula's."""
    found = [row.alpha for row in (ACTIVATIONS[key] for key in keys) if row.alpha]
    return found[0] if found else ALPHA


def alpha_bounds(values: Mapping[str, Any]) -> tuple[float, float]:
    """Of the control."""
    alpha = leading_alpha(values["activations"])
    return float(alpha.low), float(alpha.high)


def alpha_start(values: Mapping[str, Any]) -> float:
    """Where it starts when others are chosen."""
    return leading_alpha(values["activations"]).default


def chosen(keys: tuple[str, ...], formula: str, alpha: float) -> tuple[Chosen, ...]:
    """The functions to show, in order, the user's own last."""
    leading = leading_alpha(keys).label
    found = []
    for style, row in enumerate(ACTIVATIONS[key] for key in keys):
        own = row.alpha is not None and row.alpha.label == leading
        found.append(Chosen(row, alpha if own else row.alpha.default if row.alpha else None, style))
    if formula:
        row = parse(formula)
        found.append(Chosen(row, alpha if row.alpha else None, OWN))
    return tuple(found)


def alpha_moves(keys: tuple[str, ...], formula: str) -> tuple[str, ...]:
    """The names of the functions that the alpha on the page moves."""
    leading = leading_alpha(keys).label
    names = [row.label for row in (ACTIVATIONS[key] for key in keys) if row.alpha and row.alpha.label == leading]
    return (*names, *(["your formula"] if formula and parse(formula).alpha else []))
