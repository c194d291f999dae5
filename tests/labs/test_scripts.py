"""The scripts that labs hand out print what their pages show: to a relative 1e-10, from random parameters."""

import ast
import subprocess
import sys

import numpy as np
import pytest

from labkit.labs import LABS
from labkit.labs.parameters import Choice, Choices, LogRange, ParameterError, Switch
from labkit.labs.scripts import scripts

from ..nn.test_scripts import compared, run, table  # noqa: TID252

KINDS = ["numpy", "torch"]
SMALL = {"depth": (1, 6), "width": (10, 40), "batch": (10, 60), "layer": (0, 1), "contestants": (1, 3)}
FORMULAS = ("", "", "", "x * tanh(softplus(x))", "max(alpha*x, x)")


def value(name, control, rng):
    if isinstance(control, Choices):
        return tuple(rng.choice(list(control.table), 2, replace=False))
    if isinstance(control, Choice):
        keys = [key for key in control.table if key != "mnist"]
        return str(rng.choice(keys))
    if isinstance(control, Switch):
        return bool(rng.random() < 0.5)
    if isinstance(control, LogRange):
        return float(10 ** rng.uniform(-2, 0))
    if name == "formula":
        return str(rng.choice(FORMULAS))
    low, high = SMALL.get(name, (control.low, control.high))
    low = max(low, control.low)
    high = max(low, min(high, control.high))
    if control.whole:
        step = int(control.step)
        return int(low + step * rng.integers(0, (high - low) // step + 1))
    return float(rng.uniform(low, min(high, 2.0)))


def random_parameters(lab, seed, /, **fixed):
    """Values for all controls but the fixed ones, of which None is the default.

    Where they do not fit together, the field that is named takes its default.
    """
    rng = np.random.default_rng(seed)
    values = {name: value(name, control, rng) for name, control in lab.parameters.controls().items()}
    values = {name: value for name, value in (values | fixed).items() if name in values and value is not None}
    while True:
        try:
            return lab.parameters.of(values)
        except ParameterError as error:
            del values[error.field]


def text_of(lab, parameters, kind):
    if kind == "torch":
        pytest.importorskip("torch")
    return scripts(lab, parameters)[f"{lab.key}_{kind}.py"]


def rest_of(printed, columns):
    """The numbers of the second table, without the layer."""
    lines = [line.split() for line in printed.splitlines() if line.strip()]
    rows = [line[1:] for line in lines if len(line) == columns + 1 and line[0] != "layer"]
    return np.array(rows, float)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(50))
def test_signal_propagation_as_on_the_page(seed, kind):
    lab = LABS["signal_propagation"]
    p = random_parameters(lab, seed)
    printed = run(text_of(lab, p, kind))
    compared(p.network(), printed)
    stats, found = lab.result(p).statistics, table(printed)
    if not found["nonfinite"].any() and p.network().depth < 4:
        np.testing.assert_allclose(found["std(h)"], stats.std, rtol=1e-10, atol=1e-10 * stats.rms.max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(50))
def test_angles_as_on_the_page(seed, kind):
    lab = LABS["angles"]
    p = random_parameters(lab, seed)
    text = text_of(lab, p, kind)
    result = lab.result(p)
    wanted = result.cosines[:, 0, 1:]
    found = rest_of(run(text).split("nonfinite")[1], p.inputs - 1)[-p.depth - 1 :]
    # rounding in a cosine of 1 - e is 1e-16 / sqrt(2 e) in its angle: angles are compared by their cosines
    np.testing.assert_allclose(np.cos(np.radians(found)), wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(50))
def test_phase_diagram_as_on_the_page(seed, kind):
    lab = LABS["phase_diagram"]
    p = random_parameters(lab, seed)
    printed = run(text_of(lab, p, kind))
    result = lab.result(p)
    compared(p.network(), printed)
    found = rest_of(printed, len(result.pairs))
    np.testing.assert_allclose(found.T, result.pairs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS.keys())
def test_there_are_scripts_where_there_is_a_network(lab):
    has = any(hasattr(lab.parameters, name) for name in ("network", "networks"))
    found = scripts(lab, lab.parameters())
    assert set(found) == ({f"{lab.key}_{kind}.py" for kind in KINDS} if has else set())
    for text in found.values():
        ast.parse(text)


def test_scripts_of_labs_are_clean_for_ruff(tmp_path):
    pytest.importorskip("ruff")
    for lab in LABS.values():
        for name, text in scripts(lab, lab.parameters()).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    done = subprocess.run([*ruff, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[:2000]
