"""What a page shows, as files: picture, numbers, state."""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any

from matplotlib.figure import Figure

from labkit.figures.tables import tables
from labkit.labs.lab import Lab
from labkit.labs.link import VERSION, State, query


def numbers(figure: Figure) -> str:
    """Every number of the picture as CSV, to its last bit: panel, series, what runs along x, its value, the value.

    Of a histogram there are the two edges of each bin, and the share between them.
    """
    text = StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(["panel", "series", "x_name", "x", "x_to", "value"])
    for table in tables(figure):
        for series in table.series:
            ends = series.x[1:] if series.bins else [None] * len(series.y)
            for start, end, value in zip(series.x, ends, series.y, strict=False):
                write.writerow([table.title, series.name, table.x, float(start), _number(end), float(value)])
    return text.getvalue()


def _number(value: Any) -> Any:
    return "" if value is None else float(value)


def state_file(lab: Lab, state: State, version: str) -> str:
    """The state as JSON: every value, and the link that opens it."""
    found: Mapping[str, Any] = {
        "lab": lab.key,
        "labkit": version,
        "version": VERSION,
        "values": state.parameters.values(),
        "pins": [pin.values() for pin in state.pins],
        "steps": state.steps,
        "link": f"{lab.key}.ipynb?{query(state)}",
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
