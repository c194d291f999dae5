"""The command `labkit site`: a static JupyterLite site with every lab, for a class of any size without a server.

Each browser computes for itself, with Python compiled to WebAssembly (Pyodide). The site holds labkit, and all of
what it needs that is pure Python, from this environment: the widgets and their front end are then a matching pair.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path

from labkit import __version__
from labkit.server.errors import CommandError

MARK = "labkit-site.json"
"""In a site's folder: what makes it one that may be replaced."""
LOCK = "pyodide-lock.json"
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension")
"""The front ends that a lab needs; whatever else is installed here stays here."""
_SETTINGS = "@jupyterlite/pyodide-kernel-extension:kernel"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `labkit site` its arguments."""
    parser.add_argument("--output", type=Path, required=True, metavar="DIR",
                        help="the folder of the site, a new one or one that this command has made")  # fmt: skip
    parser.add_argument("--pyodide", metavar="DIR_OR_URL", help="a Pyodide distribution: a folder, which is put into "
                        "the site for schools without internet, or where browsers find it (default: jsdelivr.net)")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    """Build the site; CommandError for what its user can mend."""
    for name in ("jupyterlite_core", "jupyterlite_pyodide_kernel", "wheel"):
        if find_spec(name) is None:
            raise CommandError(f"a site needs the package {name}, found none: pip install 'labkit-deepnets[site]'")
    try:
        build(options.output, options.pyodide)
    except OSError as error:
        raise CommandError(f"{options.output} cannot be written to: {error.strerror or error}") from None
    if options.pyodide is not None and "://" not in options.pyodide and (names := lacking(Path(options.pyodide))):
        print(f"labkit: {options.pyodide} lacks {', '.join(names)}: no lab runs without them", file=sys.stderr)
    print(f"labkit keeps the site in {options.output}: any web server can serve it, as")
    print(f"  {Path(sys.executable).name} -m http.server --bind 127.0.0.1 --directory {options.output} 8000")


def build(output: Path, pyodide: str | None = None) -> None:
    """Build the site beside `output`, then put it there: one that fails leaves what was there."""
    from labkit.server.site_pages import write_front_page

    if output.exists() and not (output / MARK).is_file() and any(output.iterdir()):
        raise CommandError(f"{output} must be a new folder or a site of labkit, and holds other files")
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = output.parent.absolute()  # JupyterLite runs in another folder than this one
    with tempfile.TemporaryDirectory(dir=beside, prefix=f".{output.name}-") as folder:
        work = Path(folder)
        _fill(work / "lite", pyodide)
        _lite(work)
        write_front_page(work / "site", _python(pyodide))
        (work / "site" / MARK).write_text(json.dumps({"labkit": __version__}) + "\n", encoding="utf-8")
        if output.exists():
            output.rename(work / "before")
        (work / "site").rename(output)


def _python(pyodide: str | None) -> str:
    """Where browsers find Pyodide's first file, from the front page."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL

    if pyodide is not None and "://" not in pyodide:
        return "static/pyodide/pyodide.mjs"
    return f"{(pyodide or PYODIDE_CDN_URL).rstrip('/')}/pyodide.mjs"


def _fill(lite: Path, pyodide: str | None) -> None:
    """What JupyterLite takes: notebooks, wheels, settings, and Pyodide where it is to be inside."""
    from labkit.server.site_pages import write_notebooks
    from labkit.server.wheels import is_pure, needed, packed

    write_notebooks(lite / "files")
    (lite / "wheels").mkdir()
    for dist in needed():
        if is_pure(dist):
            packed(dist, lite / "wheels")
    # Packages come from the site and from Pyodide, and from nowhere else.
    kernel: dict[str, object] = {"disablePyPIFallback": True}
    if pyodide is not None and "://" in pyodide:
        kernel["pyodideUrl"] = f"{pyodide.rstrip('/')}/pyodide.mjs"
    elif pyodide is not None:
        _copy_pyodide(Path(pyodide), lite / "static" / "pyodide")
    for name in EXTENSIONS:
        shutil.copytree(_extension(name), lite / "labextensions" / name)
    data = {"appName": "labkit", "litePluginSettings": {_SETTINGS: kernel}}
    (lite / "jupyter-lite.json").write_text(
        json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": data}), encoding="utf-8"
    )


def _extension(name: str) -> Path:
    """Where JupyterLab has the front end of this name."""
    found = (Path(folder, name) for folder in jupyter_path("labextensions"))
    there = next((folder for folder in found if (folder / "package.json").is_file()), None)
    if there is None:
        raise CommandError(f"a site needs JupyterLab's extension {name}, found none")
    return there


def _copy_pyodide(folder: Path, target: Path) -> None:
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    for name in ("pyodide.mjs", "package.json", LOCK):
        if not (folder / name).is_file():
            raise CommandError(f"--pyodide must be the folder of a Pyodide distribution, and {folder} has no {name}")
    _read(folder / LOCK)
    found = _read(folder / "package.json").get("version")
    if found != PYODIDE_VERSION:
        raise CommandError(f"--pyodide must be Pyodide {PYODIDE_VERSION}, as JupyterLite's kernel is, got {found}")
    shutil.copytree(folder, target)


def _read(file: Path) -> dict[str, Any]:
    """What a Pyodide distribution says of itself or of its packages."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise CommandError(f"--pyodide: {file} cannot be read: {error}") from None


def lacking(folder: Path) -> list[str]:
    """What labkit needs that is not pure, so that it comes from Pyodide, and that this distribution has no file of."""
    from packaging.utils import canonicalize_name

    from labkit.server.wheels import is_pure, needed

    packages = _read(folder / LOCK).get("packages", {})
    names = [canonicalize_name(dist.name) for dist in needed() if not is_pure(dist)]
    return [name for name in names if not (folder / packages.get(name, {}).get("file_name", "none")).is_file()]


def _lite(work: Path) -> None:
    """Run JupyterLite on what is there; CommandError with its last words where it fails."""
    wheels = [f"--piplite-wheels={wheel}" for wheel in sorted((work / "lite" / "wheels").glob("*.whl"))]
    command = [sys.executable, "-m", "jupyter", "lite", "build", "--lite-dir", "lite", "--output-dir", "site",
               "--apps", "lab", "--apps", "notebooks", "--no-sourcemaps", "--no-libarchive",
               "--ignore-sys-prefix", "federated_extensions",
               "--FederatedExtensionAddon.extra_labextensions_path=lite/labextensions", *wheels]  # fmt: skip
    environment = {**os.environ, "JUPYTER_NO_CONFIG": "1", "JUPYTER_PLATFORM_DIRS": "1"}  # nothing of the user's own
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "Error" in line]
        raise CommandError(f"JupyterLite could not build the site: {said[-1] if said else done.returncode}")
