"""The pieces that all scripts are made of: the draws, the first weights, the activation, the samples.

What stands in a script is the text of the rows, numbers by `repr`, and the lines here: nothing that anyone typed, but
the operations and numbers of a formula, as they were read.
"""

from math import inf
from typing import Any

from labkit.nn.activation import Activation
from labkit.nn.code import function
from labkit.nn.datasets import Dataset
from labkit.nn.draws import Stream
from labkit.nn.formula import PREFIX
from labkit.nn.initializers import Initializer
from labkit.nn.network import Network
from labkit.nn.planes import SAMPLES
from labkit.nn.properties import SATURATED_BELOW, largest_slope

MOMENTS = '''\
def moments(values):
    """Mean, standard deviation and root mean square of the finite values."""
    values = values[np.isfinite(values)]
    if values.size == 0:
        return np.nan, np.nan, np.nan
    size = np.abs(values).max() or 1.0  # divided by, as the square of 1e-200 is 0
    values = values / size
    return size * values.mean(), size * values.std(), size * np.sqrt(np.mean(values**2))
'''
_DRAWS = '''\
# ---- Draws. Each purpose and each layer has random numbers of its own, all from the one seed. So a deeper network
# ---- keeps the layers that it had, and another std scales the same draws.
{streams}


def stream(purpose, layer=0{seed}):
    return np.random.default_rng(np.random.SeedSequence({at}, spawn_key=(purpose, layer)))
'''
_DIGITS = '''\
# The digits come with labkit. Where it is not installed, write the path of its file here.
DIGITS = resources.files("labkit.nn") / "data" / "mnist_5000_1000.npz"
with DIGITS.open("rb") as file:
    stored = dict(np.load(file))
'''


def title(text: str) -> str:
    """The line above a part."""
    return f"# ---- {text}"


def head(doc: str, body: str) -> str:
    """A script: its docstring, the imports that it needs, its body."""
    lines = ["import math"] if "math." in body else []
    if "resources." in body:
        lines.append("from importlib import resources")
    if "NormalDist" in body:
        lines.append("from statistics import NormalDist")
    lines += [*([""] if lines else []), "import numpy as np"]
    if "torch." in body or "F." in body:
        lines.append("import torch")
    if " F." in body or "(F." in body:
        lines.append("from torch.nn import functional as F")
    text = f'"""{doc}"""\n\n' + "\n".join(lines) + "\n\n" + body
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def draws(text: str, seed: bool = False) -> str:
    """The streams that `text` draws from; with `seed` each call says its own."""
    used = [each for each in Stream if each.name in text]
    names, numbers = ", ".join(each.name for each in used), ", ".join(str(int(each)) for each in used)
    return _DRAWS.format(
        streams=f"{names} = {numbers}", seed=", seed=SEED" if seed else "", at="seed" if seed else "SEED"
    )


def number(value: Any) -> str:
    """A number to its last bit; or a key of the tables."""
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value) if isinstance(value, bool | int) else repr(float(value))


def name_of(row: Activation) -> str:
    """Its label; a formula's is what somebody typed."""
    return "your own f(x)" if row.key.startswith(PREFIX) else row.label


def first_weights(row: Initializer, options: dict[str, Any], name: str = "initial_weights") -> str:
    """The function that draws a layer's weights; ValueError where the row has no code."""
    if row.code is None:
        raise ValueError(f"initializer {row.key!r} has no code for a script: give its row `code`")
    given = [f"{key}={number(value)}" for key, value in options.items()]
    arguments = ", ".join(["rng", "fan_in", "fan_out", *given])
    return function(name, arguments, f"{row.label}: weights of shape (fan_in, fan_out).", row.code)


def _alpha(net: Network) -> str:
    """The argument of an activation that has one; a formula has its alpha in its lines."""
    formula = net.activation.startswith(PREFIX)
    return "" if net.alpha is None or formula else f", alpha={number(net.alpha)}"


def activation(net: Network, torch: bool, name: str = "f") -> str:
    """The functions of an activation: its value, and in NumPy its slope and the gradient's way back."""
    row, said = net.activation_row, net.activation_row.code_at(net.alpha)
    alpha = _alpha(net)
    label = name_of(row)
    if torch:
        parts = [function(name, f"z{alpha}", f"{label}.", said.torch)]
        slope = said.torch_slope or _torch_slope()
        parts.append(function(f"{name}_slope", f"z{alpha}" if said.torch_slope else "z", "dh/dz.", slope))
        return "\n\n\n".join(parts).replace(" f(", f" {name}(")
    parts = [function(name, f"z{alpha}", f"{label}.", said.numpy)]
    parts.append(function(f"{name}_slope", f"z{alpha}", "Its derivative.", said.slope))
    back = said.back or f"{name}_slope(z) * g"
    parts.append(function(f"{name}_back", "z, g", "dC/dz from g = dC/dh.", back))
    return "\n\n\n".join(parts).replace(" f(", f" {name}(")


def learned_activation(net: Network, torch: bool, name: str) -> str:
    """The same for a training; an alpha that is learned or random is handed in."""
    row = net.activation_row
    training = row.in_training
    if training is not None and training.code is None:
        raise ValueError(f"activation {row.key!r} has no code for a training: give its `in_training` a `code`")
    own = training is not None
    said = training.code if training is not None and training.code is not None else row.code_at(net.alpha)
    given, passed = ", alpha" if own else _alpha(net), ", alpha" if own else ""
    parts = [function(name, f"z{given}", f"{name_of(row)}.", said.torch if torch else said.numpy)]
    if torch:
        slope, given = (said.torch_slope, given) if said.torch_slope else (_torch_slope(passed), passed)
        parts.append(function(f"{name}_slope", f"z{given}", "dh/dz.", slope))
    else:
        parts.append(function(f"{name}_slope", f"z{given}", "Its derivative.", said.slope))
        back = said.back or f"{name}_slope(z{passed}) * g"
        parts.append(function(f"{name}_back", f"z, g{passed}", "dC/dz from g = dC/dh.", back))
    return "\n\n\n".join(parts).replace(" f(", f" {name}(").replace("(f(", f"({name}(")


def _torch_slope(alpha: str = "") -> str:
    return f"z = z.detach().requires_grad_()\nreturn torch.autograd.grad(f(z{alpha}).sum(), z)[0]"


def saturated_below(net: Network) -> str:
    """The setting that says what is saturated."""
    largest = largest_slope(net.activation_row, net.alpha)
    if largest == inf:
        return "SATURATED_BELOW = 0.0  # the slope has no bound: nothing saturates"
    share = f"{100 * SATURATED_BELOW:.1f} % of the largest"
    return f"SATURATED_BELOW = {number(SATURATED_BELOW * largest)}  # of |slope|: {share}"


def samples(row: Dataset) -> str:
    """The lines that give train_x, train_y, test_x and test_y as they are stored; ValueError where there are none."""
    if row.code is not None:
        draw = function("draw_points", "rng, samples", f"{row.label}.", row.code)
        sets = "\n".join(
            f"{name}_x, {name}_y = draw_points(stream(SAMPLES, {i}), {SAMPLES})"
            for i, name in enumerate(("train", "test"))
        )
        return f"{draw}\n\n\n{sets}\n"
    if row.decided_by(0) != "shipped":
        raise ValueError(f"there is no script for the data set {row.key!r}: take 'mnist_small', which is shipped")
    sets = "\n".join(
        f'{name}_x, {name}_y = stored["{name}_images"].reshape(-1, 784), stored["{name}_labels"].astype(int)'
        for name in ("train", "test")
    )
    return f"{_DIGITS}{sets}\n"
