"""The controls that several labs have, each in one line there.

    activation: ActivationKey = "tanh"
    alpha: AlphaValue = ROWS_OWN
    formula: OwnFormula = ""

A lab that has `formula` lets it count in place of the activation; `alpha` belongs to whichever of them counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.layer_curves import Theory
from labkit.labs.parameters import Choice, LogRange, Parameters, Range, Text
from labkit.nn.activation import Activation, Alpha
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.formula import PREFIX, FormulaError, parse
from labkit.nn.initializers import INITIALIZERS, Initializer, OptionValue
from labkit.nn.lookup import activation
from labkit.nn.network import LIMITS
from labkit.nn.prediction import Band

Array = NDArray[np.float64]

_LONGEST = 34
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


def weights_std(p: Any) -> float:
    """The weights' standard deviation in a square layer, whoever decides it: less than asked for where it is cut."""
    row = INITIALIZERS[p.initializer]
    return row.std(p.width, p.width, **({"std": p.std} if "std" in row.options else {}))


def cut(p: Any) -> str:
    """What is left of a std that the initializer does not keep, in words that something may follow; else empty."""
    if square_std(p) is not None or abs(weights_std(p) - p.std) <= 1e-3 * p.std:
        return ""
    return f"{weights_std(p):.3g} after the cut"


def shortened(name: str) -> str:
    """The name of a function, which may be a long formula, where there is little room."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def sentences(parts: Sequence[str]) -> str:
    """One text; the first letter stays as it is, since it may be that of a name."""
    return ". ".join((parts[0], *(part[0].upper() + part[1:] for part in parts[1:]))) + "."


def drawn(line: Array | None, band: Band | None) -> Theory | None:
    """A curve of theory with its band, where there is one."""
    if line is None:
        return None
    none = np.full_like(line, np.nan)
    return Theory(line, band.low, band.high) if band is not None else Theory(line, none, none)


def _alpha(values: Mapping[str, Any]) -> Alpha:
    return row_of(values).alpha or Alpha("", 0.0)


def _has_alpha(p: Parameters) -> bool:
    return row_of(p.values()).alpha is not None


def _in_force(p: Any) -> str:
    return f"not used: your own f(x) is, {p.formula}" if p.formula else ""


def learning_rate(by_optimizer: Mapping[str, float]) -> LogRange:
    """The learning rate of a lab that has an `optimizer`: each begins with the rate that suits it there."""
    return replace(
        RATE, more=True, follows=("optimizer",), start=lambda values: by_optimizer.get(values["optimizer"], 0.01)
    )


RATE = LogRange("learning rate", low=1e-4, high=10.0)
_ALPHAS = [row.alpha for row in ACTIVATIONS.values() if row.alpha is not None]
ALPHA = Range(
    "alpha",
    low=min(alpha.low for alpha in _ALPHAS),
    high=max(alpha.high for alpha in _ALPHAS),
    shown=_has_alpha,
    note=lambda p: _alpha(p.values()).note,
    bounds=lambda values: (_alpha(values).low, _alpha(values).high),
    start=lambda values: _alpha(values).default,
    follows=("activation", "formula"),
)
ACTIVATION = Choice("activation", table=ACTIVATIONS, swept=True, note=_in_force)
FORMULA = Text("your own f(x)", more=True, parse=read, placeholder="x * tanh(softplus(x))")

ActivationKey = Annotated[str, ACTIVATION]
AlphaValue = Annotated[float, ALPHA]
OwnFormula = Annotated[str, FORMULA]
LearningRate = Annotated[float, RATE]
InitializerKey = Annotated[str, Choice("initializer", table=INITIALIZERS)]
Seed = Annotated[int, Range("seed", more=True, low=0, high=int(LIMITS["seed"][1]), step=1)]
