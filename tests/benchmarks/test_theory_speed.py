"""Theory within a live frame, and the phase plane of an activation that is met for the first time."""

from time import perf_counter
from typing import Any

import numpy as np
import pytest

from labkit.labs.signal_propagation import SignalPropagation
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.expectations import expectation_table
from labkit.nn.formula import PREFIX
from labkit.nn.lookup import activation
from labkit.nn.phase_map import CELLS, phase_map
from labkit.nn.theory import predict

from .conftest import QUICK, Table, median

pytestmark = pytest.mark.benchmark

DEPTH = 100
OWN = ("x * tanh(softplus(x))", "min(max(alpha*x, x), 6)")
POINTS: dict[str, dict[str, Any]] = {
    "tanh": {"activation": "tanh"},
    "tanh, with bias": {"activation": "tanh", "bias_std": 0.5, "bias_mean": 0.2},
    "rrelu": {"activation": "rrelu"},
    **{text: {"formula": text} for text in OWN},
}


def milliseconds_at(values: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Of the curves alone and with their bands, at stds that move over an octave and back: its tables are filled."""
    nets = [
        SignalPropagation(depth=DEPTH, width=200, std=float(std), **values).network()
        for std in np.geomspace(0.05, 0.1, 7 if QUICK else 25)
    ]
    curves, bands = [], []
    for number, net in enumerate([*nets, *reversed(nets)]):
        start = perf_counter()
        said = predict(net)
        middle = perf_counter()
        assert said.std_band is not None
        assert said.grad_rms_band is not None
        end = perf_counter()
        if number >= len(nets):
            curves.append(1000 * (middle - start))
            bands.append(1000 * (end - start))
    return curves, bands


def test_theory_at_the_current_point(table: Table) -> None:
    table.title(f"Theory at the current point, depth {DEPTH}, while init std moves")
    for name, values in POINTS.items():
        curves, bands = milliseconds_at(values)
        found = f"median {median(curves):.1f} ms; with its bands {median(bands):.1f} ms"
        table.add(name, found, "<= 5 ms", median(bands) <= 5)


def test_phase_plane_of_a_new_activation(table: Table) -> None:
    table.title(f"The phase diagram of an activation met for the first time, {CELLS} x {CELLS}")
    keys = ("tanh", "gelu", "softplus") if QUICK else tuple(ACTIVATIONS)
    times = {}
    for key in (*keys, *(PREFIX + text for text in OWN)):
        row = activation(key)
        if not row.elementwise:
            continue
        alpha = None if row.alpha is None else row.alpha.default
        expectation_table.cache_clear()
        start = perf_counter()
        phase_map(row, alpha)
        times[row.label] = perf_counter() - start
    slowest = max(times, key=lambda label: times[label])
    found = f"median {median(list(times.values())):.2f} s, slowest {times[slowest]:.2f} s ({slowest})"
    table.add(f"{len(times)} activations", found, "<= 1 s", times[slowest] <= 1)
