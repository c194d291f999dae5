"""The parts of a task as they stand in a file: each is checked, and what is wrong said with the key and the value."""

from collections.abc import Mapping
from itertools import combinations
from math import inf
from typing import Any

from labkit.labs.measures import MEASURES, READINGS
from labkit.labs.tasks import Option, Tolerance
from labkit.nn.checks import number_within

OPTIONS = 2, 6
"""The least and the most options of a task."""
_LENGTHS = {"name": 60, "question": 400, "why": 600, "text": 160}
_OPTION_KEYS = ("text", "from", "to", "is")
_PLACES = 1000


def answers(row: Mapping[str, Any]) -> tuple[tuple[Option, ...], Tolerance | None]:
    """Options or a tolerance, of which a task has one."""
    given = [key for key in ("options", "factor", "within") if key in row]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise ValueError(f"must have one of options, factor and within, got {found}")
    if given == ["options"]:
        return _options(row["options"]), None
    if given == ["factor"]:
        return (), Tolerance(factor=number("factor", row["factor"], 1.01, 1000.0))
    return (), Tolerance(within=number("within", row["within"], 1e-300, 1e300))


def _options(rows: Any) -> tuple[Option, ...]:
    least, most = OPTIONS
    if not isinstance(rows, list) or not least <= len(rows) <= most:
        raise ValueError(f"options must be a list of {least} to {most} tables, got {quoted(rows)}")
    found = tuple(_option(f"option {count}", row) for count, row in enumerate(rows, 1))
    for (i, a), (j, b) in combinations(enumerate(found, 1), 2):
        if a.text == b.text:
            raise ValueError(f"options {i} and {j} have the same text, {quoted(a.text)}")
        if a.holds(b.low) or b.holds(a.low):
            raise ValueError(f"options {i} and {j} overlap: both would be right for {max(a.low, b.low):g}")
    return found


def _option(where: str, row: Any) -> Option:
    if not isinstance(row, Mapping):
        raise ValueError(f"{where} must be a table such as {{text = 'it grows', from = 1}}, got {quoted(row)}")
    known(row, _OPTION_KEYS, where)
    text = worded("text", row.get("text"), where + ": ")
    if "is" in row and ("from" in row or "to" in row):
        raise ValueError(f"{where} has `is`, which goes without from and to")
    if not {"is", "from", "to"} & set(row):
        raise ValueError(f"{where} must say for which numbers it is right: from, to, or is")
    if "is" in row:
        value = number(f"{where}: is", row["is"], -1e300, 1e300)
        return Option(text, value, value)
    low, high = (number(f"{where}: {key}", row.get(key, end), -inf, inf) for key, end in (("from", -inf), ("to", inf)))
    if not low < high:
        raise ValueError(f"{where}: from must lie below to, got {low:g} and {high:g}")
    return Option(text, low, high)


def known(row: Mapping[str, Any], keys: tuple[str, ...], of: str) -> None:
    """ValueError for a key that there is none of."""
    for key in row:
        if key not in keys:
            raise ValueError(f"{of} has no key {quoted(key)}: there are {', '.join(keys)}")


def worded(key: str, value: Any, where: str = "") -> str:
    """A text in one line."""
    most = _LENGTHS[key]
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text or len(text) > most:
        raise ValueError(f"{where}{key} must be a text of 1 to {most} characters, got {quoted(value)}")
    return text


def one_of(key: str, value: Any) -> str:
    """The key of a lab, a measure or a reading."""
    from labkit.labs import LABS  # only now: the table imports every module beside it, this one too

    table: Mapping[str, Any] = {"lab": LABS, "measure": MEASURES, "reading": READINGS}[key]
    if not isinstance(value, str) or value not in table:
        raise ValueError(f"{key} must be one of {', '.join(table)}, got {quoted(value)}")
    return value


def number(key: str, value: Any, low: float, high: float) -> float:
    """A number within bounds, whole where both are; ValueError names the key."""
    try:
        return number_within(value, low, high)
    except ValueError as error:
        raise ValueError(f"{key} {quoted(error, 200, plain=True)}") from None


def place(key: str, value: Any) -> int:
    """A place, from 1 or from the last."""
    found = int(number(key, value, -_PLACES, _PLACES))
    if not found:
        raise ValueError(f"{key} counts from 1, or from the last with a minus, got 0")
    return found


def quoted(value: Any, most: int = 40, plain: bool = False) -> str:
    """A value as it is quoted in a message, not too long."""
    try:
        text = str(value) if plain else repr(value)
    except ValueError:  # a whole number of thousands of digits
        text = "a number too long to be written"
    return text if len(text) <= most else text[: most - 1] + "…"
