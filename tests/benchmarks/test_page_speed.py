"""A whole frame of the page in the kernel, with all that it says: alone and with a pin, against its matrix products."""

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from threadpoolctl import threadpool_limits

import labkit
from labkit.labs import LABS
from labkit.ui.dashboard import Page

from .conftest import Table
from .test_kernel_speed import in_turns, products, ratio

pytestmark = pytest.mark.benchmark


@pytest.fixture(autouse=True)
def one_blas_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield


def mover(page: Page, offset: float) -> Callable[[], None]:
    """A frame of another std each time, none of them in the cache."""
    values = cycle(0.5 + offset + number / 1000 for number in range(400))
    return lambda: page.set({"std": next(values)})


def test_a_frame_with_verdict_caption_and_one_pin(table: Table) -> None:
    lab = LABS["signal_propagation"]
    alone, pinned = Page(lab), Page(lab)
    pinned.pin()
    trace = labkit.propagate(lab.parameters(std=0.7).network())
    without, with_one, two = in_turns(60, mover(alone, 0.0), mover(pinned, 1e-6), products(trace, weights_too=False))
    table.title("A frame of the page (computed, judged, drawn, said) / its matrix products, default net")
    table.add("with verdict and caption", ratio(without, two), "stated")
    table.add("with one pin as well", ratio(with_one, two), "stated")
    table.add("with one pin / without", ratio(with_one, without), "<= 1.1", with_one / without <= 1.1)
