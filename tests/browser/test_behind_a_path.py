"""A page below a path, as a proxy gives it one: it asks for nothing beside that path, and its farewell is heard."""

import json
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Watch, until_ready

pytestmark = pytest.mark.browser


def kernels(home: str, token: str) -> int:
    request = urllib.request.Request(home + "health", headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request) as reply:
        return int(json.load(reply)["kernels"])


def test_a_page_asks_for_nothing_beside_its_path(page: Page, open_page: Open, run_server: Any) -> None:
    options = ["--labs", "softmax", "--no-browser", "--port", "0", "--base-url", "/labs/"]
    arguments = ["-m", "labkit.server.cli", "serve", *options]
    with run_server(arguments) as printed:
        home, token = printed.split("?token=")
        watch = Watch(home)
        watch.attach(page)
        open_page(printed)
        page.get_by_role("link", name="Softmax").click()
        until_ready(page)
        handle, picture = page.locator(".noUi-handle").first, page.locator("img.labkit-picture")
        before = picture.get_attribute("src") or ""
        handle.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)
        page.get_by_role("link", name="All labs").click()
        page.wait_for_url(home)
        asked = [urlsplit(url).path for url in watch.requests if not url.startswith(("data:", "blob:"))]
        assert any("/channels" in path for path in asked)
        assert [path for path in asked if not path.startswith("/labs/")] == []
        for _ in range(100):
            if kernels(home, token) == 0:
                break
            page.wait_for_timeout(100)
        assert kernels(home, token) == 0
