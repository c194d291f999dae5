"""Links: a page opens in the state that a link has, pins and all, and says what of it cannot be had."""

import pytest

import labkit
from labkit.labs import LABS
from labkit.labs.link import Moment, State, query
from labkit.ui import dashboard
from labkit.ui.dashboard import Page

SIGNAL = LABS["signal_propagation"]
LINK = "v=1&activation=relu&std=0.3&seed=5&pin=std%3D0.01&pin=activation%3Dsigmoid&hide=alpha%2Cdepth&mode=projector"


def test_a_page_opens_as_the_page_that_gave_the_link() -> None:
    first = Page(SIGNAL)
    first.set({"std": 0.01})
    first.pin()
    first.set({"std": 0.3, "activation": "relu", "seed": 5})
    second = Page(SIGNAL, query(first.state))
    assert second.state == first.state
    assert second.image.value == first.image.value
    assert second.caption.value == first.caption.value


def test_the_whole_state_comes_back() -> None:
    page = Page(SIGNAL, LINK)
    assert page.message.value == ""
    assert query(page.state) == LINK
    assert "labkit-hidden" in page.fields["depth"].box._dom_classes
    assert "labkit-projector" in page.widget._dom_classes
    assert len(page.pins.pins) == 2


def test_the_state_that_the_page_says_knows_of_the_projector() -> None:
    page = Page(SIGNAL)
    page.projector.switch(True)
    assert "mode=projector" in page.caption.value
    page.projector.switch(False)
    assert "mode=projector" not in page.caption.value


def test_a_hidden_control_hides_no_result() -> None:
    assert Page(SIGNAL, "hide=std&std=0.3").image.value == Page(SIGNAL, "std=0.3").image.value


def test_what_cannot_be_had_is_said_and_the_rest_is_shown() -> None:
    page = Page(SIGNAL, "std=0.3&colour=<b>red</b>&hide=nothing&mode=huge&step=4&" + "&".join(["pin=std%3D0.1"] * 5))
    for words in (
        "no parameter &#x27;colour&#x27;", "no control &#x27;nothing&#x27; to hide", "mode must be projector", "step",
        "at most 3 states can be pinned, got 5",
    ):  # fmt: skip
        assert words in page.message.value
    assert page.state == State(SIGNAL.parameters(std=0.3), (Moment(SIGNAL.parameters(std=0.1)),) * 3)


def test_a_training_opens_at_its_step() -> None:
    lab = LABS["linear_collapse"]
    page = Page(lab, "step=3")
    assert page.state.steps == 3
    assert "step 3 of" in page.clock.said.value
    again = Page(lab, query(page.state))
    assert again.image.value == page.image.value


def test_a_notebook_opens_a_link_and_a_dashboard_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUERY_STRING", "std=0.3")
    page = Page(SIGNAL, "std=0.3")
    for shown in (labkit.show("signal_propagation"), labkit.show("signal_propagation", "std=0.3")):
        (picture,) = (w.value for w in _all(shown) if "labkit-picture" in w._dom_classes)
        assert picture == page.image.value


def _all(widget):
    return [widget, *(found for child in getattr(widget, "children", ()) for found in _all(child))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=1&v=2", ""),
        ("pin=pin%3Dstd%253D1", "pin 1: there is no parameter &#x27;pin&#x27;"),
        ("&" * 300, "the link cannot be read"),
        ("a=1&" * 300, "the link cannot be read"),
        ("%FF=%FE", "there is no parameter"),
        ("std=1;2", "init std must be a number, got &#x27;1;2&#x27;"),
        ("=", "there is no parameter &#x27;&#x27;"),
    ],
)
def test_an_odd_link_shows_the_defaults_and_says_why(text: str, words: str) -> None:
    page = Page(SIGNAL, text)
    assert page.state.parameters == SIGNAL.parameters()
    assert words in page.message.value
    assert bool(page.message.value) == bool(words)


BEYOND = "formula%3Dexp(exp(exp(5%2Az)))"
"""A pin of a function that is no number within the lab's reach."""


def test_a_pin_that_cannot_be_computed_is_left_out() -> None:
    page = Page(LABS["zig_zag"], f"pin={BEYOND}&pin=")
    assert "pin 1: the inputs must be finite" in page.message.value
    assert len(page.pins.pins) == 1
    assert page.state.parameters == LABS["zig_zag"].parameters()


def test_a_state_that_cannot_be_computed_gives_way_to_the_defaults() -> None:
    page = Page(LABS["zig_zag"], "formula=exp(exp(exp(5*z)))&foo=1")
    assert "the inputs must be finite" in page.message.value
    assert "there is no parameter &#x27;foo&#x27;" in page.message.value
    assert page.state == State(LABS["zig_zag"].parameters())
    page.pin()
    page.drawers.buttons["Share"].value = True
    assert len(page.pins.pins) == 1


def test_a_pin_of_a_training_keeps_its_step() -> None:
    lab = LABS["linear_collapse"]
    first = Page(lab, "step=3")
    first.pin()
    first.clock.begin_at(first.state.parameters, 8, 60)
    again = Page(lab, query(first.state))
    assert [pin.steps for pin in again.pins.pins] == [3]
    assert again.state == first.state
    assert lab.explain(again.pins.pins[0].result) == lab.explain(first.pins.pins[0].result)


def test_a_step_that_is_not_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "OPENING", 0.0)
    page = Page(LABS["linear_collapse"], "step=8")
    assert "step 8 was asked for, 0 is as far as it came" in page.message.value


def test_what_a_link_does_not_hold_is_said() -> None:
    page = Page(LABS["symmetry"])
    page.drawers.buttons["Share"].value = True
    share = page.drawers._made["Share"]
    assert "is not in the link" not in share._link.value
    page.act(LABS["symmetry"].actions[0])
    assert "What “Add noise ε” did is not in the link" in share._link.value
    page.reset()
    assert "is not in the link" not in share._link.value


def test_what_was_wrong_with_a_link_stands_until_something_is_moved() -> None:
    page = Page(LABS["symmetry"], "noise=0.3&foo=1")
    said = page.message.value
    slider = page.fields["noise"].parts[0]
    slider.value = slider.value * (1 + 1e-15)  # as a browser sends it back
    assert page.message.value == said != ""
    page.set({"noise": 0.5})
    assert page.message.value == ""
