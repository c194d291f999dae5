"""One frame in the kernel: its computation against its matrix products alone, and its drawing."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import labkit
from labkit.figures.canvas import LiveCanvas
from labkit.labs.signal_propagation import LAB, SignalPropagation, compute
from labkit.nn.propagation import Trace

from .conftest import QUICK, Table, median

pytestmark = pytest.mark.benchmark

MOST_SECONDS = 15
DEFAULT: dict[str, Any] = {}
# Values, and how often each is measured.
NETS: dict[str, tuple[dict[str, Any], int]] = {
    "tanh, depth 5, width 100 (the default)": (DEFAULT, 60),
    "relu, depth 5, width 100": ({"activation": "relu"}, 60),
    "sigmoid, depth 5, width 100": ({"activation": "sigmoid"}, 60),
    "tanh, depth 50, width 100": ({"depth": 50}, 5),
    "tanh, depth 5, width 500": ({"width": 500}, 5),
    "tanh, depth 50, width 500": ({"depth": 50, "width": 500}, 2),
}


@pytest.fixture(autouse=True)
def one_blas_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield


def in_turns(times: int, *actions: Callable[[], object]) -> list[float]:
    """Median milliseconds of each, taken in turns; fewer times where that takes too long."""
    found: list[list[float]] = [[] for _ in actions]
    for action in actions:
        action()
    begun = perf_counter()
    for number in range(max(2, times // 5) if QUICK else times):
        if number >= 2 and perf_counter() - begun > MOST_SECONDS:
            break
        for action, values in zip(actions, found, strict=True):
            start = perf_counter()
            action()
            values.append(1000 * (perf_counter() - start))
    return [median(values) for values in found]


def ratio(one: float, other: float, digits: int = 2) -> str:
    return f"{one:.1f} / {other:.1f} ms = {one / other:.{digits}f}"


def products(trace: Trace, weights_too: bool) -> Callable[[], None]:
    """Two matrix products a layer, or three with dC/dW, of the very numbers of the net, into buffers."""
    batch, width = trace.network.batch, trace.network.width
    out, grad = np.empty((batch, width)), np.empty((width, width))
    befores = (trace.x, *trace.post[:-1])
    layers = list(zip(befores, trace.weights, trace.grad_pre, strict=True))

    def run() -> None:
        for h, w, delta in layers:
            np.matmul(h, w, out=out)
            np.matmul(delta, w.T, out=out)
            if weights_too:
                np.matmul(h.T, delta, out=grad)

    return run


@pytest.mark.parametrize("name", NETS)
def test_computation_against_its_products(name: str, table: Table) -> None:
    values, times = NETS[name]
    parameters = SignalPropagation(**values)
    network = parameters.network()
    trace = labkit.propagate(network)
    frame, two, full, three = in_turns(
        times,
        lambda: compute(parameters),
        products(trace, weights_too=False),
        lambda: labkit.summarize(labkit.propagate(network)),
        products(trace, weights_too=True),
    )
    table.title(f"Computation / its matrix products alone, one thread: {name}")
    bound, reached = ("<= 1.8", frame / two <= 1.8) if values is DEFAULT else ("stated", None)
    table.add("a frame / two products a layer", ratio(frame, two), bound, reached)
    table.add("the full set / three products a layer", ratio(full, three), "stated")
    made = (2 * network.depth - 1) / (2 * network.depth)
    table.add("a frame / the products it makes (one less)", f"{frame / (two * made):.2f}", "stated")


def test_drawing_of_a_moved_frame(table: Table) -> None:
    view = LAB.view()
    canvas = LiveCanvas(view.figure)
    results = [compute(SignalPropagation(std=std)) for std in (1.0, 1.02)]
    turn = [0]

    def moved() -> None:
        turn[0] += 1
        view.update(results[turn[0] % 2])
        canvas.render(view.look)

    def full() -> None:
        turn[0] += 1
        view.update(results[turn[0] % 2])
        view.figure.stale = True
        canvas.render()

    moved()
    before = canvas.full_draws
    for _ in range(4):
        moved()
    assert canvas.full_draws == before, "a moved frame has drawn all anew"
    fast, slow = in_turns(40, moved, full)
    size = "x".join(str(int(side)) for side in view.figure.bbox.size)
    table.title(f"Drawing and encoding, {size} pixels, default net")
    table.add("a moved frame / a full draw", ratio(fast, slow, digits=3), "<= 0.06", fast / slow <= 0.06)


def test_drawing_over_the_whole_slider(table: Table) -> None:
    view = LAB.view()
    canvas = LiveCanvas(view.figure)
    results = [compute(SignalPropagation(std=float(f"{10**e:.3g}"))) for e in np.arange(-4, 2.01, 0.05)]
    times = []
    for result in [*results, *reversed(results)]:
        start = perf_counter()
        view.update(result)
        canvas.render(view.look)
        times.append(1000 * (perf_counter() - start))
    table.add(
        "init std over its whole range and back",
        f"{canvas.full_draws} of {len(times)} full draws, mean {np.mean(times):.0f} ms",
        "stated",
    )
