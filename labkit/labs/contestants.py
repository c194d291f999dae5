"""The controls of up to six contestants: pairs of activation and initializer, of which one at a time is on the page."""

from collections.abc import Callable, Mapping
from typing import Any

from labkit.figures.numbers import short
from labkit.labs.parameters import Choice, Control, LogRange, Range
from labkit.nn.activation import Activation, Alpha
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network

MOST = 6


def _row(values: Mapping[str, Any], place: int) -> Activation:
    return ACTIVATIONS[values[f"activation_{place}"]]


def _alpha(values: Mapping[str, Any], place: int) -> Alpha:
    return _row(values, place).alpha or Alpha("", 0.0)


def takes_std(initializer: str) -> bool:
    """Whether an initializer takes a std."""
    return "std" in INITIALIZERS[initializer].options


def _seen(place: int, also: Callable[[Any], bool] = lambda p: True) -> Callable[[Any], bool]:
    return lambda p: p.chosen == place and also(p)


def activation_of(place: int) -> Control:
    """The activation of a contestant."""
    return Choice(f"activation {place}", table=ACTIVATIONS, shown=_seen(place), folds=True)


def initializer_of(place: int) -> Control:
    """The initializer of a contestant."""
    return Choice(f"initializer {place}", table=INITIALIZERS, shown=_seen(place), folds=True)


def std_of(place: int) -> Control:
    """The std of a contestant's weights, where its initializer takes one."""
    shown = _seen(place, lambda p: takes_std(getattr(p, f"initializer_{place}")))
    return LogRange(f"init std {place}", shown=shown, folds=True, low=1e-4, high=10.0)


def alpha_of(place: int) -> Control:
    """The alpha of a contestant's activation, where it has one."""
    return Range(
        f"alpha {place}",
        high=10.0,
        shown=_seen(place, lambda p: _row(p.values(), place).alpha is not None),
        folds=True,
        note=lambda p: _alpha(p.values(), place).note,
        bounds=lambda values: (_alpha(values, place).low, _alpha(values, place).high),
        start=lambda values: _alpha(values, place).default,
        follows=(f"activation_{place}",),
    )


def network_of(p: Any, place: int, **fields: Any) -> Network:
    """The network of a contestant, with these fields besides."""
    return Network(
        activation=getattr(p, f"activation_{place}"), initializer=getattr(p, f"initializer_{place}"),
        std=getattr(p, f"std_{place}"), alpha=getattr(p, f"alpha_{place}"), **fields,
    )  # fmt: skip


def name_of(net: Network) -> str:
    """A contestant in a few words: activation, alpha and how its weights are drawn."""
    row = net.initializer_row
    drawn = f"{row.label.split(' (')[0]}, std {short(net.std)}" if takes_std(net.initializer) else row.label
    return f"{net.activation_row.named(net.alpha)}, {drawn}"


def race(*pairs: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The values of a scene: a mapping for each contestant, from activation, initializer, std and alpha."""
    found = {f"{name}_{place}": value for place, pair in enumerate(pairs, 1) for name, value in pair.items()}
    return {"contestants": len(pairs), **found, **values}
