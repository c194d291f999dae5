"""What is measured of one setting: a row of numbers, the same wherever and in whatever order it is made."""

from collections.abc import Mapping
from math import inf, nan
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn.diagnosis import diagnose
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import LayerStatistics, summarize
from labkit.sweeps.design import Design
from labkit.sweeps.training import Training

MEASURED = (
    "rms_last", "rms_gain", "std_last", "grad_rms_first", "grad_gain", "saturated_last", "dead", "cosine_last",
)  # fmt: skip
"""Numbers of a network that was not trained: see `measured`."""
TRAINED = ("loss_first", "loss", "accuracy")
VERDICT, ERROR = "verdict", "error"


def record(setting: Mapping[str, Any], training: Training | None = None) -> dict[str, Any]:
    """The measures of a setting, as a row; of one that fails they are NaN, with the reason as its `error`.

    Weights are drawn here, from the setting's seed.
    """
    try:
        network = Network(**setting)
        with np.errstate(all="ignore"):  # an overflow is a result here
            trained = {} if training is None else training.run(network)
            passed, verdict = _passed(network)
            found = {**passed, **trained, VERDICT: verdict, ERROR: None}
    except Exception as error:  # whatever it is: the other settings go on
        found = _failed(training, f"{type(error).__name__}: {error}")
    return found


def _passed(network: Network) -> tuple[dict[str, float], str | None]:
    """The first pass and its verdict; NaN and None with batch normalization, which is training's alone."""
    if network.batch_norm != "none":
        return dict.fromkeys(MEASURED, nan), None
    statistics = summarize(propagate(network), quantities=("post", "grad_pre"), histograms=())
    return measured(statistics), diagnose(statistics, network).verdict


def _failed(training: Training | None, why: str) -> dict[str, Any]:
    numbers = (*MEASURED, *(TRAINED if training else ()))
    return {**dict.fromkeys(numbers, nan), VERDICT: None, ERROR: why}


def measured(statistics: LayerStatistics) -> dict[str, float]:
    """Of the last layer: RMS, standard deviation, saturated share, mean cosine of two samples; the RMS of dC/dz in the
    first; by how much a layer multiplies the RMS of h forward, and that of dC/dz backward, in the geometric mean; the
    largest share of dead units in a layer.
    """
    rms, gradient = statistics.rms, statistics.grad_rms
    return {
        "rms_last": float(rms[-1]),
        "rms_gain": gain(rms),
        "std_last": float(statistics.std[-1]),
        "grad_rms_first": float(gradient[0]),
        "grad_gain": gain(gradient[::-1]),
        "saturated_last": float(statistics.saturated[-1]),
        "dead": float(statistics.dead.max()),
        "cosine_last": float(statistics.cosine[-1]),
    }


def gain(by_layer: NDArray[np.float64]) -> float:
    """By how much a layer multiplies, in the geometric mean from the first number to the last; NaN of one number.

    >>> round(gain(np.array([1.0, 2.0, 4.0])), 12)
    2.0
    """
    if len(by_layer) < 2:
        return nan
    with np.errstate(all="ignore"):
        return float(np.exp((np.log(by_layer[-1]) - np.log(by_layer[0])) / (len(by_layer) - 1)))


def columns(design: Design, start: int, stop: int, seconds: float = inf) -> dict[str, list[Any]]:
    """The rows start .. stop - 1 of a sweep, as columns: its number, its axes and what is fixed, its measures.

    Only the first of them, one at least, where all would take more than `seconds`.
    """
    rows, end = [], perf_counter() + seconds
    for number in range(start, stop):
        setting = design.setting(number)
        rows.append({"index": number, **setting, **record(setting, design.training)})
        if perf_counter() > end:
            break
    return _columns(rows)


def lost(design: Design, number: int, why: str) -> dict[str, list[Any]]:
    """The one row of a setting that nobody could measure."""
    return _columns([{"index": number, **design.setting(number), **_failed(design.training, why)}])


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}
