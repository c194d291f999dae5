"""Tables as HTML: the twin of a picture for those who do not see it, a part of the numbers in few digits."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from labkit.figures.numbers import short
from labkit.figures.series import Series
from labkit.figures.tables import Table

MOST_ROWS, MOST_SERIES = 12, 8


def as_html(tables: Sequence[Table], most: int = MOST_ROWS) -> str:
    """The tables with at most so many rows, evenly picked; a sentence below says what is left out."""
    return "\n".join(part for table in tables for part in _parts(table, most))


def _parts(table: Table, most: int) -> Iterator[str]:
    """Series at the same places stand side by side."""
    for place, group in groupby(table.series, _place):
        series = list(group)
        if place == ("",):
            yield _numbers(table, series)
        else:
            yield _columns(table, series[:MOST_SERIES], most) + _left_out(series, most)


def _place(series: Series) -> tuple[str, ...] | bytes:
    return series.places or series.x.tobytes()


def _numbers(table: Table, series: Sequence[Series]) -> str:
    body = "".join(_row(each.name, [each.y[0]]) for each in series)
    return f"<table>{_caption(table.title)}<tbody>{body}</tbody></table>"


def _columns(table: Table, series: Sequence[Series], most: int) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in (table.x or "x", *(s.name for s in series)))
    body = "".join(_row(_at(series[0], i), [s.y[i] for s in series]) for i in _picked(len(series[0].y), most))
    caption = _caption(f"{table.title}: {table.y}" if table.y and table.y != table.title else table.title)
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _caption(title: str) -> str:
    return f"<caption>{escape(title)}</caption>"


def _row(head: str, values: Sequence[float]) -> str:
    cells = "".join(f"<td>{escape(short(float(value)))}</td>" for value in values)
    return f'<tr><th scope="row">{escape(head)}</th>{cells}</tr>'


def _at(series: Series, i: int) -> str:
    if series.bins:
        return f"{short(float(series.x[i]))} to {short(float(series.x[i + 1]))}"
    return series.places[i] if series.places else short(float(series.x[i]), 6)


def _picked(count: int, most: int) -> list[int]:
    """The first, the last, and those evenly between."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / max(most - 1, 1)) for i in range(most)})


def _left_out(series: Sequence[Series], most: int) -> str:
    """What is not shown, in a sentence; nothing where all is."""
    count, columns = len(series[0].y), len(series)
    said = [f"{count - most} of {count} rows"] if count > most else []
    said += [f"{columns - MOST_SERIES} of {columns} series"] if columns > MOST_SERIES else []
    return f"<p>{' and '.join(said)} are left out here; the CSV has all.</p>" if said else ""
