"""What to do about a network that is not healthy: other fields of the same Network, tried by theory first.

The least change comes first: the biases, the inputs, the weights, and only then the activation function.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isfinite, isnan, sqrt
from typing import Any

import numpy as np

from labkit.nn.cosines import pair
from labkit.nn.critical import critical
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.properties import forward_gain
from labkit.nn.rows import rows_of
from labkit.nn.theory import predict
from labkit.nn.validity import unfit
from labkit.nn.verdicts import threshold

Changes = Mapping[str, Any]
_SURE = 0.7
"""How near to a threshold of a trend or an angle theory may come, as a share of its logarithm or of the angle's square:
seeds scatter around it. Shares scatter less.
"""
_SURE_SHARE = 0.9
_LAST_RESORT = ("tanh", "lecun_normal")
"""Without biases tanh keeps the angles between inputs, and with weights of std 1 / sqrt(n) it loses little."""
_SCHEMES = ("lecun_normal", "he_normal")


@dataclass(frozen=True)
class Remedy:
    """What to do: in words, and as values of fields of Network."""

    label: str
    changes: Changes = field(hash=False)


def remedy(network: Network, verdict: str) -> Remedy | None:
    """The least change after which theory calls this network healthy; None where none is known.

    Theory knows nothing of batch normalization: there nothing is proposed.
    """
    if network.batch_norm != "none":
        return None
    net = replace(network, gradient_source="cotangent")  # theory needs it so
    tried = [(changes, replace(net, **changes)) for changes in _candidates(net)]
    for angles in (True, False):  # better one that leaves the angles to collapse than none
        if not angles and verdict == "collapsing":
            break
        for changes, candidate in tried:
            if sound(candidate, angles):
                return Remedy(_label(changes), changes)
    return None


def _candidates(net: Network) -> Iterator[Changes]:
    for inputs in ({}, {"input_scale": 1.0}):
        for change in ({}, *_weights(net)):
            wanted: dict[str, Any] = {"bias_mean": 0.0, "bias_std": 0.0, **inputs, **change}
            if change and net.initializer_options:
                wanted["initializer_options"] = ()
            changes = {name: value for name, value in wanted.items() if getattr(net, name) != value}
            if changes:
                yield changes


def _weights(net: Network) -> Iterator[Changes]:
    """The critical weights; those that keep the second moment of activations that have one of 1; another function."""
    plain = replace(net, bias_mean=0.0, bias_std=0.0)
    std = critical(plain).std
    if std is not None:
        yield _of_std(net, std)
    gain = forward_gain(net.activation_row, net.alpha)
    if isfinite(gain):
        yield _of_std(net, gain / sqrt(net.width))
    activation, initializer = _LAST_RESORT
    yield {"activation": activation, "initializer": initializer}


def _of_std(net: Network, std: float) -> Changes:
    """Weights of this std, by the scheme whose rule gives it, if one does."""
    for key in _SCHEMES:
        if abs(INITIALIZERS[key].std(net.width, net.width) - std) <= 1e-6 * std:
            return {"initializer": key}
    return {"initializer": "normal", "std": float(f"{min(std, 100.0):.6g}")}


@lru_cache(maxsize=256)
def _sound(net: Network, angles: bool) -> bool:
    if unfit(net):
        return False
    theory = predict(net)
    if theory.rms is None or theory.grad_rms is None or theory.saturated is None or theory.inactive is None:
        return False
    ways = (theory.rms[-1], theory.rms[0]), (theory.grad_rms[0], theory.grad_rms[-1])
    low, high = threshold("vanishing") ** _SURE, threshold("exploding") ** _SURE
    if any(not near > 0 or not low <= far / near <= high for far, near in ways):
        return False
    beyond_0 = theory.saturated - theory.inactive >= threshold("saturated_beyond_0")
    flat = np.where(beyond_0, theory.saturated, 0.0)
    if (flat > _SURE_SHARE * threshold("saturated")).any() or (theory.inactive > threshold("by_chance")).any():
        return False
    return not angles or not _alike(net) >= 1 - (1 - threshold("collapsing")) / _SURE


def sound(net: Network, angles: bool = True) -> bool:
    """Whether theory calls it healthy, well within the thresholds; `angles`: also that its inputs stay apart."""
    options = net.initializer_row.options
    return _sound(net if "std" in options else replace(net, std=0.0), angles)  # a std that nothing takes


def _alike(net: Network) -> float:
    """Cosine of the activations of two inputs in the last layer; NaN where there is none."""
    rows = rows_of(net)
    cosine = min(max(rows.correlation, -1.0), 1.0)
    found = float(pair(net, cosine, float(rows.squares @ rows.shares)).post[-1])
    return -1.0 if isnan(found) else found


def _label(changes: Changes) -> str:
    """The changes in words."""
    parts = []
    if "activation" in changes:
        parts.append(f"{changes['activation']} in its place")
    if "initializer" in changes:
        label = INITIALIZERS[changes["initializer"]].label
        parts.append(f"weights of std {changes['std']:.3g}" if "std" in changes else f"weights by {label}")
    elif "std" in changes:
        parts.append(f"weights of std {changes['std']:.3g}")
    if "bias_mean" in changes or "bias_std" in changes:
        parts.append("biases of 0")
    if "input_scale" in changes:
        parts.append("inputs of scale 1")
    return ", ".join(parts)
