"""The labs that move by themselves: play, pause, go on, back to the start, Reset, and the page closed meanwhile."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from labkit.labs import LABS
from labkit.labs.lab import Lab

from .conftest import ends_its_kernel  # isort: skip

pytestmark = pytest.mark.browser

MOVING = [lab for lab in LABS.values() if lab.motion is not None]


def opened(lab: Lab, open_lab: Callable[[str], Page], server: str) -> Page:
    page = open_lab(f"{server}voila/render/{lab.key}.ipynb")
    stands_at_start(page, lab)
    return page


def stands_at_start(page: Page, lab: Lab) -> None:
    expect(page.locator(".labkit-caption")).to_have_text(lab.explain(lab.compute(lab.parameters())))
    assert step(page) == 0


def pace(page: Page) -> Locator:
    return page.locator(".labkit-pace")


def step(page: Page) -> int:
    found = re.match(r"step (\d+) of \d+", pace(page).inner_text())
    assert found, pace(page).inner_text()
    return int(found[1])


def button(page: Page, number: int) -> Locator:
    """Of the clock: 0 plays and pauses, 1 goes back to the start."""
    return page.locator(".labkit-clock button").nth(number)


def moves_beyond(page: Page, reached: int) -> None:
    for _ in range(200):
        if step(page) > reached:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"still at {pace(page).inner_text()}")


def rests(page: Page) -> int:
    """The step that it stands still at."""
    page.wait_for_timeout(700)  # what was asked for before the button was pressed is answered by then
    here = step(page)
    page.wait_for_timeout(500)
    assert step(page) == here
    return here


@pytest.mark.parametrize("lab", MOVING, ids=lambda lab: lab.key)
def test_it_plays_pauses_goes_on_and_returns_to_its_start(
    lab: Lab, open_lab: Callable[[str], Page], voila_server: str
) -> None:
    page = opened(lab, open_lab, voila_server)
    picture = page.locator("img.labkit-picture")
    before = picture.get_attribute("src") or ""
    button(page, 0).click()
    moves_beyond(page, 0)
    expect(picture).not_to_have_attribute("src", before)
    button(page, 0).click()
    paused = rests(page)
    button(page, 0).click()
    moves_beyond(page, paused)
    button(page, 1).click()
    assert rests(page) == 0
    stands_at_start(page, lab)
    button(page, 0).click()
    moves_beyond(page, 0)
    page.get_by_role("button", name="Reset").click()
    assert rests(page) == 0
    stands_at_start(page, lab)
    expect(page.locator(".labkit-message")).to_have_text("")


def test_closing_the_page_while_it_trains_ends_its_kernel(open_lab: Callable[[str], Page], voila_server: str) -> None:
    page = opened(LABS["mnist_comparison"], open_lab, voila_server)
    button(page, 0).click()
    moves_beyond(page, 0)
    assert ends_its_kernel(page, voila_server)


def test_controls_answer_while_it_trains(open_lab: Callable[[str], Page], voila_server: str) -> None:
    page = opened(LABS["mnist_comparison"], open_lab, voila_server)
    caption = page.locator(".labkit-caption")
    button(page, 0).click()
    moves_beyond(page, 0)
    page.get_by_role("slider", name="contestant shown and set").press("ArrowRight")
    expect(caption).to_contain_text("contestant 2")
    reached = step(page)
    moves_beyond(page, reached)  # what is shown changes; what is trained goes on
    page.get_by_role("slider", name="learning rate").press("ArrowLeft")
    for _ in range(100):
        if step(page) < reached:
            break
        page.wait_for_timeout(50)
    assert step(page) < reached  # another rate is another training
