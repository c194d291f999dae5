"""A page made of a lab, driven without a browser."""

import dataclasses
import logging
from typing import Any

import numpy as np
import pytest
from ipywidgets import Button, Image, ToggleButton, Widget

import labkit
from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.labs.lab import Action, Lab
from labkit.ui.dashboard import Page


@pytest.fixture
def board(probe: Lab) -> Page:
    return Page(probe)


def widgets_of(widget: Any) -> list[Widget]:
    return [widget, *(found for child in getattr(widget, "children", ()) for found in widgets_of(child))]


def button(page: Page, label: str, kind: type = Button) -> Any:
    (found,) = (each for each in widgets_of(page.widget) if isinstance(each, kind) and each.description == label)
    return found


def refused(page: Page, name: str) -> bool:
    """Whether the value is refused at the control, under the picture, and the picture marked as the one before."""
    at_control = page.fields[name].said
    marked = "labkit-old" in page.image._dom_classes
    return 'role="alert"' in at_control and 'role="alert"' in page.message.value and marked


def quiet(page: Page) -> bool:
    notes = [field.said for field in page.fields.values()]
    return page.message.value == "" and "labkit-old" not in page.image._dom_classes and "alert" not in "".join(notes)


def test_set_redraws_once(board: Page) -> None:
    pictures: list[Any] = []
    board.image.observe(pictures.append, "value")
    before = board._view.updates
    board.set({"count": 5, "level": 0.5, "size": 3.0, "color": "green", "sweep": "green", "wide": True, "seed": 4})
    assert (board._view.updates - before, len(pictures)) == (1, 1)


def test_one_move_of_a_widget_redraws_once(board: Page) -> None:
    before = board._view.updates
    board.fields["size"].parts[0].value = 10.0
    assert board._view.updates == before + 1


def test_an_action_that_cannot_be_done_says_why_and_leaves_the_picture_as_it_is(probe: Lab) -> None:
    def refuse(parameters: Any) -> dict[str, Any]:
        raise ValueError(f"there is <none> at count {parameters.count}")

    actions = (Action("Find", refuse), Action("Five", lambda _: {"count": 5}))
    board = Page(dataclasses.replace(probe, actions=actions))
    before, note = board.image.value, board.fields["sweep"].said
    board.act(actions[0])
    assert "Find: there is &lt;none&gt; at count 3." in board.message.value
    assert (board.image.value, board.fields["sweep"].said) == (before, note)
    assert "labkit-old" not in board.image._dom_classes
    board.act(actions[1])
    assert board.message.value == ""
    assert board.fields["count"].value == 5


def test_reset_returns_to_the_defaults(board: Page) -> None:
    picture, caption = board.image.value, board.caption.value
    board.set({"count": 5, "size": 0.0, "color": "blue", "sweep": "green", "wide": True})
    assert board.image.value != picture
    button(board, "Reset").click()
    assert (board.image.value, board.caption.value) == (picture, caption)
    assert {name: field.value for name, field in board.fields.items()} == board.lab.parameters().values()
    assert [part.value for part in board.fields["size"].parts] == [1.0, 1.0]


def test_the_caption_is_text_that_is_announced(board: Page) -> None:
    assert board.caption.value == '<p role="status" data-state="v=1">&lt;count&gt; 3, size 1.0</p>'
    board.set({"count": 5})
    assert 'data-state="v=1&amp;count=5"' in board.caption.value


@pytest.mark.parametrize("value", [-1.0, 1e9, float("nan"), float("inf")])
def test_a_value_out_of_bounds_is_refused_where_it_was_typed(board: Page, value: float) -> None:
    picture, box = board.image.value, board.fields["size"].parts[1]
    box.value = value
    assert refused(board, "size")
    assert board.image.value == picture
    box.value = 2.0
    assert quiet(board)
    assert board._shown.size == 2.0


def test_bounds_hold_where_a_slider_has_lost_its_own(board: Page) -> None:
    slider = board.fields["count"].parts[0]
    slider.max = 10**6
    slider.value = 500_000
    assert refused(board, "count")
    assert board._shown.count == 3


def test_only_what_is_wrong_now_is_called_wrong(board: Page) -> None:
    board.fields["size"].parts[1].value = -1.0
    board.fields["offset"].parts[0].value = -1.0
    board.fields["size"].parts[1].value = 1.0
    assert "alert" not in board.fields["size"].said
    assert refused(board, "offset")


