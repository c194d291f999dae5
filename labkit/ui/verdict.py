"""The line under the picture that says what is wrong, why, and what to do about it."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from labkit.labs.verdict import Judged, judged, remedy_values
from labkit.nn.verdicts import THRESHOLDS
from labkit.ui.parts import button, html, put, row, words

_SIGNS = {"healthy": "✓", "mixed": "?"}
_MOST = 6  # networks of which something is said


class VerdictLine:
    """The verdict, and a button that does what helps; `do(values)` sets them."""

    def __init__(self, do: Callable[[Mapping[str, Any]], None]) -> None:
        """Nothing is said."""
        self._values: Mapping[str, Any] = {}
        self._said = html("", "verdict")
        self._button = button("", lambda: do(self._values))
        self._button.layout.display = "none"
        self.widget = row((self._said, self._button), "verdicts")

    def say(self, parameters: Any, result: Any) -> None:
        """Judge a result."""
        found = judged(parameters, result)[:_MOST]
        said = " ".join(_words(each, brief=len(found) > 1) for each in found)
        put(self._said, f"<p>{said}</p>" if said else "")
        self._offer(parameters, found)

    def _offer(self, parameters: Any, found: Sequence[Judged]) -> None:
        """The button, for the first network that a control here can help."""
        helps = ((each, values) for each in found if (values := remedy_values(parameters, each)))
        each, values = next(helps, (None, {}))
        self._values = values
        put(self._button.layout, "" if values else "none", "display")
        if each is not None and each.diagnosis.remedy is not None:
            number = f"{each.number}: " if each.number else ""
            put(self._button, f"→ {number}{each.diagnosis.remedy.label}", "description")


def _words(found: Judged, brief: bool) -> str:
    """One network's verdict; where there are several, the deciding number alone."""
    each = found.diagnosis
    number = f"{found.number}: " if found.number else ""
    step = "" if found.step is None else f" after step {found.step}" if found.step else " before training"
    word = f"{_SIGNS.get(each.verdict, '⚠')} {number}{each.row.label}{step}"
    why = each.evidence.split(";")[0] if brief else f"{each.evidence}; {each.cause}"
    name = f'<strong class="labkit-{each.verdict}" title="{escape(each.row.meaning)}">{escape(word)}:</strong>'
    return f"{name} {words(why)}."


def thresholds() -> str:
    """What the verdicts are held against, as a table."""
    rows = "".join(
        f'<tr><th scope="row">{escape(row.label)}</th><td>{row.value:g}</td><td>{escape(row.why)}</td></tr>'
        for row in THRESHOLDS.values()
    )
    head = '<tr><th scope="col">what is measured</th><th scope="col">from</th><th scope="col">why</th></tr>'
    return f"<table><caption>What a verdict is held against</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
