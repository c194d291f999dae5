"""The controls that several labs have, each in one line there.

    activation: ActivationKey = "tanh"
    alpha: AlphaValue = ROWS_OWN
    formula: OwnFormula = ""

A lab that has `formula` lets it count in place of the activation; `alpha` belongs to whichever of them counts.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from labkit.labs.parameters import Choice, Parameters, Range, Text
from labkit.nn.activation import Activation, Alpha
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.formula import PREFIX, FormulaError, parse
from labkit.nn.initializers import INITIALIZERS, Initializer, OptionValue
from labkit.nn.lookup import activation
from labkit.nn.network import LIMITS

ROWS_OWN: Any = None
"""The default of an alpha: the row's own."""


def key_of(values: Mapping[str, Any]) -> str:
    """The key of the activation that the values stand for: the user's own formula, or a row of the table."""
    formula = values.get("formula", "").strip()
    return PREFIX + formula if formula else str(values["activation"])


def row_of(values: Mapping[str, Any]) -> Activation:
    """The activation that the values stand for."""
    return activation(key_of(values))


def read(text: str) -> Activation:
    """The row of a formula; ValueError, in words that follow its label, when it is none."""
    try:
        return parse(text)
    except FormulaError as error:
        raise ValueError(f"cannot be read: {str(error).removeprefix('formula, ')}") from None


def given_std(row: Initializer, fan_in: int, fan_out: int, **options: OptionValue) -> float | None:
    """The std that an initializer gives where it takes none, in digits that a box can show."""
    return None if "std" in row.options else float(f"{row.std(fan_in, fan_out, **options):.4g}")


def square_std(p: Any) -> float | None:
    """The same in a square layer of a lab's parameters."""
    return given_std(INITIALIZERS[p.initializer], p.width, p.width)


def _alpha(values: Mapping[str, Any]) -> Alpha:
    return row_of(values).alpha or Alpha("", 0.0)


def _has_alpha(p: Parameters) -> bool:
    return row_of(p.values()).alpha is not None


def _in_force(p: Any) -> str:
    return f"not used: your own f(x) is, {p.formula}" if p.formula else ""


ALPHA = Range(
    "alpha",
    high=10.0,
    shown=_has_alpha,
    note=lambda p: _alpha(p.values()).note,
    bounds=lambda values: (_alpha(values).low, _alpha(values).high),
    start=lambda values: _alpha(values).default,
    follows=("activation", "formula"),
)
FORMULA = Text("your own f(x)", more=True, parse=read, placeholder="x * tanh(softplus(x))")

ActivationKey = Annotated[str, Choice("activation", table=ACTIVATIONS, swept=True, note=_in_force)]
AlphaValue = Annotated[float, ALPHA]
OwnFormula = Annotated[str, FORMULA]
InitializerKey = Annotated[str, Choice("initializer", table=INITIALIZERS)]
Seed = Annotated[int, Range("seed", more=True, low=0, high=int(LIMITS["seed"][1]), step=1)]
