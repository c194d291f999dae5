"""The ways between the labs' notebooks, which lie in one folder: the list of all labs, and each lab's next.

In HTML with the style on each element: JupyterLab opens such links as documents, and a notebook has no style sheet.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Protocol, TypeVar

from labkit.labs.lab import Lab

INDEX = "index.ipynb"
"""The notebook with the list of all labs."""
THUMBNAILS = Path(__file__).parent / "thumbnails"
"""Small pictures of the labs, made by `python -m labkit.server.thumbnails`."""

# Dark on white in a dark theme as well: the pictures are white.
_GRID = (
    "display: grid; grid-template-columns: repeat(auto-fill, minmax(min(250px, 100%), 1fr)); gap: 16px; margin: 8px 0; "
    "font-family: var(--jp-content-font-family, system-ui, sans-serif);"
)
_CARD = "border: 1px solid #d9d9d9; border-radius: 8px; overflow: hidden; background: #fff; color: #1b1b1b;"
_PICTURE = "display: block; width: 100%; height: auto; margin: 0; padding: 8px 8px 4px; box-sizing: border-box;"
_TITLE = "font-size: 18px; line-height: 1.3; font-weight: 650; color: #0072b2;"
_QUESTION = "margin: 2px 0 6px; font-size: 15px; line-height: 1.35;"
_SUMMARY = "margin: 0; font-size: 14px; line-height: 1.4; color: #595959;"
_LINE = "display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 24px; font-size: 14px;"


class Keyed(Protocol):
    """A lab, or what stands for one."""

    @property
    def key(self) -> str:
        """The lab's name in addresses and file names."""


T = TypeVar("T", bound=Keyed)


def following(labs: Iterable[T]) -> dict[str, T]:
    """By key the lab to go to next; the last has none."""
    return {lab.key: after for lab, after in pairwise(labs)}


def thumbnail_file(key: str) -> Path:
    """The file of a lab's small picture, which need not exist."""
    return THUMBNAILS / f"{key}.png"


def contents(labs: Iterable[Lab]) -> str:
    """A card a lab: its picture, its title as a link to its notebook, its question, what one sees there."""
    return f'<div style="{_GRID}">{"".join(_card(lab) for lab in labs)}</div>'


def ways(key: str, labs: Mapping[str, Lab]) -> str:
    """The line above a lab: a link to the list of all, and one to the next lab where there is one."""
    links = [f'<a href="{INDEX}">All labs</a>']
    if after := following(labs.values()).get(key):
        links.append(f'<a href="{_notebook(after)}">Next: {escape(after.title)} <span aria-hidden="true">→</span></a>')
    return f'<nav aria-label="labs" style="{_LINE}">{"".join(links)}</nav>'


def _card(lab: Lab) -> str:
    title = f'<a href="{_notebook(lab)}" style="{_TITLE}">{escape(lab.title)}</a>'
    words = f'<p style="{_QUESTION}">{escape(lab.question)}</p><p style="{_SUMMARY}">{escape(lab.summary)}</p>'
    return f'<div style="{_CARD}">{_picture(lab)}<div style="padding: 10px 14px 14px;">{title}{words}</div></div>'


def _picture(lab: Lab) -> str:
    """Within the text: a notebook that is sent to someone keeps its pictures. Nothing where there is no file."""
    file = thumbnail_file(lab.key)
    if not file.is_file():
        return ""
    data = b64encode(file.read_bytes()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="" style="{_PICTURE}">'


def _notebook(lab: Lab) -> str:
    return escape(f"{lab.key}.ipynb")
