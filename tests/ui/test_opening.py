"""Pages made before anybody asks for them, as a dashboard's kernels take them over."""

from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances as all_widgets

from labkit.labs import LABS
from labkit.ui import opening
from labkit.ui.dashboard import Page

KEYS = "softmax", "signal_propagation"
NAME = "the-page"


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What stands for the kernel that there is by then; nothing of other tests' pages."""
    kernel = object()
    monkeypatch.setattr("ipykernel.kernelbase.Kernel.instance", lambda: kernel)
    monkeypatch.setattr(opening, "_READY", {})
    monkeypatch.delenv("QUERY_STRING", raising=False)
    before = dict(all_widgets)
    all_widgets.clear()
    yield kernel
    all_widgets.clear()
    all_widgets.update(before)


def shown() -> Page:
    """The page that the kernel tells of."""
    return next(page for page, _ in opening._READY.values() if page.widget is all_widgets.get(NAME))


def test_a_prepared_page_is_set_aside_until_it_is_presented(kernel: Any) -> None:
    for key in KEYS:
        opening.prepare(key, NAME + (key == KEYS[0]) * "-of-another-lab")
    assert not all_widgets
    opening.present(KEYS[1], NAME)
    assert shown().lab is LABS[KEYS[1]]
    assert len(all_widgets) > 50
    assert all(widget.comm.kernel is kernel for widget in all_widgets.values())
    assert {widget.comm.comm_id for widget in all_widgets.values()} == set(all_widgets)
    others = opening._READY[KEYS[0]][1]
    assert not {id(widget) for widget in others.values()} & {id(widget) for widget in all_widgets.values()}


@pytest.mark.parametrize("made", ["before", "then"])
@pytest.mark.parametrize("link", ["", "v=1&depth=7&activation=tanh&mode=projector", "v=1&activation=none"])
@pytest.mark.usefixtures("kernel")
def test_it_shows_what_a_page_made_for_the_link_shows(monkeypatch: pytest.MonkeyPatch, link: str, made: str) -> None:
    if made == "before":
        opening.prepare(KEYS[1], NAME)
    monkeypatch.setenv("QUERY_STRING", link)
    opening.present(KEYS[1], NAME)
    found, page = shown(), Page(LABS[KEYS[1]], link)
    assert found.state == page.state
    assert found.state.projector == ("projector" in link)
    assert bool(found.message.value) == ("none" in link)
    assert (found.image.value, found.caption.value, found.message.value) == (
        page.image.value, page.caption.value, page.message.value)  # fmt: skip
    assert found.widget.model_id == NAME


@pytest.mark.parametrize("key", LABS)
@pytest.mark.usefixtures("kernel")
def test_a_page_that_was_moved_and_reset_beforehand_is_as_one_made_then(key: str) -> None:
    opening.prepare(key, NAME)
    opening.present(key, NAME)
    found, page = shown(), Page(LABS[key])
    for part in ("image", "caption", "message", "question", "pixels"):
        assert getattr(found, part).value == getattr(page, part).value, part
    assert [each.layout.display for each in found.verdict.widget.children] == [
        each.layout.display for each in page.verdict.widget.children]  # fmt: skip
    assert found.verdict.widget.children[0].value == page.verdict.widget.children[0].value
    assert [field.value for field in found.fields.values()] == [field.value for field in page.fields.values()]
    assert found.state == page.state
