import re
from dataclasses import replace

import numpy as np
import pytest

from labkit.labs.activation_functions import LAB, ActivationFunctions, compute, explain
from labkit.labs.chosen_functions import chosen
from labkit.labs.parameters import ParameterError
from labkit.nn.activations import ACTIVATIONS

CONTROLS = ActivationFunctions.controls()
VIEWS = tuple(CONTROLS["view"].options)


def curves(**values):
    return {shown.label: shown for shown in compute(ActivationFunctions(**values)).shown[0]}


def test_functions_and_slopes_are_those_of_the_rows():
    shown = curves(activations=("sigmoid", "relu"))["sigmoid"]
    np.testing.assert_allclose(shown.value, (1 + np.tanh(shown.z / 2)) / 2, atol=1e-15)
    np.testing.assert_allclose(shown.slope, np.cosh(shown.z / 2) ** -2 / 4, atol=1e-15)
    assert shown.effective == pytest.approx((-5.99, 5.99), abs=0.005)


def test_alpha_moves_those_in_which_it_means_the_same():
    keys = ("leaky_relu", "leaky_relu6", "elu", "silu", "tanh")
    found = {one.row.key: one.alpha for one in chosen(keys, "max(alpha*x, x)", 0.3)}
    own = found.pop("formula: max(alpha*x, x)")
    assert found == {"leaky_relu": 0.3, "leaky_relu6": 0.3, "elu": 1.0, "silu": 1.0, "tanh": None}
    assert own == 0.3


@pytest.mark.parametrize("key", [key for key, row in ACTIVATIONS.items() if row.alpha])
def test_alpha_takes_range_and_default_from_the_row(key):
    row, control, values = ACTIVATIONS[key], CONTROLS["alpha"], {"activations": ("tanh", key)}
    assert control.bounds(values) == (row.alpha.low, row.alpha.high)
    assert control.start(values) == row.alpha.default
    with pytest.raises(ParameterError, match="alpha"):
        ActivationFunctions(activations=("tanh", key), alpha=row.alpha.high + 0.5)


def test_alpha_moves_the_curve():
    for alpha in (0.0, 0.25, 1.0):
        shown = curves(activations=("leaky_relu",), alpha=alpha)[f"leaky ReLU, α = {alpha:g}"]
        np.testing.assert_allclose(shown.value, np.where(shown.z > 0, shown.z, alpha * shown.z))
        assert np.isnan(shown.slope).any() == (alpha != 1)


def test_controls_are_shown_where_they_do_something():
    def shown(**values):
        p = ActivationFunctions(**values)
        return {name for name, control in CONTROLS.items() if control.shown is None or control.shown(p)}

    both = {"view", "activations", "formula"}
    assert shown() == both | {"alpha", "reach"}
    assert shown(activations=("tanh",)) == both | {"reach"}
    assert shown(activations=("tanh",), formula="alpha*x", view="properties") == both | {"alpha"}
    assert shown(view="step") == {"view", "steepness"}
    assert shown(view="approximation") == {"view", "target", "relus"}
    assert shown(view="outputs") == {"view", "logit"}


def test_a_bad_formula_is_refused_at_its_control():
    with pytest.raises(ParameterError, match=r"your own f\(x\) cannot be read: column 5: expected") as found:
        ActivationFunctions(formula="x * tahn(x)")
    assert found.value.field == "formula"


def test_a_formula_is_a_row_like_any_other():
    own = curves(activations=("mish",), formula="x * tanh(softplus(x))")
    mish, formula = own["Mish"], own["x * tanh(softplus(x))"]
    np.testing.assert_allclose(formula.value, mish.value, atol=1e-12)
    np.testing.assert_allclose(formula.slope, mish.slope, atol=1e-12)


@pytest.mark.parametrize("view", ["functions", "properties"])
def test_a_new_row_turns_up_in_the_menu_and_runs(view, monkeypatch):
    probe = replace(ACTIVATIONS["tanh"], key="probe", label="a probe")
    monkeypatch.setitem(ACTIVATIONS, "probe", probe)
    assert CONTROLS["activations"].options["probe"] == "a probe"
    result = compute(ActivationFunctions(activations=("probe",), view=view))
    LAB.view().update(result)
    assert result.shown[0][0].label == "a probe"


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_says_its_numbers(view):
    text = explain(compute(ActivationFunctions(view=view)))
    assert len(re.findall(r"\d", text)) >= 2
    assert "nan" not in text


def test_captions_say_known_numbers():
    assert "0.25 (sigmoid), 1 (tanh)" in explain(compute(ActivationFunctions()))
    assert "sigmoid from −5.99 to 5.99 and tanh from −2.99 to 2.99" in explain(compute(ActivationFunctions()))
    step = explain(compute(ActivationFunctions(view="step", steepness=2.0)))
    assert "slope 0.5 at 0" in step
    assert "0.119, at z = ±1." in step
    jump = explain(compute(ActivationFunctions(view="approximation", target="step", relus=16)))
    assert "error of 0.5. With 32 it is no smaller." in jump
    wrong = explain(compute(ActivationFunctions(view="outputs", logit=-5.0)))
    assert "−0.993 with binary cross-entropy, −0.0066 with the squared error" in wrong


@pytest.mark.parametrize("preset", LAB.presets, ids=lambda preset: preset.name)
def test_every_preset_is_drawn_and_explained(preset):
    result = LAB.result(LAB.parameters.of(preset.values))
    LAB.view().update(result)
    assert explain(result)
