"""What a site without a server shows: its notebooks, which fetch labkit first, and the list of the labs."""

import shutil
from pathlib import Path

import nbformat

from labkit.server.notebooks import notebooks_folder
from labkit.server.pages import TEMPLATES, LabPage, lab_pages

START = """import sys

if sys.platform == "emscripten":  # in a browser: labkit comes with the site
    import piplite

    await piplite.install({packages})

"""
"""Before what a notebook runs first; in a copy that is opened elsewhere it does nothing."""
PACKAGES = '"labkit-deepnets"'
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
"""The kernel in the browser, as it names itself: of another name, JupyterLite asks which is meant."""


class SitePage(LabPage):
    """A lab of the site, whose page is its notebook."""

    @property
    def path(self) -> str:
        """The notebook's address, relative to the front page."""
        return f"lab/index.html?path={self.notebook}"


def write_notebooks(folder: Path) -> None:
    """Copy every notebook to the new `folder`; the first cell of code of each fetches labkit from the site."""
    folder.mkdir(parents=True)
    for notebook in notebooks_folder().glob("*.ipynb"):
        content = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
        first = next(cell for cell in content.cells if cell.cell_type == "code")
        first.source = START.format(packages=PACKAGES) + first.source
        content.metadata["kernelspec"] = KERNEL
        nbformat.write(content, folder / notebook.name)  # type: ignore[no-untyped-call]


def write_front_page(site: Path, python: str) -> None:
    """The list of the labs at the site's own address, with their pictures; `python` is where browsers find Pyodide."""
    pages = [SitePage(**vars(page)) for page in lab_pages(notebooks_folder())]
    for page in pages:
        if page.thumbnail_path:
            (site / page.thumbnail_path).parent.mkdir(exist_ok=True)
            shutil.copyfile(page.thumbnail, site / page.thumbnail_path)
    if (site / "lab" / "favicon.ico").is_file():
        shutil.copyfile(site / "lab" / "favicon.ico", site / "favicon.ico")  # which browsers ask for first of all
    html = TEMPLATES.get_template("site.html").render(pages=pages, python=python)
    (site / "index.html").write_text(html, encoding="utf-8")
