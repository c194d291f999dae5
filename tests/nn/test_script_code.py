"""What scripts say of an activation is what its row does, over a grid of z; in NumPy and in PyTorch."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from labkit.nn import code, planes
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.formula import parse
from labkit.nn.initializers import INITIALIZERS

SIZES = np.concatenate([np.linspace(0, 8, 801), np.geomspace(8, 300, 60), [1e-300, 1e-20, 1e-9]])
Z = np.unique(np.concatenate([-SIZES, SIZES]))
FORMULAS = (
    "x * tanh(softplus(x))", "max(alpha*x, x)", "min(max(0, x), 6)", "where(x > 0, x**2, erf(x))", "abs(x) - 0.5",
    "x / (1 + abs(x))", "sin(x) + cos(2*x)", "max(1, 2, x)", "where(2 > 1, x, 0*x)", "2 ** min(x, 5)", "log1p(x*x)",
    "sqrt(x*x + alpha)", "step(x) * x", "sign(x)", "relu(x)**2", "exp(-x*x)", "expm1(min(x, 0)) + max(x, 0)",
    "sigmoid(x) ** alpha", "-x", "z", "log(1 + exp(min(x, 20)))", "tanh(3*tanh(x))", "(x*x + 1) ** (0.1*x/(1+abs(x)))",
)  # fmt: skip
ROWS = [(row, at if row.alpha else None) for row in ACTIVATIONS.values()
        for at in ((row.alpha.low, row.alpha.default, 0.3) if row.alpha else (None,))]  # fmt: skip
ROWS += [(parse(text), 0.3) for text in FORMULAS]
each_row = pytest.mark.parametrize(("row", "alpha"), ROWS, ids=[f"{row.label}-{at}" for row, at in ROWS])


def grid(row):
    return Z if row.elementwise else np.random.default_rng(0).standard_normal((50, 20)) * 3


def defined(arguments, body, **names):
    exec(code.function("f", arguments, "", body), names)
    return names["f"]


@each_row
def test_numpy_says_what_the_row_does(row, alpha):
    z, said = grid(row), row.code_at(alpha)
    names = {"np": np, "math": math, "alpha": alpha}
    with np.errstate(all="ignore"):
        f = defined("z", said.numpy, **names)
        np.testing.assert_allclose(f(z), row.function(z, alpha), rtol=1e-12, atol=1e-300)
        slope = defined("z", said.slope, **names, ) if row.elementwise else None
        if slope is None:
            names["f"] = f
            exec(code.function("slope", "z", "", said.slope), names)
            exec(code.function("back", "z, g", "", said.back), names)
            g = np.random.default_rng(1).standard_normal(z.shape)
            np.testing.assert_allclose(names["back"](z, g), row.vjp(z, g), rtol=1e-10, atol=1e-13)
            slope = names["slope"]
        np.testing.assert_allclose(slope(z), row.derivative(z, alpha), rtol=1e-11, atol=1e-300)


@each_row
def test_torch_and_its_autograd_say_what_the_row_does(row, alpha):
    torch = pytest.importorskip("torch")
    said = row.code_at(alpha)
    f = defined("z", said.torch, torch=torch, F=torch.nn.functional, math=math, alpha=alpha)
    values = grid(row)
    z = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    g = np.random.default_rng(1).standard_normal(values.shape)
    torch.set_default_dtype(torch.float64)
    h = f(z)
    h.backward(torch.tensor(g))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(h.detach().numpy(), row.function(values, alpha), rtol=1e-12, atol=1e-300)
        wanted = row.vjp(values, g, alpha)
    np.testing.assert_allclose(z.grad.numpy(), wanted, rtol=1e-11, atol=1e-300 if row.elementwise else 1e-13)


def test_a_row_without_code_is_refused_by_name():
    row = replace(ACTIVATIONS["tanh"], key="probe", code=None)
    with pytest.raises(ValueError, match="activation 'probe' has no code"):
        row.code_at(None)


@pytest.mark.parametrize("row", INITIALIZERS.values(), ids=lambda row: row.key)
@pytest.mark.parametrize("shape", [(30, 20), (20, 30)])
def test_an_initializers_code_draws_the_same_weights(row, shape):
    changed = [{name: choice} for name, option in row.options.items() for choice in option.choices or (0.7,)]
    for options in ({}, *changed):
        given = {name: option.default for name, option in row.options.items()} | options
        draw = defined(", ".join(["rng", "fan_in", "fan_out", *given]), row.code, np=np, NormalDist=NormalDist)
        found = draw(np.random.default_rng(3), *shape, *given.values())
        np.testing.assert_allclose(found, row.sample(np.random.default_rng(3), *shape, **given), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "wave"])
def test_a_data_sets_code_draws_the_same_points(name):
    draw = defined("rng, samples", getattr(planes, f"{name.upper()}_CODE"), np=np)
    for found, wanted in zip(draw(np.random.default_rng(5), 101), getattr(planes, name)(101, np.random.default_rng(5)),
                             strict=True):  # fmt: skip
        np.testing.assert_array_equal(found, wanted)
