"""The one way from an activation's name to its row."""

from labkit.nn.activation import Activation
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.formula import PREFIX, parse


def activation(key: str) -> Activation:
    """The row of ACTIVATIONS with this key, or that of "formula: ..."; ValueError when there is none.

    >>> activation("formula: max(0, x)").formula
    '\\\\max(0, z)'
    """
    if isinstance(key, str) and key in ACTIVATIONS:
        return ACTIVATIONS[key]
    if isinstance(key, str) and key.startswith(PREFIX):
        return parse(key.removeprefix(PREFIX).strip(" "))
    raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {key!r}")
