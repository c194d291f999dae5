"""Pins: what is kept, how it is named, and that the picture returns to what it was."""

import re
from importlib import resources

import pytest

from labkit.figures.ghosts import LOOKS
from labkit.labs import LABS
from labkit.ui.dashboard import Page

SIGNAL = LABS["signal_propagation"]
# of the labs that train, one in every run
EACH_LAB = [
    pytest.param(lab, id=key, marks=pytest.mark.long if lab.motion and key != "symmetry" else ())
    for key, lab in LABS.items()
]


@pytest.fixture
def page() -> Page:
    return Page(SIGNAL)


def names(page: Page) -> list[str]:
    return [label.description for label in page.pins.widget.children[:-1]]


def cells(page: Page) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", page.pins.widget.children[-1].value)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_a_pin_is_named_by_what_sets_it_apart_from_now(page: Page) -> None:
    page.set({"std": 0.01})
    page.pin()
    assert names(page) == ["✕ 1: the same values"]
    page.set({"std": 0.1})
    assert names(page) == ["✕ 1: init std 0.01 → 0.1"]
    page.pin()
    page.set({"activation": "relu", "seed": 3})
    assert names(page) == [
        "✕ 1: activation tanh → ReLU; init std 0.01 → 0.1; seed 0 → 3", "✕ 2: activation tanh → ReLU; seed 0 → 3",
    ]  # fmt: skip


def test_the_table_has_the_values_and_the_numbers_of_each(page: Page) -> None:
    page.set({"std": 0.01})
    page.pin()
    page.set({"std": 0.1})
    head, *rows = cells(page)
    assert head == ["", "now", "pin 1"]
    assert rows[0] == ["init std", "0.1", "0.01"]


def test_the_picture_shows_the_pin_and_is_what_it_was_when_the_pin_is_gone(page: Page) -> None:
    page.set({"std": 0.1})
    alone = page.image.value
    page.set({"std": 0.01})
    page.pin()
    page.set({"std": 0.1})
    assert page.image.value != alone
    page.pins.widget.children[0].click()
    assert page.image.value == alone
    assert page.pins.widget.children == ()


def test_the_outline_is_the_pins_own_curve(page: Page) -> None:
    page.set({"std": 0.01})
    page.pin()
    pinned = page._shown.statistics.std
    page.set({"std": 0.1, "activation": "relu"})
    curves = [line.get_ydata().tolist() for line in page.pins.outlines.artists if len(line.get_ydata()) == 5]
    assert pinned.tolist() in curves


def test_a_fourth_pin_is_refused_and_nothing_is_lost(page: Page) -> None:
    for std in (0.01, 0.02, 0.03):
        page.set({"std": std})
        page.pin()
    picture = page.image.value
    page.pin()
    assert "at most 3 states can be pinned" in page.message.value
    assert (len(page.pins.pins), page.image.value) == (3, picture)


def test_a_pin_follows_what_only_changes_what_is_shown(page: Page) -> None:
    page.pin()
    page.set({"show": "grad_pre", "std": 0.1})
    assert page.pins.pins[0].result.shown == "grad_pre"
    assert names(page) == ["✕ 1: init std 1 → 0.1"]


def test_reset_takes_the_pins_away(page: Page) -> None:
    page.set({"std": 0.01})
    page.pin()
    page.reset()
    assert (page.pins.pins, page.image.value) == ((), Page(SIGNAL).image.value)


@pytest.mark.parametrize("most", [2, pytest.param(None, marks=pytest.mark.long)], ids=["some", "all"])
@pytest.mark.parametrize("lab", EACH_LAB)
def test_every_scene_can_be_pinned_beside_the_one_before(lab, most) -> None:
    page = Page(lab)
    for preset in lab.presets[:most]:
        page.pins.clear()
        page.pin()
        page.show_preset(preset)
        assert page.message.value == ""
        assert len(page.pins.pins) == 1


def test_a_pins_button_has_the_color_of_its_outline():
    css = (resources.files("labkit.ui") / "page.css").read_text(encoding="utf-8")
    for number, (color, _) in enumerate(LOOKS, 1):
        assert f".labkit-pin-{number} {{ border-color: {color};" in css
