"""JupyterLab calls from threads: pages that are driven at once do not spoil each other."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.ui.dashboard import Page

LAB = LABS["signal_propagation"]
ROUNDS = 200
# Mostly small steps, which move the artists, and a wide one that draws all anew.
WALKS: tuple[tuple[float, ...], ...] = (
    (*(1 + 0.01 * i for i in range(19)), 0.02),
    (*(0.14 + 0.001 * i for i in range(19)), 2.0),
)
NETS: tuple[dict[str, Any], ...] = (
    {"activation": "tanh", "batch": 20, "depth": 2},
    {"activation": "relu", "batch": 20, "depth": 2},
)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that give way to each other as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def drive(page: Page, walk: tuple[float, ...], start: Barrier) -> list[tuple[int, bytes, str]]:
    start.wait()
    seen = []
    for number in range(ROUNDS):
        step = number % len(walk)
        # as a page does it: the widget changes, the callback runs on this thread
        page.fields["std"].parts[1].value = walk[step]
        seen.append((step, page.image.value, page.caption.value))
    return seen


@pytest.mark.usefixtures("uncached", "restless")
def test_two_threads_drive_two_pages_and_every_picture_is_whole(pixels: Any) -> None:
    pages = [Page(LAB) for _ in NETS]
    for page, net in zip(pages, NETS, strict=True):
        page.set({**net, "std": 50.0})
    start = Barrier(len(pages))
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(drive, pages, WALKS, [start] * len(pages)))
    for net, walk, run in zip(NETS, WALKS, runs, strict=True):
        alone = [picture_of({**net, "std": std}, pixels) for std in walk]
        assert len(run) == ROUNDS
        for step, png, caption in run:
            picture, words = alone[step]
            assert np.array_equal(pixels(png), picture)
            assert words in caption
    assert [page.message.value for page in pages] == ["", ""]


def picture_of(values: dict[str, Any], pixels: Any) -> tuple[Any, str]:
    """Pixels and the caption's beginning, made while nothing else runs."""
    result = LAB.compute(LAB.parameters.of(values))
    view = LAB.view()
    view.update(result)
    return pixels(LiveCanvas(view.figure).render()), LAB.explain(result)[:60]
