"""A lab that has every kind of control and does nothing but show its values; pages without a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any
from zlib import crc32

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

from labkit.labs.lab import Lab
from labkit.labs.parameters import Choice, LogRange, Parameters, Range, Switch

COLORS = {"red": "red", "green": "dark green", "blue": "blue"}


@dataclass(frozen=True)
class Probe(Parameters):
    count: Annotated[int, Range("count", low=1, high=9, step=1)] = 3
    level: Annotated[float, Range("level", low=-1.0, high=1.0, step=0.1)] = 0.0
    seed: Annotated[int, Range("seed", low=0, high=10**9, step=1)] = 0
    offset: Annotated[float, Range("offset", low=0.0, high=1e6, step=0.5)] = 0.5
    size: Annotated[float, LogRange("size", given=lambda p: 7.5 if p.color == "blue" else None)] = 1.0
    color: Annotated[str, Choice("color", table=COLORS)] = "red"
    sweep: Annotated[str, Choice("sweep", table=COLORS, swept=True, note=lambda p: f"<{p.sweep}>")] = "red"
    wide: Annotated[bool, Switch("wide", more=True, shown=lambda p: p.color == "red")] = False


class ProbeView:
    def __init__(self) -> None:
        self.figure = Figure(figsize=(1, 1))
        self.updates = 0

    def update(self, result: Any) -> None:
        self.updates += 1
        self.figure.set_facecolor(((crc32(repr(result).encode()) % 251) / 251, 0.5, 0.5))


def compute(parameters: Probe) -> Probe:
    if parameters.count == 8:
        raise ZeroDivisionError("a fault of the lab")
    if parameters.count == 7:
        raise MemoryError("of the probe")
    if parameters.count == 9:
        raise ValueError("nine is too many: lower count")
    return parameters


def explain(result: Probe) -> str:
    return f"<count> {result.count}, size {result.size}"


@pytest.fixture
def probe() -> Lab:
    return Lab("probe", "Probe", "What <is> it?", Probe, compute, ProbeView, explain)


def decoded(png: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG file; an incomplete one is an error."""
    with Image.open(BytesIO(png)) as image:
        return np.asarray(image)


@pytest.fixture
def pixels() -> Any:
    return decoded


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every result is computed, as it is for values that were never met."""
    monkeypatch.setattr(Lab, "result", lambda lab, parameters: lab.compute(parameters))


@pytest.fixture(autouse=True)
def one_blas_thread() -> Iterator[None]:
    """As `labkit.show` has it."""
    with threadpool_limits(1, user_api="blas"):
        yield
