"""Where a sweep is kept: a folder with its design, and a Parquet file for each run of settings, whole or not there.

A part is named by its settings, first and last. It is written beside its name, brought to the disk, and only then takes
the name, so that a killed sweep leaves whole parts and, at most, one file that nobody reads.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from labkit.sweeps.design import WHOLE, Design
from labkit.sweeps.errors import SweepError
from labkit.sweeps.record import ERROR, VERDICT

MANIFEST = "sweep.json"
_DIGITS = 8
_PART = re.compile(r"part-(\d+)-(\d+)\.parquet")  # a copy that something else has made is none
_TEXTS = (
    "activation", "initializer", "dataset", "gradient_source", "batch_norm", "alpha_per", VERDICT, ERROR,
)  # fmt: skip


class Store:
    """The folder of one sweep. In a `with` block it is this process's alone."""

    def __init__(self, folder: Path, design: Design, version: str) -> None:
        """Nothing is touched yet; `version` is that of labkit, whose rows it holds."""
        self.folder, self._design, self._version = folder, design, version
        self._lock: Any = None
        self.damaged: list[Path] = []
        """Parts that could not be read, under the names that they were given; their settings are measured again."""

    def __enter__(self) -> "Store":
        """Take the folder, make it where it is missing; SweepError where it is another sweep's, or being written."""
        manifest = self.folder / MANIFEST
        mine = {"version": self._version, "design": self._design.plain()}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not manifest.exists():
                if any(self.folder.iterdir()):
                    raise SweepError(f"{self.folder} must be empty or a sweep's, and holds other files")
                _write(manifest, lambda file: file.write_text(json.dumps(mine, indent=1), encoding="utf-8"))
            _compare(manifest, mine)
            self._lock = _locked(manifest)
            for left in self.folder.glob(".*.tmp"):
                left.unlink()
        except FileExistsError:
            raise SweepError(f"{self.folder} must be a folder, and is a file") from None
        except OSError as error:
            raise SweepError(f"{self.folder} cannot be written to: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        """Let others have the folder."""
        if self._lock is not None:
            self._lock.close()

    def missing(self) -> list[tuple[int, int]]:
        """Runs of settings (first, beyond the last) that no whole part holds; what cannot be read is set aside."""
        found, at = [], 0
        for start, stop, file in _parts(self.folder):
            if start < at or not _whole(file, start, stop):
                self.damaged.append(file.replace(file.with_suffix(".damaged")))
                continue
            found += [(at, start)] * (at < start)
            at = stop
        return found + [(at, len(self._design))] * (at < len(self._design))

    def keep(self, start: int, columns: Mapping[str, Sequence[Any]]) -> None:
        """Write the rows from setting `start` on; SweepError where the disk does not take them: what is kept stays."""
        stop = start + len(columns["index"])
        table = pa.table({name: pa.array(values, type=_type(name)) for name, values in columns.items()})
        try:
            _write(
                self.folder / f"part-{start:0{_DIGITS}}-{stop - 1:0{_DIGITS}}.parquet",
                lambda file: pq.write_table(table, file, write_page_checksum=True),
            )
        except OSError as error:
            raise SweepError(f"{self.folder} does not take more rows ({error}): what it holds is whole") from None

    def failed(self) -> int:
        """How many rows have an error."""
        return sum(
            len(column) - column.null_count
            for _, _, file in _parts(self.folder)
            for column in pq.read_table(file, columns=[ERROR]).columns
        )


def parts(folder: Path) -> list[Path]:
    """The files of a sweep in the order of their settings; SweepError where the folder is none's."""
    if not (folder / MANIFEST).is_file():
        raise SweepError(f"{folder} must be the folder of a sweep, and has no {MANIFEST}")
    return [file for _, _, file in _parts(folder)]


def design_of(folder: Path) -> Design:
    """The design of the sweep in a folder; SweepError where there is none."""
    parts(folder)
    return Design.of(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["design"])


def _parts(folder: Path) -> list[tuple[int, int, Path]]:
    """First setting, the one beyond the last, and file of each part, in order."""
    named = ((_PART.fullmatch(file.name), file) for file in folder.glob("part-*.parquet"))
    return sorted((int(name[1]), int(name[2]) + 1, file) for name, file in named if name)


def _whole(file: Path, start: int, stop: int) -> bool:
    """Whether all of a part can be read, and holds the settings of its name."""
    try:
        numbers = pq.read_table(file, page_checksum_verification=True)["index"].to_pylist()
    except (OSError, pa.ArrowException, KeyError):
        return False
    return bool(numbers == list(range(start, stop)))


def _type(name: str) -> pa.DataType:
    if name in _TEXTS:
        return pa.string()
    if name == "standardize":
        return pa.bool_()
    return pa.int64() if name in (*WHOLE, "index") else pa.float64()


def _write(file: Path, fill: Any) -> None:
    """Write a file so that it is there whole, or not: also where the power fails."""
    aside = file.with_name(f".{file.name}.tmp")
    try:
        fill(aside)
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        aside.replace(file)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    _sync(file.parent)


def _sync(folder: Path) -> None:
    with suppress(OSError, AttributeError):  # Windows has no such thing for a folder
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _compare(manifest: Path, mine: Mapping[str, Any]) -> None:
    try:
        there = json.loads(manifest.read_text(encoding="utf-8"))
    except ValueError:
        raise SweepError(f"{manifest} cannot be read: remove its folder, or name another") from None
    if json.dumps(there.get("design"), sort_keys=True) != json.dumps(mine["design"], sort_keys=True):
        raise SweepError(f"{manifest.parent} holds a sweep of another design: name another folder")
    if there.get("version") != mine["version"]:
        raise SweepError(
            f"{manifest.parent} was begun with labkit {there.get('version')}, and this is {mine['version']}: rows of "
            "two versions are not mixed; name another folder"
        )


def _locked(manifest: Path) -> Any:
    """The file, held against other sweeps until it is closed or its process has ended."""
    file = manifest.open("rb+")  # a network's file system locks only what may be written
    try:
        import fcntl  # which Windows lacks

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except BlockingIOError:
        file.close()
        raise SweepError(f"{manifest.parent} is being written by another sweep") from None
    return file