def test_what_the_lab_refuses_is_said_at_the_control_that_was_moved(board: Page) -> None:
    board.fields["count"].parts[0].value = 9
    assert refused(board, "count")
    assert "nine is too many: lower count" in board.message.value
    board.fields["count"].parts[0].value = 4
    assert quiet(board)


def test_a_fault_of_the_lab_is_said_and_logged_and_the_page_goes_on(
    board: Page, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        board.fields["count"].parts[0].value = 8
    assert refused(board, "count")
    assert "ZeroDivisionError" in board.message.value
    assert "a fault of the lab" in caplog.text
    board.fields["count"].parts[0].value = 4
    assert quiet(board)
    assert board._shown.count == 4


def test_memory_that_cannot_be_had_is_said_and_the_page_goes_on(board: Page) -> None:
    board.fields["count"].parts[0].value = 7
    assert refused(board, "count")
    assert "more memory than there is here: lower depth" in board.message.value
    board.fields["count"].parts[0].value = 4
    assert quiet(board)


def test_reset_after_a_refusal_shows_the_defaults(board: Page) -> None:
    board.fields["size"].parts[1].value = -1.0
    button(board, "Reset").click()
    assert quiet(board)
    assert board.fields["size"].parts[1].value == 1.0


def test_more_is_folded_until_it_is_asked_for(board: Page) -> None:
    box = board.fields["wide"].box
    (parent,) = (each for each in widgets_of(board.widget) if box in getattr(each, "children", ()))
    toggle = button(board, "▸ more", ToggleButton)
    assert parent.layout.display == "none"
    toggle.value = True
    assert parent.layout.display != "none"
    toggle.value = False
    assert parent.layout.display == "none"


def test_no_picture_or_box_has_a_tooltip(board: Page) -> None:
    """ipywidgets' front end throws on a tooltip of an image or a box."""
    found = [each for each in widgets_of(board.widget) if hasattr(each, "children") or isinstance(each, Image)]
    assert {getattr(each, "tooltip", None) for each in found} == {None}


def test_an_unknown_lab_is_refused_with_the_names_of_those_that_exist() -> None:
    with pytest.raises(KeyError, match="signal_propagation"):
        labkit.show("signal")


@pytest.mark.parametrize("lab", LABS.values(), ids=lambda lab: lab.key)
class TestEveryLab:
    def test_its_widgets_are_few(self, lab: Lab) -> None:
        contestants = 5 if lab.key == "mnist_comparison" else 1  # each beside the first has controls of its own
        assert len(widgets_of(Page(lab).widget)) < 62 + 14 * contestants

    def test_it_prints_nothing(self, lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
        page = Page(lab)
        page.set(lab.parameters().values())
        page.reset()
        assert tuple(capfd.readouterr()) == ("", "")

    def test_every_control_has_a_label(self, lab: Lab) -> None:
        names = [part.description for field in Page(lab).fields.values() for part in field.parts]
        assert all(names)
        assert len(names) == len(set(names))


WALK: tuple[dict[str, Any], ...] = (
    {"std": 0.01}, {"std": 100.0}, {"activation": "relu"}, {"depth": 30}, {"show": "grad_weights"}, {"std": 0.0},
    {"depth": 5}, {"show": "post"}, {"std": 0.5}, {"std": 0.0}, {"activation": "tanh"}, {"activation": "identity"},
    {"std": 100.0, "depth": 100, "width": 500, "batch": 10}, {"depth": 5}, {"initializer": "zeros"}, {"show": "pre"},
)  # fmt: skip


def test_a_picture_does_not_depend_on_the_way_to_it(pixels: Any) -> None:
    """The page's picture is at every step that of a page which was never anywhere else."""
    lab = LABS["signal_propagation"]
    page = Page(lab)
    for step in WALK:
        page.set(step)
        assert page.message.value == ""
        parameters = lab.parameters.of({name: field.value for name, field in page.fields.items()})
        view = lab.view()
        view.update(lab.result(parameters))
        alone = pixels(LiveCanvas(view.figure).render())
        assert np.array_equal(pixels(page.image.value), alone), parameters
