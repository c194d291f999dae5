"""Small designs, and rows that were made one by one in this process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from labkit.sweeps.design import Design
from labkit.sweeps.hands import local
from labkit.sweeps.record import columns

ROOT = Path(__file__).parents[2]
SMALL = Design(
    {"activation": ("tanh", "relu"), "std": (0.1, 0.4, 1.5), "depth": (1, 3, 6), "seed": tuple(range(5))},
    fixed={"width": 8, "batch": 20},
)
FILE = """
[axes]
activation = ["tanh", "relu"]
std = [0.1, 0.4, 1.5]
depth = [1, 3, 6]
seed = {count}
[fixed]
width = 8
batch = 20
"""


def one_by_one(design: Design, start: int = 0, stop: int | None = None) -> dict[str, list[Any]]:
    """The rows as a plain loop makes them."""
    with threadpool_limits(1, user_api="blas"):
        return columns(design, start, len(design) if stop is None else stop)


def same(table: Any, expected: dict[str, list[Any]]) -> None:
    """Every number equal to its last bit; NaN where NaN is."""
    assert list(table.columns) == list(expected)
    assert len(table) == len(expected["index"])
    for name, values in expected.items():
        found = table[name].tolist()
        pairs = zip(found, values, strict=True)
        wrong = [(a, b) for a, b in pairs if a != b and not (a != a and (b is None or b != b))]
        assert wrong == [], name


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Start `python -m ...` in a group of its own; what is left of it is killed at the end."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=tmp_path, env={**environment(), "DASK_TEMPORARY_DIRECTORY": str(tmp_path), **more},
            start_new_session=True,
        )  # fmt: skip
        processes.append(process)
        return process

    start.processes = processes  # type: ignore[attr-defined]
    yield start
    for process in processes:
        end_group(process)


def end_group(process: "subprocess.Popen[str]") -> None:
    """Kill a process with all that it has started, as a machine that fails does."""
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture(scope="session")
def two() -> Any:
    with local(2) as client:
        yield client


@pytest.fixture(scope="session")
def expected() -> Any:
    return one_by_one(SMALL)


def parts(folder: Path) -> int:
    return len(list(folder.glob("part-*")))
