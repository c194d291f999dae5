"""The labs as the server knows them: a key, a title, a question, an address; what the front page says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("labkit.server", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
"""The pages around the labs."""


@dataclass(frozen=True)
class LabPage:
    """One lab's page; `scenes` are the names of its presets."""

    key: str
    title: str
    question: str
    summary: str = ""
    scenes: tuple[str, ...] = ()

    @property
    def thumbnail(self) -> Path:
        """The file of the lab's small picture, which need not exist."""
        from labkit.labs.contents import thumbnail_file  # only now: it loads Matplotlib

        return thumbnail_file(self.key)

    @property
    def thumbnail_path(self) -> str:
        """Its address, relative to the front page; empty where there is no picture."""
        return f"thumbnails/{self.key}.png" if self.thumbnail.is_file() else ""

    @property
    def words(self) -> str:
        """What a search on the front page looks through, in small letters."""
        return " ".join((self.title, self.question, self.summary, *self.scenes)).lower()

    @property
    def notebook(self) -> str:
        """The file name of the lab's notebook."""
        return f"{self.key}.ipynb"

    @property
    def path(self) -> str:
        """The page's address, relative to the front page, so that a prefix in front of both does no harm."""
        return f"voila/render/{self.notebook}"


def lab_pages(folder: Path) -> tuple[LabPage, ...]:
    """The labs that have a notebook in `folder`, in the order of the table of labs.

    What else lies in the folder is not served.
    """
    from labkit.labs import LABS

    pages = (
        LabPage(lab.key, lab.title, lab.question, lab.summary, tuple(preset.name for preset in lab.presets))
        for lab in LABS.values()
    )
    return tuple(page for page in pages if (folder / page.notebook).is_file())


def first_notebook(folder: Path, pages: Sequence[LabPage]) -> str:
    """What JupyterLab opens first: the list of labs where it lies in `folder`, or else the first lab."""
    from labkit.labs.contents import INDEX

    return INDEX if (folder / INDEX).is_file() else pages[0].notebook
