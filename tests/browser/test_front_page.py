"""The front page in a browser: its search, the keyboard, the ways to a lab and back."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from labkit.labs import LABS

pytestmark = pytest.mark.browser


def shown(page: Page) -> list[str]:
    return page.locator(".labs > li:visible strong").all_inner_texts()


@pytest.fixture(scope="module")
def front(open_shared_page: Callable[[str], Page], voila_server: str) -> Page:
    return open_shared_page(voila_server)


@pytest.fixture(autouse=True)
def nothing_typed(front: Page) -> None:
    front.get_by_role("searchbox").fill("")


def test_the_search_narrows_at_once_and_says_how_many(front: Page) -> None:
    field, status = front.get_by_role("searchbox", name="Search the labs"), front.get_by_role("status")
    titles = [lab.title for lab in LABS.values()]
    assert shown(front) == titles
    expect(status).to_have_text(f"{len(LABS)} labs")
    field.fill("gigantic zebra")
    expect(status).to_have_text("No lab matches")
    assert shown(front) == []
    scene = LABS["zig_zag"].presets[-1].name  # said on no card
    field.fill(f"  {scene.upper()} zig")
    expect(status).to_have_text(f"1 of {len(LABS)} labs match")
    assert shown(front) == [LABS["zig_zag"].title]
    field.fill("")
    assert shown(front) == titles


def test_no_violation_of_the_accessibility_rules(front: Page) -> None:
    found = Axe().run(front).response["violations"]
    assert [(each["id"], [node["html"][:80] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720), (1920, 1080), (360, 640)], ids=str)
def test_every_picture_is_loaded_and_nothing_is_wider_than_the_window(front: Page, size: tuple[int, int]) -> None:
    front.set_viewport_size({"width": size[0], "height": size[1]})
    assert front.evaluate("[...document.images].map((each) => each.naturalWidth)") == [480] * len(LABS)
    assert front.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_keyboard_reaches_a_lab_which_leads_on_and_back(
    voila_server: str, open_page: Callable[[str], Page]
) -> None:
    first, second = list(LABS.values())[:2]
    page = open_page(voila_server)
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=first.title, exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/voila/render/{first.key}.ipynb")
    page.wait_for_selector("#labkit-loading", state="detached", timeout=60_000)
    ways = page.get_by_role("navigation", name="labs")
    assert ways.get_by_role("link").evaluate_all("(links) => links.map((link) => link.href)") == [
        voila_server,
        f"{voila_server}voila/render/{second.key}.ipynb",
    ]
    ways.get_by_role("link", name="All labs").click()
    page.wait_for_url(voila_server)
    expect(page.get_by_role("heading", level=1)).to_have_text("labkit")


def test_without_a_script_every_lab_is_shown_and_no_search(browser: Browser, voila_server: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(voila_server)
        expect(page.locator(".labs > li:visible")).to_have_count(len(LABS))
        expect(page.locator("#search")).to_be_hidden()
