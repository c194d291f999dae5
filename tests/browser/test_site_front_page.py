"""A site's front page says before a lab is opened that this browser cannot fetch Python: the labs would only wait."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from labkit.server.site_pages import write_front_page

pytestmark = pytest.mark.browser
SITE, PYTHON = "http://site.test/", "http://python.test/pyodide.mjs"


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Page:
    write_front_page(tmp_path, PYTHON)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    page.route("**/*", lambda route: route.abort())
    page.route(SITE, lambda route: route.fulfill(body=html, content_type="text/html"))
    return page


def test_python_that_cannot_be_reached_is_told(opened: Page) -> None:
    opened.goto(SITE)
    expect(opened.locator("#python")).to_contain_text("cannot reach python.test")
    expect(opened.locator("#python")).to_have_attribute("role", "status")


@pytest.mark.parametrize(("status", "words"), [(200, ""), (404, "cannot reach python.test")])
def test_what_answers_is_heard(opened: Page, status: int, words: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(status=status, body="", headers={"Access-Control-Allow-Origin": "*"})

    opened.route(PYTHON, answer)
    with opened.expect_response(PYTHON):
        opened.goto(SITE)
    opened.wait_for_timeout(300)
    notice = expect(opened.locator("#python"))
    notice.to_contain_text(words) if words else notice.to_be_empty()
