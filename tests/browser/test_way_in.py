"""The way in: a password is typed, seen, wrong and right; a form without its cookie is offered again."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

OPTIONS = ["--labs", "softmax", "--no-browser", "--port", "0", "--password", "open it"]
SERVE = ["-m", "labkit.server.cli", "serve", *OPTIONS]


def test_a_password_is_typed_seen_wrong_and_right(page: Page, run_server: Any) -> None:
    with run_server(SERVE) as address:
        page.goto(address)
        field = page.get_by_label("The password of this server")
        field.fill("open")
        expect(field).to_have_attribute("type", "password")
        page.get_by_role("button", name="Show").click()
        expect(field).to_have_attribute("type", "text")
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []
        field.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That is not the password.")
        field.fill("open it")
        page.context.clear_cookies()
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("The form had no cookie")
        field.fill("open it")
        page.get_by_role("button", name="Open the labs").click()
        expect(page.get_by_role("link", name="Softmax")).to_be_visible()
