"""Where the names of initializers mislead, told by the numbers and not by the names: whoever arrives there is told."""

from collections.abc import Mapping
from typing import Any

from labkit.figures.numbers import percent, short
from labkit.nn.activation import Activation
from labkit.nn.initializers import INITIALIZERS, Initializer
from labkit.nn.properties import forward_gain

_NEAR = 0.01  # of a variance: half as much of a std


def traps(row: Initializer, options: Mapping[str, Any], fan_in: int, fan_out: int) -> list[str]:
    """What the chosen weights may be mistaken for, a sentence each."""
    variance, mean = row.variance(fan_in, fan_out, **options), row.mean(fan_in, fan_out, **options)
    if variance == 0:
        return [_without_spread(mean)]
    if mean != 0:
        return [_off_center(variance, mean, fan_in)]
    found = [_cut(row, options, fan_in, fan_out), _torch_default(variance, fan_in, fan_out)]
    return [sentence for sentence in (*found, _xavier(row, variance, fan_in, fan_out)) if sentence]


def _without_spread(mean: float) -> str:
    if mean == 0:
        return "All weights are 0: nothing goes forward and nothing comes back"
    return "All weights are equal, so all units of the layer are, and training cannot tell them apart"


def _off_center(variance: float, mean: float, fan_in: int) -> str:
    common = mean * mean / (variance + mean * mean)
    return (
        f"The weights' mean is {short(mean)}, not 0: {percent(common)} of the mean square of z is the same number in "
        f"all units, and inputs of mean m give z the mean {short(fan_in * mean)} m"
    )


def _cut(row: Initializer, options: Mapping[str, Any], fan_in: int, fan_out: int) -> str:
    asked = options.get("std", 0)
    ratio = row.std(fan_in, fan_out, **options) / asked if asked else 1.0
    return f"The cut tails leave {ratio:.4f} of the std that is asked for" if abs(ratio - 1) > 1e-6 else ""


def _torch_default(variance: float, fan_in: int, fan_out: int) -> str:
    if not _near(variance, INITIALIZERS["torch_default"].variance(fan_in, fan_out)):
        return ""
    return (
        "1/(3 fan_in) is PyTorch's default for a linear layer, a third of LeCun's variance and a sixth of He's: it is "
        "neither Xavier nor made for ReLU"
    )


def _xavier(row: Initializer, variance: float, fan_in: int, fan_out: int) -> str:
    lecun, glorot = (INITIALIZERS[key] for key in ("lecun_normal", "xavier_normal"))
    is_lecun, is_glorot = (_near(variance, scheme.variance(fan_in, fan_out)) for scheme in (lecun, glorot))
    if row.dependent:
        return ""  # not independent draws: none of the schemes compared here
    if is_lecun and is_glorot:
        return (
            "The layer is square: only here 1/fan_in (LeCun's, which the book and cs231n call Xavier) and Glorot's "
            "2/(fan_in + fan_out) agree"
        )
    if is_lecun:
        other = short(glorot.std(fan_in, fan_out))
        return f"1/fan_in is LeCun's; the book and cs231n call it Xavier, but Glorot's Xavier has std {other} here"
    if is_glorot:
        other = short(lecun.std(fan_in, fan_out))
        return f"This is Glorot's and PyTorch's Xavier; that of the book and cs231n, 1/fan_in, has std {other} here"
    return ""


def _near(variance: float, other: float) -> bool:
    return abs(variance - other) <= _NEAR * other


def gain_note(activation: Activation, alpha: float | None) -> str:
    """The gain that keeps an activation's mean square, and PyTorch's by convention where it has one."""
    keeps = f"mean square kept at {short(forward_gain(activation, alpha), 4)}"
    if not activation.elementwise:
        return f"{activation.label} has no gain: it couples the units"
    gain = activation.torch_gain
    if gain is None:
        return f"{keeps}; PyTorch names none"
    if callable(gain):
        assert activation.alpha is not None
        gain = gain(activation.alpha.check(alpha))
    return f"{keeps}; PyTorch's gain {short(gain, 4)}"
