"""Where the notebooks are, and the copies that belong to the user."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import labkit
from labkit.server.errors import CommandError

# Beside the copies: the digest of each as it was copied. It tells a notebook that the user changed (kept)
# from one that is only older than the package (replaced).
RECORD = ".labkit.json"


@dataclass(frozen=True)
class Copied:
    """The user's folder, and the names of the notebooks that were kept because the user had changed them."""

    folder: Path
    kept: tuple[str, ...]


def package_folder() -> Path:
    """The folder of the labkit package itself."""
    return Path(next(iter(labkit.__path__)))


def is_checkout() -> bool:
    """Whether labkit runs from its source tree; a wheel carries the notebooks inside the package."""
    return not (package_folder() / "notebooks").is_dir()


def notebooks_folder() -> Path:
    """The folder with labkit's own notebooks."""
    package = package_folder()
    folder = package.parent / "notebooks" if is_checkout() else package / "notebooks"
    if not folder.is_dir():
        raise CommandError(f"labkit's notebooks must lie in {folder}, which does not exist: install labkit again")
    return folder


def working_folder(folder: Path | None) -> Copied:
    """The folder that JupyterLab opens.

    In a checkout that is the notebooks themselves, unless a folder is named; otherwise copies in `folder`.
    """
    if folder is None and is_checkout():
        return Copied(notebooks_folder(), ())
    return copy_notebooks(notebooks_folder(), folder or Path("labkit-notebooks"))


def copy_notebooks(source: Path, folder: Path) -> Copied:
    """Copy every notebook of `source` to `folder`, which is made; what the user changed there is kept."""
    try:
        folder.mkdir(exist_ok=True)
        return Copied(folder.resolve(), tuple(_copy(source, folder)))
    except FileNotFoundError:
        raise CommandError(f"--folder must lie in a folder that exists, got {str(folder)!r}") from None
    except FileExistsError:
        raise CommandError(f"--folder must be a folder, got the file {str(folder)!r}") from None
    except OSError as error:
        raise CommandError(f"--folder must be writable, got {str(folder)!r} ({error.strerror})") from None


def _copy(source: Path, folder: Path) -> list[str]:
    record = _read_record(folder)
    kept = []
    for notebook in sorted(source.glob("*.ipynb")):
        content, target = notebook.read_bytes(), folder / notebook.name
        if not target.exists() or _digest(target.read_bytes()) in (record.get(notebook.name), _digest(content)):
            target.write_bytes(content)
            record[notebook.name] = _digest(content)
        else:
            kept.append(notebook.name)
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return kept


def _read_record(folder: Path) -> dict[str, str]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
