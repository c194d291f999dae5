"""The labs as a list in Markdown."""

from collections.abc import Iterable

from labkit.labs.lab import Lab


def contents(labs: Iterable[Lab]) -> str:
    """One entry a lab: its title as a link to its notebook in the same folder, its question, what one sees there."""
    entries = (
        "  \n".join(filter(None, (f"**[{lab.title}]({lab.key}.ipynb)**", lab.question, lab.summary))) for lab in labs
    )
    return "\n\n".join(entries)
