"""Pure wheels of what is installed here, for a browser that has no package index."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labkit.server.errors import CommandError

OURS = "labkit-deepnets"
BROWSER = {"sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix", "extra": ""}
"""What differs there, of all that a requirement may depend on."""
KERNELS = ("ipykernel", "widgetsnbextension")
"""The browser's kernel brings its own, which are made for it."""


def needed(name: str = OURS) -> Iterator[Distribution]:
    """The installed distributions that `name` needs in a browser, itself first; CommandError where one is missing."""
    found, left = set(), [name]
    while left:
        name = canonicalize_name(left.pop())
        if name in found or name in KERNELS:
            continue
        found.add(name)
        try:
            dist = distribution(name)
        except PackageNotFoundError:
            raise CommandError(f"a site needs the package {name}, found none") from None
        yield dist
        for line in dist.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(BROWSER):
                left.append(requirement.name)


def is_pure(dist: Distribution) -> bool:
    """Whether it has no compiled part, so that a browser can take it as it is."""
    return "Root-Is-Purelib: true" in (dist.read_text("WHEEL") or "")


def packed(dist: Distribution, folder: Path) -> Path:
    """A wheel in `folder` of a distribution as it is installed; of labkit, of the package that runs."""
    tree = folder / f"{canonicalize_name(dist.name)}.tree"
    for source, place in _files(dist):
        target = tree / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    command = [sys.executable, "-m", "wheel", "pack", str(tree), "--dest-dir", str(folder)]
    before = set(folder.glob("*.whl"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"no wheel could be made of {dist.name}: {done.stderr.strip().splitlines()[-1]}")
    shutil.rmtree(tree)
    (made,) = set(folder.glob("*.whl")) - before
    return made


def _files(dist: Distribution) -> Iterator[tuple[Path, Path]]:
    """Each file, and its place in a wheel; neither what was made on this machine nor what lies outside of packages."""
    for file in dist.files or ():
        made = file.name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json") or file.suffix in (".pyc", ".pth")
        source = Path(str(dist.locate_file(file)))
        if not made and ".." not in file.parts and source.is_file():
            yield source, Path(*file.parts)
    if canonicalize_name(dist.name) == OURS:
        package = Path(__file__).parents[1]
        for source in package.rglob("*"):
            if source.is_file() and source.suffix != ".pyc":
                yield source, Path(package.name, source.relative_to(package))
