"""What a page shows, as files: picture, numbers, state."""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any

from matplotlib.figure import Figure

from labkit.figures.tables import rows, tables
from labkit.labs.lab import Lab
from labkit.labs.link import VERSION, State, query


def numbers(figure: Figure) -> str:
    """Every number of the picture as CSV, to its last bit."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows(tables(figure)))
    return text.getvalue()


def state_file(lab: Lab, state: State, version: str) -> str:
    """The state as JSON: every value, and the link that opens it."""
    found: Mapping[str, Any] = {
        "lab": lab.key,
        "labkit": version,
        "version": VERSION,
        "values": state.parameters.values(),
        "steps": state.steps,
        "pins": [{"values": pin.parameters.values(), "steps": pin.steps} for pin in state.pins],
        "hidden": state.hidden,
        "projector": state.projector,
        "link": f"{lab.key}.ipynb?{query(state)}",
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
