"""What all labs with an activation, an own formula or an initializer have alike."""

from typing import Any

import numpy as np
import pytest

from labkit.labs import LABS
from labkit.labs.lab import Lab

KEYS = [key for key, lab in LABS.items() if "activation" in lab.parameters.controls()]
WITH_THEORY = {"signal_propagation", "phase_diagram", "angles"}
OWN = [key for key in KEYS if "formula" in LABS[key].parameters.controls()]
SQUARE = [key for key in KEYS if {"std", "width"} <= LABS[key].parameters.controls().keys()]


def said(lab: Lab, name: str, **values: Any) -> str:
    """The note of a control."""
    note = lab.parameters.controls()[name].note
    return note(lab.parameters.of(values)) if note else ""


@pytest.mark.parametrize("key", OWN)
def test_an_activation_says_that_an_own_formula_is_used_in_its_place(key):
    assert said(LABS[key], "activation") == ""
    assert "x * tanh(x)" in said(LABS[key], "activation", formula="x * tanh(x)")


@pytest.mark.parametrize("key", OWN)
def test_what_is_wrong_in_a_formula_follows_its_label(key):
    with pytest.raises(ValueError, match=r"^your own f\(x\) cannot be read: column 3: "):
        LABS[key].parameters(formula="x @ 2")


@pytest.mark.parametrize("key", KEYS)
def test_the_parameter_of_swish_is_called_beta(key):
    lab = LABS[key]
    assert said(lab, "alpha", activation="silu").startswith("beta")
    assert "beta" not in said(lab, "alpha", activation="leaky_relu")
    caption = lab.explain(lab.compute(lab.parameters(activation="silu")))
    assert "SiLU (Swish) (beta 1)" in caption


def test_so_it_is_among_the_functions():
    lab = LABS["activation_functions"]
    values = {"activations": ("relu", "silu"), "alpha": 2.0}
    assert "SiLU (Swish): beta" in said(lab, "alpha", **values)
    assert "SiLU (Swish), β = 2" in lab.explain(lab.compute(lab.parameters.of(values)))


@pytest.mark.parametrize("formula", ["log(x)", "sqrt(x)", "x**x", "exp(exp(exp(x)))", "1/x"])
@pytest.mark.parametrize("key", OWN)
def test_a_formula_without_a_value_somewhere_gets_a_picture_and_no_theory(key, formula):
    lab = LABS[key]
    depth = {"depth": 3} if "depth" in lab.parameters.controls() else {}
    parameters = lab.parameters(formula=formula, **depth)
    if key == "zig_zag" and formula != "1/x":
        with pytest.raises(ValueError, match=r"must be finite and below 1e\+100: your own f"):
            lab.compute(parameters)
        return
    result = lab.compute(parameters)
    said = lab.explain(result)
    assert f"{formula} has no finite value at z = " in said or key not in WITH_THEORY
    view = lab.view()
    with np.errstate(all="ignore"):
        view.update(result)


@pytest.mark.parametrize("key", SQUARE)
def test_a_std_that_is_given_has_the_digits_that_its_box_can_show(key):
    lab = LABS[key]
    parameters = lab.parameters(initializer="he_normal")
    assert lab.parameters.controls()["std"].given(parameters) == float(f"{(2 / parameters.width) ** 0.5:.4g}")
