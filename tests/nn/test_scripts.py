"""The scripts print what labkit computes: to a relative 1e-10, in NumPy and in PyTorch, for random networks.

A number is asked for to 1e-10 where it is a matter of the network and not of rounding: where inputs and weights that
are moved by 1e-14 of themselves move it by less than 1e-11. Means and standard deviations below 1e-5 of the layer's RMS
are compared relative to that. Below 1e-290 numbers lose digits on their way to 0, and count as equal. Where values are
not finite, the scripts must say so, and no more is compared: how infinities meet depends on the order of sums.
"""

import ast
import io
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import Network
from labkit.nn.propagation import Trace
from labkit.nn.scripts import numpy_script, torch_script
from labkit.nn.scripts.propagation import COLUMNS
from labkit.nn.statistics import summarize

FORMULAS = ("formula: x * tanh(softplus(x))", "formula: max(alpha*x, x)", "formula: where(x > 0, x**2, erf(x))")
STATES = 120


def random_network(seed):
    """Every activation and every initializer has its turn."""
    rng = np.random.default_rng(seed)
    keys = (*ACTIVATIONS, *FORMULAS)
    dataset = rng.choice(["gaussian", "gaussian", "mnist_small", "moons", "circles", "spirals"])
    labeled = dataset != "gaussian"
    net = {
        "activation": keys[seed % len(keys)], "initializer": list(INITIALIZERS)[seed % len(INITIALIZERS)],
        "depth": int(rng.integers(1, 9)), "width": int(rng.integers(2, 40)), "batch": int(rng.integers(2, 60)),
        "std": float(10 ** rng.uniform(-3, 0)), "bias_mean": float(rng.choice([0, 0, rng.normal()])),
        "bias_std": float(rng.choice([0, 0, rng.random()])), "dataset": str(dataset),
        "standardize": bool(rng.random() < 0.5), "input_scale": float(rng.choice([1, 10 ** rng.uniform(-1, 1)])),
        "gradient_source": "loss" if labeled and rng.random() < 0.5 else "cotangent", "seed": seed,
    }  # fmt: skip
    row = Network(**net).activation_row
    if row.alpha:
        net["alpha"] = float(rng.choice([row.alpha.low, row.alpha.default, rng.uniform(row.alpha.low, row.alpha.high)]))
    return Network(**net)


def run(text):
    """What a script prints, in this process."""
    printed = io.StringIO()
    with np.errstate(), redirect_stdout(printed):
        exec(compile(text, "script.py", "exec"), {"__name__": "script"})
    return printed.getvalue()


def table(printed):
    """Number by column name, (depth,) each, of the first table in what was printed."""
    lines = printed.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("layer"))
    rows = []
    for line in lines[first + 1 :]:
        if len(line.split()) != len(COLUMNS) + 1:
            break
        rows.append([float(word) for word in line.split()])
    return dict(zip(lines[first].split(), np.array(rows).T, strict=True))


def jittered(values, moved, rng):
    """Each value a little larger or smaller, at random."""
    return values * (1 + moved * rng.choice([-1, 1], values.shape))


def measured(net, moved=0.0):
    """What labkit says of a network with inputs and weights moved by this share of themselves, and its RMS."""
    trace = Trace(net)
    if moved:
        rng = np.random.default_rng(0)
        trace.x = jittered(trace.x, moved, rng)
        vars(trace)["weights"] = tuple(jittered(W, moved, rng) for W in trace.weights)
        if net.gradient_source == "loss":
            vars(trace)["readout"] = tuple(jittered(each, moved, rng) for each in trace.readout)
    stats = summarize(trace, quantities=("post", "grad_pre"), histograms=())
    nonfinite = stats.post.nonfinite + stats.grad_pre.nonfinite
    columns = (stats.mean, stats.std, stats.grad_rms, stats.saturated, stats.inactive, stats.dead, nonfinite)
    return dict(zip(COLUMNS, columns, strict=True)), stats.rms


