"""The labs as the server knows them: a key, a title, a question, an address."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LabPage:
    """One lab's page."""

    key: str
    title: str
    question: str

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

    pages = (LabPage(lab.key, lab.title, lab.question) for lab in LABS.values())
    return tuple(page for page in pages if (folder / page.notebook).is_file())
