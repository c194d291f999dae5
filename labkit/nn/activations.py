"""The table of activation functions. The rows stand by family in `sigmoids`, `rectifiers` and `gates`."""

from collections.abc import Mapping

from labkit.nn import gates, rectifiers, sigmoids
from labkit.nn.activation import Activation as Activation
from labkit.nn.activation import Alpha as Alpha
from labkit.nn.activation import Array as Array


def _table(*rows: Activation) -> dict[str, Activation]:
    return {row.key: row for row in rows}


ACTIVATIONS: Mapping[str, Activation] = _table(*sigmoids.ROWS[:3], *rectifiers.ROWS, *gates.ROWS, *sigmoids.ROWS[3:])
