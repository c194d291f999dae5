"""Which settings a sweep has: every combination of some axes, or random draws from them; a setting by its number.

No list of the settings is ever made: setting 99 999 of 100 000 costs as much as the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from math import exp, isfinite, log, prod
from typing import Any

import numpy as np

from labkit.nn.checks import number_within
from labkit.nn.network import Network, check_field
from labkit.sweeps.training import Training

MOST = 10**7
FIELDS = tuple(each.name for each in fields(Network) if each.name != "initializer_options")
"""What an axis may be: a number or a key of labkit.Network."""
WHOLE = ("depth", "width", "batch", "seed")


@dataclass(frozen=True)
class Span:
    """Numbers from `low` to `high`, evenly or, where `log`, by their logarithm: what a random design draws.

    Where `whole`, k stands for what lies from k to k + 1.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        """ValueError says what does not fit."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ValueError(f"must go from a number to a larger one, got {self.low!r} and {self.high!r}")
        if self.log and self.low <= 0:
            raise ValueError(f"must begin above 0 on a logarithmic scale, got {self.low!r}")

    def at(self, share: float) -> float:
        """The number that lies so far between the ends, 0 <= share < 1."""
        low, high = self.low, self.high + self.whole  # a whole number is what is left of those up to the next
        found = exp(log(low) + share * (log(high) - log(low))) if self.log else low + share * (high - low)
        return min(int(found), int(self.high)) if self.whole else found


@dataclass(frozen=True)
class Design:
    """A sweep as data.

    `axes` maps fields of labkit.Network to their values, in the order in which they vary, the last the fastest; in a
    random design also to a Span. `fixed` are values for all settings. `settings` makes the design a random one of so
    many, drawn from the seed `draw`. With `training` each network is also trained.

    >>> design = Design({"std": (0.1, 0.2), "depth": (2, 4, 8)}, fixed={"width": 16})
    >>> len(design), design.setting(4)
    (6, {'width': 16, 'std': 0.2, 'depth': 4})
    """

    axes: Mapping[str, Sequence[Any] | Span] = field(hash=False)
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    training: Training | None = None
    settings: int | None = None
    draw: int = 0
    title: str = ""

    def __post_init__(self) -> None:
        """Check everything that can be known before anything is run; ValueError names the axis, the rule, the value."""
        if not self.axes:
            raise ValueError("axes must name at least one field of a network, got none")
        for name in (*self.axes, *self.fixed):
            if name not in FIELDS:
                raise ValueError(f"there is no axis {name!r}: there are {', '.join(FIELDS)}")
        for name in self.axes:
            if name in self.fixed:
                raise ValueError(f"{name} must be an axis or fixed, got both")
        object.__setattr__(self, "axes", {name: self._checked(name, values) for name, values in self.axes.items()})
        object.__setattr__(self, "fixed", {name: check_field(name, value) for name, value in self.fixed.items()})
        if self.settings is not None:
            object.__setattr__(self, "settings", _named("settings", self.settings, 1, MOST))
        object.__setattr__(self, "draw", _named("draw", self.draw, 0, 2**32 - 1))
        if len(self) > MOST:
            raise ValueError(f"a sweep may have {MOST} settings, got {len(self)}")
        norms = self.axes.get("batch_norm", (self.fixed.get("batch_norm", "none"),))
        if self.training is None and set(norms) != {"none"}:  # type: ignore[arg-type]
            raise ValueError("batch_norm must be 'none' without a training: what is measured before one has none")
        if self.training is not None:
            for key in self.axes.get("dataset", (self.fixed.get("dataset", "gaussian"),)):  # type: ignore[union-attr]
                self.training.check_dataset(key)

    def _checked(self, name: str, values: Any) -> tuple[Any, ...] | Span:
        if isinstance(values, Span):
            if self.settings is None:
                raise ValueError(f"{name} must be a list of values in a grid, got a span: only random designs draw")
            for end in (values.low, values.high):
                check_field(name, end)
            return Span(values.low, values.high, values.log, name in WHOLE)
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise ValueError(f"{name} must be a list of values, got {values!r}")
        found = tuple(check_field(name, value) for value in values)
        if len(set(found)) < len(found):
            twice = next(value for value in found if found.count(value) > 1)
            raise ValueError(f"{name} must name each value once, got {twice!r} twice")
        return found

    def __len__(self) -> int:
        """How many settings there are."""
        if self.settings is not None:
            return self.settings
        return prod(len(values) for values in self.axes.values() if not isinstance(values, Span))

    def setting(self, number: int) -> dict[str, Any]:
        """The values of setting `number`, counted from 0, as keywords of labkit.Network; IndexError beyond the last."""
        if not 0 <= number < len(self):
            raise IndexError(f"there are {len(self)} settings, got number {number}")
        return {**self.fixed, **(self._combined(number) if self.settings is None else self._drawn(number))}

    def _combined(self, number: int) -> dict[str, Any]:
        places = np.unravel_index(number, [len(values) for values in self.axes.values()])  # type: ignore[arg-type]
        return {name: values[int(i)] for (name, values), i in zip(self.axes.items(), places, strict=True)}  # type: ignore[index]

    def _drawn(self, number: int) -> dict[str, Any]:
        shares = np.random.default_rng([self.draw, number]).random(len(self.axes)).tolist()
        return {
            name: values.at(share) if isinstance(values, Span) else values[int(share * len(values))]
            for (name, values), share in zip(self.axes.items(), shares, strict=True)
        }

    def plain(self) -> dict[str, Any]:
        """The design in JSON's types: two designs are one sweep where these are equal. `of` makes it a design again."""
        axes = {name: asdict(each) if isinstance(each, Span) else list(each) for name, each in self.axes.items()}
        training = None if self.training is None else asdict(self.training)
        return {"axes": axes, "fixed": dict(self.fixed), "training": training, "settings": self.settings,
                "draw": self.draw, "title": self.title}  # fmt: skip

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Design":
        """The design of what `plain` gave."""
        axes = {name: Span(**each) if isinstance(each, Mapping) else each for name, each in plain["axes"].items()}
        training = None if plain["training"] is None else Training(**plain["training"])
        return cls(**{**plain, "axes": axes, "training": training})


def _named(name: str, value: Any, low: int, high: int) -> int:
    try:
        return int(number_within(value, low, high))
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
