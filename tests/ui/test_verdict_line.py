"""The line under the picture: the verdict of the measured numbers, and a button that helps."""

from html import escape

import pytest

import labkit
from labkit.labs import LABS
from labkit.nn.verdicts import THRESHOLDS
from labkit.ui.dashboard import Page
from labkit.ui.parts import words

SIGNAL = LABS["signal_propagation"]


def test_it_says_what_the_diagnosis_of_the_statistics_says():
    page = Page(SIGNAL)
    for values in ({}, {"std": 0.01}, {"activation": "relu", "initializer": "he_normal"}, {"initializer": "zeros"}):
        page.set({**SIGNAL.parameters().values(), **values})
        net = page._parameters.network()
        found = labkit.diagnose(labkit.summarize(labkit.propagate(net)), net)
        assert f">{found.row.label}:" in page.verdict._said.value.replace("⚠ ", "").replace("✓ ", "")
        assert words(found.evidence.split(";")[0]) in page.verdict._said.value


def test_its_button_does_what_helps():
    page = Page(SIGNAL)
    page.set({"activation": "relu", "std": 0.01})
    assert "vanishing" in page.verdict._said.value
    page.verdict._button.click()
    assert page._parameters.initializer == "he_normal"
    assert "healthy" in page.verdict._said.value
    assert page.verdict._button.layout.display == "none"


def test_a_lab_of_several_networks_says_it_of_each():
    page = Page(LABS["symmetry"])
    said = page.verdict._said.value
    assert (said.count("<strong"), "1: symmetric" in said) == (2, True)


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("mnist_comparison", "initializer_1", "he_normal"),
        ("dying_relu", "bias_mean", 0.0),
        ("batch_norm", "initializer", "he_normal"),
    ],
)
def test_of_several_networks_its_button_helps_the_first_that_a_control_can(key, field, value):
    page = Page(LABS[key])
    assert "✓ 1:" not in page.verdict._said.value
    assert page.verdict._button.description.startswith("→ 1: ")
    page.verdict._button.click()
    assert page._parameters.values()[field] == value
    assert "✓ 1: healthy" in page.verdict._said.value


def test_there_is_no_button_where_no_control_helps():
    page = Page(LABS["symmetry"])
    assert "1: symmetric" in page.verdict._said.value
    assert page.verdict._button.layout.display == "none"


@pytest.mark.parametrize("key", ["softmax", "activation_functions", "chain_rule"])
def test_a_lab_without_a_network_has_none(key):
    assert Page(LABS[key]).verdict._said.value == ""


def test_huge_numbers_are_judged_without_a_warning():
    page = Page(SIGNAL)
    page.set({"activation": "identity", "std": 100.0, "depth": 100, "width": 300, "batch": 10})
    assert page.message.value == ""
    assert "exploding" in page.verdict._said.value or "mixed" in page.verdict._said.value


def test_the_thresholds_can_be_seen():
    page = Page(SIGNAL)
    page.drawers.buttons["Numbers"].value = True
    (drawer,) = page.drawers._made.values()
    for row in THRESHOLDS.values():
        assert escape(row.label) in drawer.widget.value
        assert f"<td>{row.value:g}</td>" in drawer.widget.value


def test_predict_covers_the_picture_until_the_answer_and_is_left_without_a_trace():
    page = Page(SIGNAL)
    page.drawers.buttons["Predict"].value = True
    assert "labkit-covered" in page.widget._dom_classes
    (panel,) = page.drawers._made.values()
    panel._box.value = 0 if not isinstance(panel._box.value, str) else "1"
    panel.commit()
    assert "labkit-covered" not in page.widget._dom_classes
    assert page._parameters == SIGNAL.parameters.of(panel.current.values)
    panel._go(panel._number + 1)
    assert "labkit-covered" in page.widget._dom_classes
    panel.end()
    assert "labkit-covered" not in page.widget._dom_classes
    assert page.drawers.buttons["Predict"].value is False
