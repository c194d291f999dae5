"""The lab's notebook in JupyterLab, where callbacks run on a thread of their own."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from labkit.labs import LABS
from labkit.labs.contents import following

from .conftest import PATIENCE, run_all, run_cells
from .conftest import shows_values as shows

pytestmark = pytest.mark.browser

# The lab, and the name of the thread on which its page was last updated.
WATCHED = """
import threading
from ipywidgets import Label
from IPython.display import display
import labkit
from labkit.ui.dashboard import Page

thread = Label("none")
thread.add_class("thread")
update = Page._update

def watched(page, name):
    thread.value = threading.current_thread().name
    update(page, name)

Page._update = watched
display(thread, labkit.show("signal_propagation"))
"""


def control(page: Page, label: str) -> Locator:
    return page.locator(".labkit-control", has=page.get_by_text(label, exact=True))


def handle(page: Page, label: str) -> Locator:
    return control(page, label).locator(".noUi-handle")


def test_controls_move_picture_and_caption_and_reset_restores(notebook_page: Page) -> None:
    page = notebook_page
    shows(page)
    handle(page, "init std").press("ArrowLeft")
    shows(page, std=0.891)
    handle(page, "activation").press("ArrowRight")
    shows(page, std=0.891, activation="relu")
    handle(page, "depth").press("ArrowRight")
    shows(page, std=0.891, activation="relu", depth=6)
    control(page, "show").locator("select").select_option("gradient dC/dz")
    shows(page, std=0.891, activation="relu", depth=6, show="grad_pre")
    page.get_by_role("button", name="Reset").click()
    shows(page)


def test_a_fast_drag_ends_on_the_last_value(notebook_page: Page) -> None:
    page = notebook_page
    at = handle(page, "init std")
    at.scroll_into_view_if_needed()
    place = at.bounding_box()
    assert place
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(x - 40 * np.sin(step / 10), y)
    page.mouse.move(x - 29, y)
    page.mouse.up()
    page.wait_for_timeout(300)
    # hidden, and the slider's own: what the kernel last said is in the box beside it
    last = float(control(page, "init std").locator(".widget-readout").text_content() or "nan")
    assert 0 < last < 1
    shows(page, std=last)


def test_a_refused_value_is_said_and_the_page_goes_on(notebook_page: Page) -> None:
    page = notebook_page
    number = control(page, "init std").locator("input")
    number.fill("-1")
    number.press("Enter")
    expect(control(page, "init std").get_by_role("alert")).to_contain_text("[0, 100]")
    expect(page.locator("img.labkit-old")).to_have_count(1)
    number.fill("0")
    number.press("Enter")
    shows(page, std=0.0)
    expect(page.locator("img.labkit-old")).to_have_count(0)


def test_callbacks_run_on_a_subshells_thread(jupyterlab_server: Any, open_page: Callable[[str], Page]) -> None:
    write_notebook(jupyterlab_server, "watched.ipynb", WATCHED)
    # a workspace of its own: the usual one would open the notebooks of the tests before as well
    page = run_all(open_page(jupyterlab_server.notebook("watched.ipynb", workspace="watched")))
    expect(page.locator(".thread")).to_have_text("MainThread")
    for std in (0.891, 0.794):  # the first message may come before the subshell is there
        handle(page, "init std").press("ArrowLeft")
        shows(page, std=std)
    expect(page.locator(".thread")).to_contain_text("subshell-")


def in_front(page: Page, name: str) -> None:
    """The notebook that JupyterLab shows becomes this one."""
    expect(page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.jp-mod-current")).to_have_text(name, timeout=PATIENCE)


def test_the_index_leads_to_a_lab_and_that_to_the_next(
    jupyterlab_server: Any, open_page: Callable[[str], Page]
) -> None:
    server = jupyterlab_server
    assert server.printed == server.notebook("index.ipynb")
    page = open_page(server.notebook("index.ipynb", workspace="index"))
    run_cells(page)
    output = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output")
    expect(output.get_by_role("link")).to_have_text([lab.title for lab in LABS.values()], timeout=PATIENCE)
    widths = output.locator("img").evaluate_all("(images) => images.map((each) => each.naturalWidth)")
    assert widths == [480] * len(LABS)
    zig_zag, after = LABS["zig_zag"], following(LABS.values())["zig_zag"]
    output.get_by_role("link", name=zig_zag.title, exact=True).click()
    in_front(page, f"{zig_zag.key}.ipynb")
    run_all(page)
    output.get_by_role("link", name=f"Next: {after.title}").click()
    in_front(page, f"{after.key}.ipynb")


def write_notebook(server: Any, name: str, source: str) -> None:
    """Put a notebook of one cell beside the server's own."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
    body = json.dumps({"type": "notebook", "content": content}).encode()
    headers = {"Authorization": f"token {server.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}api/contents/{name}", data=body, headers=headers, method="PUT")
    urllib.request.urlopen(request).close()