def compared(net, printed):
    """How many numbers were compared, of how many; AssertionError where one differs."""
    found = table(printed)
    (wanted, rms), (near, _) = measured(net), measured(net, 1e-14)
    finite = np.cumsum(wanted["nonfinite"]) == 0 if wanted["nonfinite"].any() else np.full(net.depth, True)
    if not finite.all():
        assert found["nonfinite"].any()
        finite[:] = False
    count = 0
    for name in COLUMNS:
        size = np.maximum(np.abs(wanted[name]), rms * 1e-5 if name in ("mean(h)", "std(h)") else 0)
        steady = finite & (np.abs(near[name] - wanted[name]) <= 1e-11 * size)
        np.testing.assert_array_less(
            np.abs(found[name] - wanted[name])[steady], (1e-10 * size + 1e-290)[steady], err_msg=f"{name} of {net}"
        )
        count += steady.sum()
    return count, len(COLUMNS) * net.depth


@pytest.mark.parametrize("seed", range(STATES))
def test_numpy_prints_the_numbers(seed):
    net = random_network(seed)
    compared(net, run(numpy_script(net)))


@pytest.mark.parametrize("seed", range(STATES))
def test_torch_prints_the_numbers(seed):
    pytest.importorskip("torch")
    net = random_network(seed)
    compared(net, run(torch_script(net)))


def test_nearly_all_numbers_are_compared():
    found = [compared(net, run(numpy_script(net))) for net in map(random_network, range(STATES))]
    assert sum(count == of for count, of in found) >= 0.9 * STATES
    assert sum(count for count, _ in found) >= 0.95 * sum(of for _, of in found)


@pytest.mark.parametrize("seed", [3, 21])
def test_a_script_runs_alone(seed, tmp_path):
    """In a Python that sees neither this folder nor the environment: labkit is not there to help."""
    net = replace(random_network(seed), dataset="gaussian", gradient_source="cotangent")
    path = tmp_path / "script.py"
    path.write_text(numpy_script(net), encoding="utf-8")
    assert "labkit" not in {name.partition(".")[0] for name in imported(path.read_text(encoding="utf-8"))}
    done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == ""
    count, of = compared(net, done.stdout)
    assert count >= 0.9 * of


def imported(text):
    """The modules that a script imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


@pytest.mark.parametrize("write", [numpy_script, torch_script])
def test_scripts_are_clean_for_ruff(write, tmp_path):
    for seed in range(STATES):
        (tmp_path / f"script_{seed}.py").write_text(write(random_network(seed)), encoding="utf-8")
    pytest.importorskip("ruff")
    ruff = [sys.executable, "-m", "ruff", "check"]
    done = subprocess.run([*ruff, "--isolated", "--no-cache", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[:2000]


@pytest.mark.parametrize("write", [numpy_script, torch_script])
def test_nothing_that_was_typed_is_written_but_what_was_read_of_it(write):
    """Two formulas that read alike give one script; spaces and the name of the variable are nowhere in it."""
    a, b = (write(Network(activation=f"formula: {text}")) for text in ("max(x,   0.10*x)", "max( z, 1e-1 * z )"))
    assert a == b


def test_what_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="no batch normalization, got batch_norm 'before'"):
        numpy_script(Network(batch_norm="before"))
    with pytest.raises(ValueError, match="no script for the data set 'mnist': take 'mnist_small'"):
        torch_script(Network(dataset="mnist"))


def test_a_row_without_code_is_refused(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "probe", replace(ACTIVATIONS["tanh"], key="probe", code=None))
    monkeypatch.setitem(INITIALIZERS, "probe", replace(INITIALIZERS["zeros"], key="probe", code=None))
    with pytest.raises(ValueError, match="activation 'probe' has no code"):
        numpy_script(Network(activation="probe"))
    with pytest.raises(ValueError, match="initializer 'probe' has no code"):
        torch_script(Network(initializer="probe"))
