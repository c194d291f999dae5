"""The names that scripts and lessons depend on, used as the lessons use them."""

import subprocess
import sys

import numpy as np
import pytest

import labkit


def test_the_promised_example_runs_as_written():
    net = labkit.Network(
        activation="relu", initializer="normal", std=0.01, depth=5, width=100, batch=1000, bias_std=0.0, seed=0
    )
    trace = labkit.propagate(net)
    for name in ("pre", "post", "grad_pre", "grad_post", "weights", "grad_weights"):
        layers = getattr(trace, name)
        assert len(layers) == 5
        assert layers[0].shape == ((100, 100) if "weights" in name else (1000, 100))
    stats = labkit.summarize(trace, bins=30, range=None)
    for name in ("pre", "post", "grad_pre", "grad_weights"):
        quantity = getattr(stats, name)
        for key in ("mean", "std", "rms", "min", "max", "zeros", "outside", "nonfinite"):
            assert getattr(quantity, key).shape == (5,)
        assert quantity.counts.shape == (5, 30)
        assert quantity.edges.shape == (31,)
    for key in ("mean", "std", "rms", "saturated", "inactive", "dead", "grad_rms", "grad_weight_norm", "weight_norm"):
        assert getattr(stats, key).shape == (5,)
    found = labkit.diagnose(stats)
    assert found.verdict == labkit.diagnose(stats, net).verdict == "vanishing"
    assert found.cause
    assert found.evidence


def test_the_tables_answer_as_promised():
    z = np.array([-2.0, 3.0])
    leaky = labkit.ACTIVATIONS["leaky_relu"]
    np.testing.assert_allclose(leaky.function(z, alpha=0.1), [-0.2, 3])
    np.testing.assert_allclose(leaky.derivative(z, alpha=0.1), [0.1, 1])
    he = labkit.INITIALIZERS["he_normal"]
    assert he.sample(np.random.default_rng(0), 30, 20).shape == (30, 20)
    assert he.variance(30, 20) == pytest.approx(2 / 30)


def test_every_public_name_is_there():
    for name in labkit.__all__:
        assert hasattr(labkit, name)
    assert labkit.__version__


def test_import_labkit_loads_nothing_that_draws_or_serves():
    heavy = ["matplotlib", "ipywidgets", "IPython", "voila", "jupyter_server", "tornado", "scipy"]
    code = f"import sys, labkit; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
