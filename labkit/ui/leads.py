"""The ways from what a page shows to other labs: links in a dashboard; in a notebook, buttons that open them below."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import Any

from labkit.labs import LABS
from labkit.labs.lab import Lead
from labkit.labs.link import State, query
from labkit.ui.parts import button, column, html, put, row
from labkit.ui.ways import in_dashboard


class Leads:
    """A line of ways; `leads(result)` says which, `open_below(key, link)` makes the widget of another lab."""

    def __init__(self, leads: Callable[[Any], Sequence[Lead]], open_below: Callable[[str, str], Any]) -> None:
        """No way leads anywhere yet."""
        self._of, self._open = leads, open_below
        self._leads: Sequence[Lead] = ()
        self._said = html("", "lead")
        self._buttons = row((), "tools")
        self._below = column(())
        self.widget = column((self._said, self._buttons, self._below))

    def say(self, result: Any) -> None:
        """Show where one can go from a result; a lab that cannot show its values is left out."""
        found = [(lead, link) for lead in self._of(result) if (link := link_of(lead)) is not None]
        if in_dashboard():
            links = " · ".join(f'<a href="{lead.key}.ipynb?{escape(link)}">{_words(lead)}</a>' for lead, link in found)
            put(self._said, f"<p>Open this point: {links}</p>" if links else "")
        elif [lead for lead, _ in found] != list(self._leads):
            self._buttons.children = [button(_words(lead), partial(self._show, lead)) for lead, _ in found]
        self._leads = [lead for lead, _ in found]

    def _show(self, lead: Lead) -> None:
        self._below.children = (self._open(lead.key, link_of(lead) or ""),)


def link_of(lead: Lead) -> str | None:
    """The query that opens it; None where the lab refuses the values."""
    try:
        return query(State(LABS[lead.key].parameters.of(lead.values)))
    except ValueError:
        return None


def _words(lead: Lead) -> str:
    return f"{escape(LABS[lead.key].title)} →"
