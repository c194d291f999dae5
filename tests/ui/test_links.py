"""Links: a page opens in the state that a link has, pins and all, and says what of it cannot be had."""

import pytest

import labkit
from labkit.labs import LABS
from labkit.labs.link import State, query, read_query
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


def test_a_hidden_control_hides_no_result() -> None:
    assert Page(SIGNAL, "hide=std&std=0.3").image.value == Page(SIGNAL, "std=0.3").image.value


def test_what_cannot_be_had_is_said_and_the_rest_is_shown() -> None:
    page = Page(SIGNAL, "std=0.3&colour=<b>red</b>&hide=nothing&mode=huge&step=4&" + "&".join(["pin=std%3D0.1"] * 5))
    for words in (
        "no parameter &#x27;colour&#x27;", "no control &#x27;nothing&#x27; to hide", "mode must be projector", "step",
        "at most 3 states can be pinned, got 5",
    ):  # fmt: skip
        assert words in page.message.value
    assert page.state == State(SIGNAL.parameters(std=0.3), (SIGNAL.parameters(std=0.1),) * 3)


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


@pytest.mark.parametrize("text", ["v=1&v=2", "pin=pin%3Dstd%253D1", "&" * 300, "a=1&" * 300, "%FF=%FE", "std=1;2", "="])
def test_an_odd_link_never_breaks_a_page(text: str) -> None:
    opened = read_query(SIGNAL, text)
    assert opened.state.parameters == SIGNAL.parameters() or opened.complaints == ()
    Page(SIGNAL, text)
