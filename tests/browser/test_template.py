"""The page around a lab: its start, its names for those who do not see it, its end."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import ends_its_kernel  # isort: skip

pytestmark = pytest.mark.browser

CELL = """
import io
import ipywidgets as w
from PIL import Image

def png(value):
    file = io.BytesIO()
    Image.new("RGB", (800, 300), (0, int(value * 25) % 256, 178)).save(file, "png")
    return file.getvalue()

std = w.FloatSlider(description="init std", min=0, max=10, value=1, step=0.1)
activation = w.SelectionSlider(description="activation", options=["tanh", "relu"])
initializer = w.Dropdown(description="initializer", options=["normal", "he"])
width = w.BoundedIntText(description="width", value=100)
picture = w.Image(value=png(1), format="png", width=800, height=300)
caption = w.HTML("<p class='labkit-caption'>std 1.0, tanh</p>")

def redraw(change):
    picture.value = png(std.value)
    caption.value = f"<p class='labkit-caption'>std {std.value:.1f}, {activation.value}</p>"

for control in (std, activation):
    control.observe(redraw, "value")
w.HBox([w.VBox([std, activation, initializer, width]), w.VBox([picture, caption])])
"""
PROSE = "# What to look at\n\nMath: $q^* = \\sigma_w^2$\n\n```mermaid\ngraph LR; a-->b\n```"

SERVE = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.pages import LabPage
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", 0)
pages = [LabPage("stub", "A stub & more", "What is it?")]
serve(pages, Path(sys.argv[1]), listening, lambda: print(url("127.0.0.1", port_of(listening)), flush=True))
"""


@pytest.fixture(scope="module")
def stub(run_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a stub of a lab."""
    folder = tmp_path_factory.mktemp("notebooks")
    code = {"cell_type": "code", "id": "b", "metadata": {}, "source": CELL, "outputs": [], "execution_count": None}
    prose = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": PROSE}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [prose, code]}
    (folder / "stub.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with run_server(["-c", SERVE, str(folder)]) as address:
        yield address


@pytest.fixture(scope="module")
def stub_page(stub: str, open_shared_lab: Callable[[str], Page]) -> Page:
    return open_shared_lab(stub + "voila/render/stub.ipynb")


def test_the_start_is_one_quiet_line(stub: str, page: Page) -> None:
    page.goto(stub + "voila/render/stub.ipynb", wait_until="commit")
    notice = page.get_by_text("Starting the lab …")
    expect(notice).to_be_visible()
    box, view = notice.bounding_box(), page.viewport_size
    assert box
    assert view
    assert (box["width"], box["height"]) == (view["width"], view["height"])
    expect(notice).to_have_count(0, timeout=60_000)
    expect(page.locator("img.widget-image")).to_be_visible()


def test_nothing_jumps_once_the_notice_is_gone(stub_page: Page) -> None:
    before = stub_page.locator("img.widget-image").bounding_box()
    stub_page.wait_for_timeout(1000)
    assert stub_page.locator("img.widget-image").bounding_box() == before


def test_title_and_language_are_the_labs(stub_page: Page) -> None:
    assert stub_page.title() == "A stub & more"
    assert stub_page.locator("html").get_attribute("lang") == "en"


def test_the_lab_has_the_whole_window_and_comes_before_the_prose(stub_page: Page) -> None:
    assert stub_page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [1280, 1280]
    picture, prose = stub_page.locator("img.widget-image").bounding_box(), stub_page.locator("h1").bounding_box()
    assert picture
    assert prose
    assert picture["y"] < 32  # below one thin line
    assert prose["y"] > picture["y"] + picture["height"]


def test_math_is_typeset_without_leaving_the_origin(stub_page: Page) -> None:
    expect(stub_page.locator(".jp-RenderedMarkdown mjx-container")).to_have_count(1)


@pytest.mark.parametrize("name", ["init std", "activation"])
def test_a_slider_is_named_and_says_its_value(stub_page: Page, name: str) -> None:
    handle = stub_page.get_by_role("slider", name=name, exact=True)
    readout = stub_page.locator(".widget-inline-hbox", has=handle).locator(".widget-readout")
    for _ in range(2):
        assert handle.get_attribute("aria-valuetext") == readout.inner_text()
        before = readout.inner_text()
        handle.press("ArrowRight" if before != "relu" else "ArrowLeft")
        expect(readout).not_to_have_text(before)
        expect(handle).not_to_have_attribute("aria-valuetext", before)


def test_menus_and_boxes_are_named(stub_page: Page) -> None:
    assert stub_page.get_by_role("combobox", name="initializer", exact=True).count() == 1
    assert stub_page.get_by_role("spinbutton", name="width", exact=True).count() == 1
    assert stub_page.evaluate("[...document.querySelectorAll('[title=null]')].map((each) => each.outerHTML)") == []


def test_the_caption_is_the_pictures_text(stub_page: Page) -> None:
    caption = stub_page.locator(".labkit-caption")
    both = """(but) => {
      const text = document.querySelector(".labkit-caption").innerText;
      return text !== but && document.querySelector("img.widget-image").alt === text;
    }"""
    # read at once, for an earlier move may still be on its way
    stub_page.wait_for_function(both, arg="")
    before = caption.inner_text()
    stub_page.get_by_role("slider", name="init std").press("ArrowRight")
    stub_page.wait_for_function(both, arg=before)


def test_the_kernel_ends_when_its_page_closes(stub: str, open_lab: Callable[[str], Page]) -> None:
    page = open_lab(stub + "voila/render/stub.ipynb")
    assert ends_its_kernel(page, stub)


def test_a_picture_that_comes_after_its_caption_has_its_text(stub_page: Page) -> None:
    stub_page.evaluate(
        """() => {
          const late = document.querySelector("img.widget-image").cloneNode();
          late.removeAttribute("alt");
          document.querySelector("img.widget-image").replaceWith(late);
        }"""
    )
    text = stub_page.locator(".labkit-caption").inner_text()
    expect(stub_page.locator("img.widget-image")).to_have_attribute("alt", text)


def test_the_front_page_leads_to_the_lab(stub: str, open_page: Callable[[str], Page]) -> None:
    page = open_page(stub)
    page.get_by_role("link", name="A stub & more").click()
    page.wait_for_url("**/voila/render/stub.ipynb")
    page.wait_for_selector("#labkit-loading", state="detached", timeout=60_000)


def test_no_violation_of_the_accessibility_rules(stub_page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(stub_page)
    assert [violation["id"] for violation in results.response["violations"]] == []


def test_after_many_frames_at_once_the_picture_has_the_last_ones_text(stub_page: Page) -> None:
    stub_page.evaluate(
        """async () => {
          const caption = document.querySelector(".widget-html-content");
          for (let i = 0; i < 1000; i++) {
            caption.innerHTML = `<p class="labkit-caption">std ${i}</p>`;
            await null;
          }
        }"""
    )
    expect(stub_page.locator("img.widget-image")).to_have_attribute("alt", "std 999")
