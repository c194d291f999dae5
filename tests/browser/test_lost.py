"""What a page says when its server or its lab is not there, and how it goes on."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from labkit.server.address import free_port
from tests.browser.conftest import PATIENCE, until_ready

pytestmark = pytest.mark.browser

LAB = "voila/render/softmax.ipynb"
# The kernels' own process begins by a lab that fails, which none of ours does.
FAILS = """
import labkit.ui.opening

def prepare(key, model_id):
    raise RuntimeError("a fault of the lab")

labkit.ui.opening.prepare = labkit.ui.opening.present = prepare
"""
SERVE = """
import os, sys
os.environ["PYTHONPATH"] = {folder!r} + os.pathsep + os.environ["PYTHONPATH"]
from labkit.server.cli import main
sys.exit(main(["serve", "--labs", "softmax", "--no-browser", "--port", "0"]))
"""


def test_a_page_tells_of_a_lost_server_and_goes_on_when_it_is_back(page: Page, run_server: Any) -> None:
    options = ["--labs", "softmax", "--no-browser", "--port", str(free_port("127.0.0.1", 0))]
    arguments = ["-m", "labkit.server.cli", "serve", *options]
    with run_server(arguments) as address:
        page.goto(address + LAB)
        until_ready(page)
        slider = page.get_by_role("slider", name="classes", exact=True)
        slider.press("ArrowRight")
        expect(page.locator("[data-state*='classes=5']")).to_have_count(1)
    expect(page.get_by_text("The server does not answer. Trying again …")).to_be_visible(timeout=PATIENCE)
    with run_server(arguments):
        page.get_by_role("button", name="Go on from where I was").click(timeout=PATIENCE)
        until_ready(page)
        expect(page.locator("[data-state*='classes=5']")).to_have_count(1)
        expect(page.get_by_text("The server does not answer")).not_to_be_visible()
        page.close(run_before_unload=True)


def test_a_lab_that_does_not_open_says_so(page: Page, run_server: Any, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FAILS)
    with run_server(["-c", SERVE.format(folder=str(tmp_path))]) as address:
        page.goto(address + LAB + "?classes=5")
        expect(page.get_by_text("This lab did not open.")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("This lab did not open.")).to_be_visible(timeout=PATIENCE)
        assert page.url.endswith("?classes=5")
        page.close(run_before_unload=True)
