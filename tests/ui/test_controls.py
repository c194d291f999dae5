"""One widget for each kind of control."""

from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest

from labkit.labs.lab import Lab
from labkit.labs.parameters import Range, Switch
from labkit.ui.controls import field_for
from labkit.ui.dashboard import Page

KINDS = {
    "count": (widgets.IntSlider,),
    "level": (widgets.FloatSlider,),
    "seed": (widgets.FloatText,),
    "offset": (widgets.FloatText,),
    "size": (widgets.FloatLogSlider, widgets.FloatText),
    "color": (widgets.Dropdown,),
    "sweep": (widgets.SelectionSlider,),
    "wide": (widgets.Checkbox,),
}
MOVES: dict[str, Any] = {
    "count": 5, "level": -0.3, "seed": 77, "offset": 12.5, "size": 10.0,
    "color": "green", "sweep": "blue", "wide": True,
}  # fmt: skip


@pytest.fixture
def board(probe: Lab) -> Page:
    return Page(probe)


def shown(page: Page) -> Any:
    """The parameters that the picture on the page is of."""
    return page._shown


def test_every_field_has_the_widgets_of_its_kind(board: Page) -> None:
    assert {name: tuple(type(part) for part in field.parts) for name, field in board.fields.items()} == KINDS


@pytest.mark.parametrize("name", KINDS)
def test_moving_a_widget_moves_the_picture(board: Page, name: str) -> None:
    before = board.image.value
    board.fields[name].parts[0].value = MOVES[name]
    assert getattr(shown(board), name) == MOVES[name]
    assert board.image.value != before


@pytest.mark.parametrize("name", KINDS)
def test_a_value_that_is_set_is_seen_in_every_widget_of_its_control(board: Page, name: str) -> None:
    board.set({name: MOVES[name]})
    assert {part.value for part in board.fields[name].parts} == {MOVES[name]}


@pytest.mark.parametrize(("moved", "other"), [(0, 1), (1, 0)], ids=["slider", "box"])
def test_slider_and_box_move_each_other(board: Page, moved: int, other: int) -> None:
    parts = board.fields["size"].parts
    parts[moved].value = 10.0
    assert parts[other].value == 10.0


@pytest.mark.parametrize("value", [0.0, 0.0123, 100.0])
def test_the_box_takes_what_the_slider_cannot(board: Page, value: float) -> None:
    board.fields["size"].parts[1].value = value
    assert shown(board).size == board.fields["size"].parts[1].value == value


def test_a_slider_gives_the_three_digits_that_the_box_shows(board: Page) -> None:
    slider, box = board.fields["size"].parts
    slider.value = 10**0.05
    assert shown(board).size == box.value == 1.12


def test_a_control_is_hidden_where_it_has_no_meaning(board: Page) -> None:
    layout = board.fields["wide"].box.layout
    assert layout.visibility == "visible"
    board.set({"color": "green"})
    assert layout.visibility == "hidden"


def test_a_given_value_is_shown_and_the_users_own_returns(board: Page) -> None:
    field = board.fields["size"]
    field.parts[0].value = 10.0
    board.fields["color"].parts[0].value = "blue"
    assert [(part.value, part.disabled) for part in field.parts] == [(7.5, True)] * 2
    board.fields["color"].parts[0].value = "red"
    assert [(part.value, part.disabled) for part in field.parts] == [(10.0, False)] * 2
    assert shown(board).size == 10.0


def test_a_note_is_text_and_no_markup(board: Page) -> None:
    board.fields["sweep"].parts[0].value = "blue"
    assert "&lt;blue&gt;" in board.fields["sweep"].said


@pytest.mark.parametrize("value", [2**0.5, 0.0, 0.0123, 99.0])
def test_a_slider_that_goes_to_its_nearest_step_changes_nothing(board: Page, value: float) -> None:
    board.set({"size": value})
    slider = board.fields["size"].parts[0]
    slider.value = 10 ** (round(np.log10(slider.value) / slider.step) * slider.step)  # as the browser does
    assert shown(board).size == value


def test_a_given_value_at_its_nearest_step_does_not_become_the_users_own(board: Page) -> None:
    field = board.fields["size"]
    field.parts[0].value = 10.0
    board.fields["color"].parts[0].value = "blue"
    field.parts[0].value = 10**0.9  # the step nearest to the 7.5 that is given
    board.fields["color"].parts[0].value = "red"
    assert shown(board).size == 10.0


@pytest.mark.parametrize("value", [1.5, 1e308, -1.0, float("nan"), float("inf")])
def test_a_number_box_says_what_it_refuses_and_goes_on(board: Page, value: float) -> None:
    board.fields["seed"].parts[0].value = value
    said = board.fields["seed"].said
    assert all(part in said for part in ("seed must", "[0, 1000000000]", f"{value:g}")), said
    board.fields["seed"].parts[0].value = 12.0
    assert shown(board).seed == 12
    assert isinstance(shown(board).seed, int)
    assert board.message.value == ""


def test_a_control_that_folds_gives_up_its_place() -> None:
    control = Switch("wide", folds=True, shown=lambda shown: shown)
    field = field_for("wide", control, True, lambda name: None)
    places = []
    for visible in (True, False, True):
        field.follow(visible)
        places.append(field.box.layout.display)
    assert places == [None, "none", None]


def test_a_slider_that_rounds_a_value_it_was_set_to_does_not_change_it():
    asked = []
    field = field_for("size", Range("size", low=0.0, high=4.0), 1.0, asked.append)
    field.set(2**0.5)
    field.parts[0].value = 1.41  # the browser's answer
    assert field.value == 2**0.5
    field.parts[0].value = 1.42  # one step on, by the arrow key
    assert field.value == 1.42


def test_a_slider_opens_with_the_bounds_that_hold():
    control = Range("size", low=0.0, high=50.0, bounds=lambda values: (1.0, values["most"]))

    class Values:
        def values(self):
            return {"most": 4.0}

    field = field_for("size", control, 2.0, lambda name: None)
    field.follow(Values())
    assert (field.parts[0].min, field.parts[0].max, field.value) == (1.0, 4.0, 2.0)


@pytest.mark.parametrize(("before", "now"), [(50, 4), (4, 50)])
def test_what_a_browser_is_told_never_leaves_its_bounds(before, now):
    """It moves such a value itself, and says so, as if somebody had wished it."""
    control = Range(
        "level", low=1, high=100, step=1, bounds=lambda values: (1, values["most"]), start=lambda values: values["most"]
    )
    field = field_for("level", control, 1, lambda name: None)
    field.restart({"most": before})
    slider, told = field.parts[0], []
    state = {"min": slider.min, "max": slider.max, "value": slider.value}

    def tell(change):
        state[change.name] = change.new
        told.append(dict(state))

    slider.observe(tell, ["min", "max", "value"])
    field.restart({"most": now})
    assert (slider.max, slider.value) == (now, now)
    assert [each for each in told if not each["min"] <= each["value"] <= each["max"]] == []
