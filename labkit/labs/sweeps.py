"""The sweeps that can be looked at: those that are shipped, and those in the folder that LABKIT_SWEEPS names."""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from labkit.labs.sweep_columns import TEXTS, Columns, columns_of, read_csv
from labkit.labs.sweep_measures import MEASURES
from labkit.nn import environment
from labkit.sweeps.design import Design
from labkit.sweeps.design_file import read_design
from labkit.sweeps.training import Training

SHIPPED = Path(__file__).parent / "shipped_sweeps"
_TITLES = {
    "trainability": "tanh: how deep can be trained?",
    "phases": "tanh: the plane, measured",
}


class Sweep:
    """A sweep by its key; its table is read when it is first asked for."""

    def __init__(self, key: str, title: str, place: Path) -> None:
        """`place` is a CSV file, or the folder that `labkit sweep --output` has written."""
        self.key, self.title, self._place = key, title, place

    @property
    def label(self) -> str:
        """How a menu names it."""
        return self.title

    @cached_property
    def columns(self) -> Columns:
        """Its table; ValueError, with the place, where it cannot be read."""
        if self._place.suffix == ".csv":
            return read_csv(self._place)
        from labkit.sweeps import SweepError, read_sweep  # only now: it needs labkit[sweep]

        try:
            return columns_of(read_sweep(self._place).to_dict("list"))
        except (SweepError, ImportError) as error:
            raise ValueError(str(error).replace(str(self._place), self.title)) from None

    @cached_property
    def training(self) -> Training | None:
        """How its networks were trained; None where they were not, or nobody knows."""
        if self._place.suffix == ".csv":
            file = self._place.with_suffix(".toml")
            return read_design(file).training if file.exists() else None
        design = json.loads((self._place / "sweep.json").read_text(encoding="utf-8"))["design"]
        return Design.of(design).training

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """What it has measured, in the order of the table of measures."""
        return tuple(name for name in MEASURES if name in self.columns.columns)

    def check(self) -> None:
        """ValueError where there is no map of it."""
        axes = self.columns.axes
        if not len(self.columns):
            raise ValueError(f"all {self.columns.failed} settings failed in {self.title}: see its column error")
        if len(axes) < 2:
            raise ValueError(f"a sweep must have two axes for a map, got {', '.join(axes) or 'none'} in {self.title}")

    @cached_property
    def pair(self) -> tuple[str, str]:
        """Two axes to begin with; ValueError for a sweep that has not two."""
        self.check()
        axes = self.columns.axes
        numbers = [name for name in axes if name not in TEXTS]
        first, second, *_ = [*numbers, *(name for name in axes if name not in numbers)]
        return first, second


class _Sweeps(Mapping[str, Sweep]):
    """By key; the folder is looked at when the labs are imported."""

    def __init__(self) -> None:
        self._found = {key: Sweep(key, title, SHIPPED / f"{key}.csv") for key, title in _TITLES.items()}
        folders = {folder: _title(folder) for folder in _folders()}
        titles = [*_TITLES.values(), *folders.values()]
        for folder, title in folders.items():
            key = folder.name if folder.name not in self._found else f"{folder.name} (own)"
            twice = bool(title) and titles.count(title) > 1  # a menu's words tell its entries apart
            self._found[key] = Sweep(key, f"{title} ({folder.name})" if twice else title or folder.name, folder)

    def __getitem__(self, key: str) -> Sweep:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _folders() -> list[Path]:
    named = os.environ.get(environment.SWEEPS, "")
    return sorted(each.parent for each in Path(named).absolute().glob("*/sweep.json")) if named else []


def _title(folder: Path) -> str:
    """What the design of a sweep is called; its table tells, when it is asked for, what is wrong with the folder."""
    try:
        return str(json.loads((folder / "sweep.json").read_text(encoding="utf-8"))["design"]["title"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


SWEEPS: Mapping[str, Sweep] = _Sweeps()
