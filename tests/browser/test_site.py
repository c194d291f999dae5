"""The static site in a browser: its kernel boots from the site alone, labkit is there, widgets answer.

numpy for a browser comes from Pyodide's own address, which has to be reached: with LABKIT_SITE_ONLINE=1 in the
environment every lab is opened and moved as well. Without it Pyodide's core, from npm, and the pure packages that its
kernel needs, from the package index, make a distribution without numpy.
"""

import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION
from playwright.sync_api import Page, expect

from labkit import __version__
from labkit.labs import LABS
from labkit.labs.lab import Lab
from labkit.server import site as building
from labkit.server import site_pages

from .conftest import PATIENCE

pytestmark = pytest.mark.browser
ONLINE = os.environ.get("LABKIT_SITE_ONLINE") == "1"
NEEDED = ("micropip", "ipython", "jedi")
"""What the kernel loads from Pyodide's distribution before it answers."""


@pytest.fixture(scope="module")
def pyodide(pytestconfig: pytest.Config) -> Path:
    """Pyodide's core with what is pure of its kernel's needs, fetched once and kept in pytest's cache."""
    npm = shutil.which("npm")
    if npm is None:
        reason = "Pyodide's core comes from npm, which is not on the PATH"
        pytest.fail(reason) if os.environ.get("LABKIT_BROWSER") == "required" else pytest.skip(reason)
    assert pytestconfig.cache is not None
    kept = Path(pytestconfig.cache.mkdir("pyodide")) / PYODIDE_VERSION
    if not kept.is_dir():
        begun = kept.with_suffix(".begun")
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir()
        subprocess.run([npm, "pack", "-s", f"pyodide@{PYODIDE_VERSION}"], cwd=begun, check=True)
        shutil.unpack_archive(next(begun.glob("*.tgz")), begun)
        _add_pure(begun / "package")
        (begun / "package").rename(kept)
        shutil.rmtree(begun)
    return kept


def _add_pure(folder: Path) -> None:
    """Pure packages of the versions that the lock names, as the package index has them."""
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    packages, left, found = lock["packages"], list(NEEDED), set()
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name not in found:
            found.add(name)
            left += packages[name]["depends"]
    wanted = [f"{packages[name]['name']}=={packages[name]['version']}" for name in found]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--python-version", lock["info"]["python"],
           "--only-binary=:all:", "-d", str(folder)]  # fmt: skip
    subprocess.run([*pip, *wanted], check=True)
    for name in found:
        (wheel,) = [each for each in folder.glob("*.whl")
                    if re.sub(r"[-_.]+", "-", each.name.split("-")[0]).lower() == name]  # fmt: skip
        packages[name] |= {"file_name": wheel.name, "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        return None


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A plain web server, as anybody has one."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def run_all(page: Page, address: str, notebook: str) -> None:
    page.goto(f"{address}lab/index.html?path={notebook}")
    page.locator(".jp-NotebookPanel").wait_for(timeout=PATIENCE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


CELLS = (
    "import sys\nprint(sys.platform)",
    "import labkit\nfrom labkit.nn.checks import number_within\nprint(labkit.__version__, number_within(3, 1, 5))",
    "import ipywidgets\nslider, said = ipywidgets.IntSlider(value=3, description='depth'), ipywidgets.Label()\n"
    "slider.observe(lambda change: setattr(said, 'value', f'moved to {change.new}'), 'value')\n"
    "ipywidgets.VBox([slider, said])",
)


@pytest.fixture(scope="module")
def core_site(pyodide: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with that Pyodide and a notebook that asks for no numpy."""
    folder = tmp_path_factory.mktemp("core")
    (folder / "notebooks").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    nbformat.write(notebook, folder / "notebooks" / "probe.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_pages, "notebooks_folder", lambda: folder / "notebooks")
        packages = '["labkit-deepnets", "ipywidgets", "jupyterlab_widgets", "comm"], deps=False'
        patch.setattr(site_pages, "PACKAGES", packages)
        building.build(folder / "site", str(pyodide))
    with serving(folder / "site") as address:
        yield address


def test_the_kernel_boots_labkit_is_there_and_widgets_answer(core_site: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    run_all(page, core_site, "probe.ipynb")
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs.filter(has_text="emscripten")).to_be_visible(timeout=2 * PATIENCE)
    expect(outputs.filter(has_text=f"{__version__} 3")).to_be_visible(timeout=PATIENCE)
    handle = page.locator(".noUi-handle")
    handle.wait_for(timeout=PATIENCE)
    handle.press("ArrowRight")
    expect(outputs.get_by_text("moved to 4")).to_be_visible()
    handle.press("ArrowRight")
    expect(outputs.get_by_text("moved to 5")).to_be_visible()
    assert [url for url in asked if not url.startswith((core_site, "blob:", "data:"))] == []


def test_the_front_page_leads_to_a_lab(tmp_path: Path, page: Page) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "index.html").write_text("the lab's own page")
    site_pages.write_front_page(tmp_path, "pyodide.mjs")
    with serving(tmp_path) as address:
        page.goto(address)
        expect(page.locator("img").first).to_be_visible()
        page.get_by_role("link", name=LABS["softmax"].title).click()
        expect(page).to_have_url(f"{address}lab/index.html?path=softmax.ipynb")


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site as `labkit site --output DIR` builds it."""
    folder = tmp_path_factory.mktemp("whole") / "site"
    building.build(folder)
    with serving(folder) as address:
        yield address


@pytest.mark.skipif(not ONLINE, reason="fetches Pyodide from jsdelivr.net: asked for with LABKIT_SITE_ONLINE=1")
@pytest.mark.parametrize("lab", LABS.values(), ids=lambda lab: lab.key)
def test_every_lab_draws_and_follows_its_controls(lab: Lab, whole_site: str, page: Page) -> None:
    run_all(page, whole_site, f"{lab.key}.ipynb")
    picture, caption = page.locator("img.labkit-picture"), page.locator(".labkit-caption")
    picture.wait_for(timeout=5 * PATIENCE)
    words = lab.explain(lab.compute(lab.parameters())).split("Measured here")[0].strip()
    expect(caption).to_contain_text(words, timeout=PATIENCE)
    before = picture.get_attribute("src") or ""
    if lab.motion is not None:
        page.get_by_role("button", name="play or pause").or_(page.locator(".widget-play button")).first.click()
    else:
        page.locator(".labkit-control .noUi-handle").first.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before, timeout=2 * PATIENCE)
    expect(page.locator(".labkit-message")).to_have_text("")
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
