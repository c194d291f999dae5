"""The static site: built without a network, whole, of matching parts, and never in the place of something else."""

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from html import unescape
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION
from packaging.requirements import Requirement

from labkit.labs import LABS
from labkit.server import site as building
from labkit.server.errors import CommandError
from labkit.server.site import EXTENSIONS, LOCK, MARK, build, lacking
from labkit.server.site_pages import PACKAGES, START
from labkit.server.wheels import BROWSER, is_pure, needed

ROOT = Path(__file__).parents[2]
ALONE = """
import socket
connect = socket.socket.connect
def guarded(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
        raise OSError(f"no network here: {address}")
    return connect(self, address)
socket.socket.connect = guarded
socket.getaddrinfo = lambda host, *_, **__: (_ for _ in ()).throw(OSError(f"no network here: {host}"))
"""
ABROAD = {"voila", "jupyterlab", "jupyter-server", "ipykernel", "psutil", "isal", "distributed", "pyarrow"}
"""What a browser cannot have."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose Python reaches nobody else, nor do the processes that it starts."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "sitecustomize.py").write_text(ALONE)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


@pytest.fixture(scope="module")
def site(alone: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "labs"
    command = [sys.executable, "-m", "labkit.server.cli", "site", "--output", folder.name]  # as README has it
    done = subprocess.run(command, cwd=folder.parent, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"labkit keeps the site in {folder.name}:" in done.stdout
    return folder


def test_the_guard_bites(alone: dict[str, str]) -> None:
    for code in ("import socket; socket.create_connection(('192.0.2.1', 80))", "import urllib.request as u; "
                 "u.urlopen('http://pypi.org')"):  # fmt: skip
        done = subprocess.run([sys.executable, "-c", code], env=alone, capture_output=True, text=True, check=False)
        assert "no network here" in done.stderr


def settings(site: Path) -> Any:
    return json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]


def test_every_lab_is_in_it_and_fetches_labkit_from_the_site_first(site: Path) -> None:
    listed = {each["name"] for each in json.loads((site / "api/contents/all.json").read_text())["content"]}
    assert listed == {"index.ipynb", *(f"{key}.ipynb" for key in LABS)}
    for name in listed:
        notebook = nbformat.read(site / "files" / name, as_version=4)
        original = nbformat.read(ROOT / "notebooks" / name, as_version=4)
        assert notebook.metadata.kernelspec.name == "python"
        pairs = zip(notebook.cells, original.cells, strict=True)
        changed = [(a.source, b.source) for a, b in pairs if a.source != b.source]
        start = START.format(packages=PACKAGES)
        assert changed == [(start + changed[0][1], changed[0][1])]
        elsewhere = compile(start, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        with pytest.raises(StopIteration):  # under a server it waits for nothing, and is done
            eval(elsewhere, {}).send(None)
    assert json.loads((site / MARK).read_text()) == {"labkit": version("labkit-deepnets")}


def test_the_front_page_lists_every_lab_with_its_picture(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    for key, lab in LABS.items():
        assert f'href="lab/index.html?path={key}.ipynb"' in text
        assert lab.question in unescape(text)
        assert (site / "thumbnails" / f"{key}.png").read_bytes().startswith(b"\x89PNG")
    assert 'href="/' not in text  # it may lie below any path
    assert 'src="/' not in text


def shipped(site: Path) -> dict[str, Path]:
    return {wheel.name.split("-")[0].replace("_", "-").lower(): wheel for wheel in (site / "pypi").glob("*.whl")}


def test_what_is_pure_is_shipped_and_nothing_else(site: Path) -> None:
    wanted = {dist.name.replace("_", "-").replace(".", "-").lower() for dist in needed() if is_pure(dist)}
    assert set(shipped(site)) == wanted
    assert {"labkit-deepnets", "ipywidgets", "jupyterlab-widgets", "pooch", "cachetools", "tqdm"} <= wanted
    assert not ABROAD & wanted
    assert {dist.name for dist in needed() if not is_pure(dist)} >= {"numpy", "scipy", "matplotlib", "contourpy"}


def test_labkits_wheel_holds_the_package_that_runs_and_asks_for_nothing_that_a_browser_lacks(site: Path) -> None:
    with zipfile.ZipFile(shipped(site)["labkit-deepnets"]) as wheel:
        assert wheel.testzip() is None
        names = set(wheel.namelist())
        package = {f"labkit/{file.relative_to(ROOT / 'labkit').as_posix()}" for file in (ROOT / "labkit").rglob("*")
                   if file.is_file() and file.suffix != ".pyc"}  # fmt: skip
        assert package <= names
        assert not [name for name in names if name.endswith((".pyc", ".pth"))]
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        text = wheel.read(metadata).decode()
    asked = [Requirement(line) for line in re.findall(r"^Requires-Dist: (.*)$", text, re.M)]
    there = {each.name for each in asked if each.marker is None or each.marker.evaluate(BROWSER)}
    assert {"numpy", "ipywidgets"} <= there
    assert not {name.replace("_", "-") for name in there} & (ABROAD | {"threadpoolctl"})


def test_the_widgets_and_their_front_end_are_a_pair(site: Path) -> None:
    extensions = {each["name"] for each in settings(site)["federated_extensions"]}
    assert extensions == set(EXTENSIONS)
    (front,) = [file for file in distribution("jupyterlab_widgets").files or ()
                if str(file).endswith(f"{EXTENSIONS[0]}/package.json")]  # fmt: skip
    assert (site / "extensions" / EXTENSIONS[0] / "package.json").read_text() == front.read_text()
    assert shipped(site)["jupyterlab-widgets"].name.split("-")[1] == version("jupyterlab_widgets")
    wanted = [Requirement(line) for line in distribution("ipywidgets").requires or ()]
    (pair,) = [each for each in wanted if each.name == "jupyterlab_widgets"]
    assert pair.specifier.contains(version("jupyterlab_widgets"))


def test_without_the_option_browsers_find_pyodide_themselves(site: Path) -> None:
    assert "pyodideUrl" not in settings(site)["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]
    assert not (site / "static/pyodide").exists()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """In place of JupyterLite, which takes a while: what it is given, as the site."""

    def lite(work: Path) -> None:
        (work / "lite").rename(work / "site")
        (work / "lite" / "files").mkdir(parents=True)

    monkeypatch.setattr(building, "_lite", lite)
    monkeypatch.setattr("labkit.server.wheels.needed", lambda: [])
    return build


def given(folder: Path) -> Any:
    data = json.loads((folder / "jupyter-lite.json").read_text())["jupyter-config-data"]
    return data["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]


def test_a_pyodide_elsewhere_is_named(quick: Callable[..., None], tmp_path: Path) -> None:
    quick(tmp_path / "site", "https://school.example/pyodide/")
    assert given(tmp_path / "site") == {
        "disablePyPIFallback": True, "pyodideUrl": "https://school.example/pyodide/pyodide.mjs"
    }  # fmt: skip


def test_a_pyodide_in_a_folder_is_put_into_the_site_which_then_asks_nobody(
    quick: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "pyodide").mkdir()
    for name in ("pyodide.mjs", "package.json", LOCK):
        with pytest.raises(CommandError, match=f"has no {re.escape(name)}"):
            quick(tmp_path / "site", str(tmp_path / "pyodide"))
        (tmp_path / "pyodide" / name).write_text(json.dumps({"version": PYODIDE_VERSION}))
    quick(tmp_path / "site", str(tmp_path / "pyodide"))
    assert (tmp_path / "site/static/pyodide/pyodide.mjs").is_file()
    assert given(tmp_path / "site") == {"disablePyPIFallback": True}


@pytest.mark.parametrize(("package", "lock", "words"), [
    ('{"version": "0.1.2"}', "{}", rf"must be Pyodide {re.escape(PYODIDE_VERSION)}, .* got 0\.1\.2"),
    ("{}", "{}", "got None"), ("{}", "<html>", r"pyodide-lock\.json cannot be read"),
    ("<html>", "{}", r"package\.json cannot be read"),
])  # fmt: skip
def test_another_pyodide_is_refused(
    quick: Callable[..., None], tmp_path: Path, package: str, lock: str, words: str
) -> None:
    """Its packages are built for another Python: the kernel would start, and find no numpy."""
    (tmp_path / "pyodide").mkdir()
    (tmp_path / "pyodide" / "pyodide.mjs").write_text("")
    (tmp_path / "pyodide" / "package.json").write_text(package)
    (tmp_path / "pyodide" / LOCK).write_text(lock)
    with pytest.raises(CommandError, match=words):
        quick(tmp_path / "site", str(tmp_path / "pyodide"))
    assert not (tmp_path / "site").exists()


def test_a_pyodide_without_its_packages_is_said(tmp_path: Path) -> None:
    names = ("numpy", "scipy", "matplotlib")
    packages = {name: {"file_name": f"{name}.whl"} for name in names}
    (tmp_path / LOCK).write_text(json.dumps({"packages": packages}))
    assert set(names) <= set(lacking(tmp_path))
    (tmp_path / "numpy.whl").write_text("")
    assert set(lacking(tmp_path)) >= {"scipy", "matplotlib"}
    assert "numpy" not in lacking(tmp_path)


def test_a_site_is_replaced_and_another_folder_is_not(quick: Callable[..., None], tmp_path: Path) -> None:
    quick(tmp_path / "site")
    (tmp_path / "site" / "old").write_text("old")
    quick(tmp_path / "site")
    assert not (tmp_path / "site" / "old").exists()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear")
    with pytest.raises(CommandError, match="must be a new folder or a site of labkit, and holds other files"):
        quick(tmp_path / "letters")
    assert (tmp_path / "letters" / "one.txt").read_text() == "dear"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["letters", "site"]


def test_a_build_that_fails_leaves_the_site_that_was_there(
    quick: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(tmp_path / "site")
    (tmp_path / "site" / "old").write_text("old")
    monkeypatch.setattr(building, "_lite", lambda work: (_ for _ in ()).throw(CommandError("JupyterLite could not")))
    with pytest.raises(CommandError, match="JupyterLite could not"):
        quick(tmp_path / "site")
    assert (tmp_path / "site" / "old").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["site"]


def test_what_jupyterlite_says_is_said(tmp_path: Path) -> None:
    (tmp_path / "lite" / "wheels").mkdir(parents=True)
    (tmp_path / "lite" / "wheels" / "broken-1.0-py3-none-any.whl").write_text("no wheel")
    with pytest.raises(CommandError, match=r"JupyterLite could not build the site: .*Error"):
        building._lite(tmp_path)


def test_a_missing_extra_is_named(labkit_command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "find_spec", lambda name: None)
    with pytest.raises(CommandError, match=r"a site needs the package jupyterlite_core, found none: pip install"):
        building.run(None)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_is_said(labkit_command: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = labkit_command("site", "--output", str(tmp_path / "file" / "site"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"labkit: {tmp_path / 'file' / 'site'} cannot be written to: ")
    assert len(done.stderr.splitlines()) == 1
