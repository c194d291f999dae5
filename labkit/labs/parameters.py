"""Parameters: a lab's fields as data, one line each. The check, the widgets, the link and the export read them.

    @dataclass(frozen=True)
    class Waves(Parameters):
        size: Annotated[float, LogRange(0.1, 10, "size")] = 1.0
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, Self, get_args, get_origin, get_type_hints

from labkit.nn.checks import number_within


@dataclass(frozen=True)
class Control:
    """What every control has: a label, and how it depends on the other values.

    `more` puts it behind 'more'. `shown(parameters)` tells whether it has a meaning now; where it has none it leaves
    its place empty, or with `folds` gives it up to those below it. `given(parameters)` is the value that something
    else decides, which the control then only shows; None where the control decides. `note` says in a few words what
    the present value means. When a field named in `follows` changes, the control starts anew with `start(values)`,
    which is also its default where that is None.
    """

    label: str
    more: bool = False
    shown: Callable[[Any], bool] | None = None
    folds: bool = False
    given: Callable[[Any], float | None] | None = None
    note: Callable[[Any], str] | None = None
    follows: tuple[str, ...] = ()
    start: Callable[[Mapping[str, Any]], Any] | None = None

    def check(self, value: Any) -> Any:
        """`value` in the control's type; ValueError with the rule and the value (the caller names the field)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Range(Control):
    """A number between two bounds, whole where both are; `step` is the slider's.

    `bounds(values)` narrows them by the other values.
    """

    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    bounds: Callable[[Mapping[str, Any]], tuple[float, float]] | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def check(self, value: Any) -> float:
        """A finite number within the bounds."""
        return number_within(value, self.low, self.high)


@dataclass(frozen=True)
class LogRange(Control):
    """A number on a logarithmic scale from `low` to `high`; its box takes any value from `least` to `high`."""

    low: float = 1e-4
    high: float = 100.0
    least: float = 0.0

    def check(self, value: Any) -> float:
        """A finite number within the bounds."""
        return number_within(value, self.least, self.high)


@dataclass(frozen=True)
class Choice(Control):
    """One key of a table or of a mapping from keys to labels; `swept` makes it a slider over the rows."""

    table: Mapping[str, Any] = None  # type: ignore[assignment]
    swept: bool = False

    @property
    def options(self) -> dict[str, str]:
        """Label by key."""
        return {key: getattr(row, "label", row) for key, row in self.table.items()}

    def check(self, value: Any) -> str:
        """A key of the table."""
        if not isinstance(value, str) or value not in self.table:
            raise ValueError(f"must be one of {', '.join(self.table)}, got {value!r}")
        return value


@dataclass(frozen=True)
class Choices(Control):
    """Several keys of a table, from 1 to `most`, in the order of the table."""

    table: Mapping[str, Any] = None  # type: ignore[assignment]
    most: int = 6

    @property
    def options(self) -> dict[str, str]:
        """Label by key."""
        return {key: getattr(row, "label", row) for key, row in self.table.items()}

    def check(self, value: Any) -> tuple[str, ...]:
        """A tuple of keys."""
        keys = tuple(value) if isinstance(value, list | tuple) else (value,)
        for key in keys:
            if not isinstance(key, str) or key not in self.table:
                raise ValueError(f"must be among {', '.join(self.table)}, got {key!r}")
        if not 1 <= len(keys) <= self.most:
            raise ValueError(f"must be from 1 to {self.most} of the list, got {len(keys)}")
        return tuple(key for key in self.table if key in keys)


@dataclass(frozen=True)
class Text(Control):
    """A line of text of at most `most` characters; `parse(text)` raises ValueError where it cannot be read."""

    most: int = 200
    parse: Callable[[str], object] | None = None
    placeholder: str = ""

    def check(self, value: Any) -> str:
        """A text that `parse` can read; an empty one stands for none."""
        if not isinstance(value, str) or len(value) > self.most:
            raise ValueError(f"must be a text of at most {self.most} characters, got {str(value)[:20]!r}")
        if value.strip() and self.parse is not None:
            self.parse(value)
        return value.strip()


@dataclass(frozen=True)
class Switch(Control):
    """On or off."""

    def check(self, value: Any) -> bool:
        """A bool."""
        if not isinstance(value, bool):
            raise ValueError(f"must be on or off (True or False), got {value!r}")
        return value


class ParameterError(ValueError):
    """A value that a control refuses; `field` is the name of the field, or None where it is not a single one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        """Name the field that the message is about."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Parameters:
    """Base of a lab's parameters; every field is annotated with its control and checked when made."""

    def __post_init__(self) -> None:
        """Check each field by its control; ParameterError names the control, the rule and the value."""
        for name in sorted(self.controls(), key=self._starts):  # by values that have been checked
            control = self.controls()[name]
            if self._starts(name):
                assert control.start is not None
                object.__setattr__(self, name, control.start(self.values()))
            try:
                value = control.check(getattr(self, name))
            except ValueError as error:
                raise ParameterError(f"{control.label} {error}", name) from None
            object.__setattr__(self, name, value)
        for name, control in self.controls().items():
            if isinstance(control, Range) and control.bounds is not None:
                self._check_bounds(name, control, *control.bounds(self.values()))

    def _starts(self, name: str) -> bool:
        return self.controls()[name].start is not None and getattr(self, name) is None

    def _check_bounds(self, name: str, control: Control, low: float, high: float) -> None:
        try:
            number_within(getattr(self, name), low, high)
        except ValueError as error:
            raise ParameterError(f"{control.label} {error}", name) from None

    @classmethod
    def controls(cls) -> Mapping[str, Control]:
        """Control by field, in order."""
        return _controls(cls)  # type: ignore[arg-type]  # a class is hashable, whatever its instances are

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Parameters of these values, the defaults for the rest; ParameterError for a field that does not exist."""
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise ParameterError(f"there is no parameter {name!r}: there are {', '.join(sorted(known))}", name)
        return cls(**values)

    def values(self) -> dict[str, Any]:
        """Value by field, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@cache
def _controls(cls: type[Parameters]) -> Mapping[str, Control]:
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: _control(hints[field.name], field.name) for field in fields(cls)}


def _control(hint: Any, name: str) -> Control:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    found = [extra for extra in extras if isinstance(extra, Control)]
    if len(found) != 1:
        raise TypeError(f"the field {name} must be Annotated with one Control, got {hint!r}")
    return found[0]
