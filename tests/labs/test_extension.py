"""A row put in a table is all that a new activation or initializer needs: menus, labs, theory, the rows' own tests."""

import inspect

import numpy as np
import pytest

import labkit
from labkit.labs import LABS
from labkit.labs.parameters import Choice, Choices
from labkit.nn.activations import ACTIVATIONS, Activation, Alpha
from labkit.nn.initializers import INITIALIZERS, Initializer, Option
from labkit.ui.dashboard import Page

from ..nn import (  # isort: skip  # noqa: TID252
    test_activations, test_derived, test_initializers, test_properties, test_schemes, test_theory_predict,
    test_theory_quadrature,
)  # fmt: skip

ACTIVATION = Activation(
    key="probe", label="bent tanh", function=lambda z, a: np.where(z > 0, np.tanh(z), a * z),
    derivative=lambda z, a: np.where(z > 0, np.cosh(np.clip(z, -350, 350)) ** -2, np.where(np.isnan(z), z, a)),
    formula=r"\tanh z \text{ for } z > 0,\ a z \text{ otherwise}", source="a test",
    alpha=Alpha("slope for z < 0", 0.3, low=-0.5), kinks=(0.0,),
)  # fmt: skip
INITIALIZER = Initializer(
    key="probe", label="coin", draw=lambda rng, i, o: rng.choice([-1.0, 1.0], (i, o)),
    weights=lambda draw, i, o, spread=1.0: draw * spread / i**0.5, variance=lambda i, o, spread=1.0: spread**2 / i,
    formula=r"\pm s / \sqrt{n_{in}}", source="a test", torch="torch.nn.init.normal_(w)",
    options={"spread": Option("spread", 1.0)},
)  # fmt: skip
ABOUT_ONE = {"softmax", "sweep_explorer"}  # about one function, about what was measured: they offer no other
each_lab = pytest.mark.parametrize("lab", LABS.values(), ids=LABS.keys())


@pytest.fixture(autouse=True)
def probes(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "probe", ACTIVATION)
    monkeypatch.setitem(INITIALIZERS, "probe", INITIALIZER)


def menus(lab):
    """The row of the probe by name of each control that offers a table's rows."""
    tables = ((ACTIVATIONS, ACTIVATION), (INITIALIZERS, INITIALIZER))
    return {
        name: row
        for name, control in lab.parameters.controls().items() if isinstance(control, Choice | Choices)
        for table, row in tables if control.table is table
    }  # fmt: skip


def with_probe(lab, name):
    """The defaults with the probe; where they do not show the control, the values of a scene that does, or None."""
    control = lab.parameters.controls()[name]
    scenes = ({}, *(preset.values for preset in lab.presets))
    shown = control.shown or (lambda p: True)
    values = next((values for values in scenes if shown(lab.parameters.of(values))), None)
    probe = ("probe", next(iter(control.table))) if isinstance(control, Choices) else "probe"
    return None if values is None else lab.parameters.of({**values, name: probe})


@each_lab
def test_it_turns_up_in_every_menu(lab):
    assert ACTIVATION in menus(lab).values() or lab.key in ABOUT_ONE
    fields = Page(lab).fields
    for name, row in menus(lab).items():
        options = dict(option[:2] for part in fields[name].parts for option in getattr(part, "options", ()))
        assert options[row.label] == "probe"


@each_lab
def test_it_runs_in_every_lab(lab):
    placed = [(row, found) for name, row in menus(lab).items() if (found := with_probe(lab, name)) is not None]
    assert ACTIVATION in [row for row, _ in placed] or lab.key in ABOUT_ONE
    for row, parameters in placed:
        result = lab.compute(parameters)
        view = lab.view()
        view.update(result)
        view.figure.canvas.draw()
        assert row.label in lab.explain(result).replace("Bent", "bent")  # a sentence may begin with it


def test_it_gets_theory():
    net = labkit.Network(activation="probe", initializer="probe", alpha=0.3)
    said = labkit.predict(net)
    assert said.reason_forward is said.reason_backward is None
    assert np.isfinite([said.std, said.std_band.low, said.grad_rms, said.grad_rms_band.high]).all()
    assert said.q_star == 0  # E f^2 < q
    # near 0 it is a leaky ReLU
    assert labkit.critical_std(net) ** 2 * 100 == pytest.approx(2 / (1 + 0.3**2), rel=1e-4)


# what the rows' own tests take besides the row
ARGUMENTS = {
    "dtype": np.float32, "shape": (3, 4), "size": 1e4, "mean": 0.7, "fields": {}, "fan_in": 400, "fan_out": 100,
}  # fmt: skip
ROW_TESTS = [
    pytest.param(row, test, id=name.removeprefix("test_"))
    for row, modules in (
        (ACTIVATION, (test_activations, test_derived, test_properties, test_theory_quadrature, test_theory_predict)),
        (INITIALIZER, (test_initializers, test_schemes)),
    )
    for module in modules for name, test in vars(module).items()
    if name.startswith("test_") and {"row"} <= inspect.signature(test).parameters.keys() <= {"row", *ARGUMENTS}
]  # fmt: skip


@pytest.mark.parametrize(("row", "test"), ROW_TESTS)
def test_it_passes_the_rows_own_tests(row, test):
    test(row, **{name: ARGUMENTS[name] for name in list(inspect.signature(test).parameters)[1:]})


def test_the_rows_own_tests_are_many():
    assert len(ROW_TESTS) > 25
