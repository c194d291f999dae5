"""What a page says when its server or its lab is not there, and how it goes on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from labkit.server.address import free_port
from tests.browser.conftest import PATIENCE, settled, until_ready
from tests.server.test_kernels import wait_until

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


LOOK, HEALTH = "**/api/kernels/*", "**/health"


@pytest.fixture
def softmax(page: Page, voila_server: str) -> Iterator[Page]:
    """A lab in which something was set."""
    page.goto(voila_server + LAB)
    until_ready(page)
    move(page, 5)
    yield page
    page.close(run_before_unload=True)


def move(page: Page, to: int, key: str = "ArrowRight") -> None:
    page.get_by_role("slider", name="classes", exact=True).press(key)
    expect(page.locator(f"[data-state*='classes={to}']")).to_have_count(1)


def answering(page: Page, path: str, status: int) -> None:
    """From now on the server, or what stands before it, answers so; and the page looks."""
    page.unroute(path)
    page.route(path, lambda route: route.fulfill(status=status, body="not the lab"))
    page.evaluate("dispatchEvent(new Event('online'))")


@pytest.mark.parametrize(
    ("status", "words", "way"),
    [
        (424, "Your server was stopped.", "Start it again"),
        (404, "This lab has ended.", "Go on from where I was"),
        (403, "You are no longer logged in.", "Log in and go on"),
    ],
)
def test_what_the_server_says_of_the_lab_is_said_and_its_state_is_opened_again(
    softmax: Page, status: int, words: str, way: str
) -> None:
    answering(softmax, LOOK, status)
    expect(softmax.get_by_text(words)).to_be_visible(timeout=5000)
    softmax.unroute(LOOK)
    softmax.get_by_role("button", name=way).click()
    until_ready(softmax)
    expect(softmax.locator("[data-state*='classes=5']")).to_have_count(1)
    expect(softmax.locator("#labkit-lost")).to_be_hidden()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_proxy_whose_server_is_away_is_no_end(softmax: Page, status: int) -> None:
    answering(softmax, LOOK, status)
    lost = softmax.get_by_text("The server does not answer. Trying again …")
    expect(lost).to_be_visible(timeout=5000)
    expect(softmax.locator("#labkit-lost button")).to_be_hidden()
    softmax.unroute(LOOK)
    expect(lost).to_be_hidden(timeout=5000)
    move(softmax, 6)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_the_way_back_waits_for_a_server_behind_a_proxy(softmax: Page, status: int) -> None:
    answering(softmax, HEALTH, status)
    answering(softmax, LOOK, 404)
    softmax.get_by_role("button", name="Go on from where I was").click()
    expect(softmax.get_by_text("The server does not answer. Trying again …")).to_be_visible()
    softmax.unroute(LOOK)
    softmax.unroute(HEALTH)
    expect(softmax.locator("#labkit-lost")).to_be_hidden()
    until_ready(softmax)
    expect(softmax.locator("[data-state*='classes=5']")).to_have_count(1)


class Line:
    """What stands between the page and its kernel; while `silent` nothing passes."""

    def __init__(self, page: Page) -> None:
        self.silent, self.silent_when_busy, self.lines = False, False, []  # type: ignore[var-annotated]
        page.route_web_socket("**/channels*", self._join)

    def _join(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        self.lines.append(line)
        line.on_message(lambda message: None if self.silent else server.send(message))
        server.on_message(lambda message: self._pass(line, message))

    def _pass(self, line: WebSocketRoute, message: Any) -> None:
        if self.silent:
            return
        line.send(message)
        self.silent = self.silent_when_busy and b'"busy"' in message


@pytest.fixture
def line(page: Page, voila_server: str) -> Iterator[Line]:
    """The line of a page in which something was set."""
    line = Line(page)
    page.goto(voila_server + LAB)
    until_ready(page)
    move(page, 5)
    page.wait_for_timeout(500)  # it says how wide its picture is
    settled(page)
    page.wait_for_function("jupyterapp.widgetManager.kernel.status === 'idle'")
    yield line
    page.close(run_before_unload=True)


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize(("later", "to"), [((), 6), (("Home",), 3)])  # at the silence it is moved to 6
def test_a_line_that_says_nothing_is_told_and_the_last_value_drawn(
    page: Page, line: Line, cut: bool, later: tuple[str, ...], to: int
) -> None:
    line.silent = True
    slider = page.get_by_role("slider", name="classes", exact=True)
    slider.press("ArrowRight")
    expect(page.get_by_text("No answer yet …")).to_be_visible(timeout=8000)
    for key in later:
        slider.press(key)
    line.silent = False
    if cut:
        line.lines[-1].close()
    expect(page.locator(f"[data-state*='classes={to}']")).to_have_count(1)
    assert len(line.lines) > 1
    expect(page.get_by_text("No answer yet …")).to_be_hidden()
    expect(slider).to_have_attribute("aria-valuetext", str(to))
    move(page, 9 - to, "Home" if to == 6 else "End")


def test_a_line_that_dies_while_the_lab_works_is_taken_up_again(page: Page, line: Line) -> None:
    line.silent_when_busy = True
    page.get_by_role("slider", name="classes", exact=True).press("ArrowRight")
    expect(page.get_by_text("Working …")).to_be_visible()
    line.silent_when_busy = line.silent = False
    line.lines[-1].on_message(lambda _: None)  # its other half
    expect(page.get_by_text("Working …")).to_be_hidden(timeout=40_000)
    expect(page.locator("[data-state*='classes=6']")).to_have_count(1)
    page.wait_for_timeout(3000)  # ipywidgets takes the states of all from the kernel when a line is back
    move(page, 5, "ArrowLeft")


# The handshake takes longer than the time between two looks.
SLOW = """(() => {
  const opened = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onopen");
  window.WebSocket = class extends WebSocket {
    set onopen(act) {
      const late = (event) => setTimeout(() => this.readyState === WebSocket.OPEN && act.call(this, event), 4500);
      opened.set.call(this, window.slow ? late : act);
    }
  };
})()"""


def test_a_slow_handshake_is_waited_for(page: Page, voila_server: str) -> None:
    page.add_init_script(SLOW)
    page.goto(voila_server + LAB)
    until_ready(page)
    page.evaluate("window.slow = true; jupyterapp.widgetManager.kernel._ws.close(); 0")
    page.evaluate("jupyterapp.widgetManager.kernel.reconnect().catch(() => {}); 0")
    page.wait_for_function("jupyterapp.widgetManager.kernel.connectionStatus !== 'connected'")
    page.wait_for_function("jupyterapp.widgetManager.kernel.connectionStatus === 'connected'", timeout=16_000)
    page.close(run_before_unload=True)


def test_a_lab_that_opens_late_takes_back_that_it_did_not(page: Page, voila_server: str) -> None:
    page.route(LOOK, lambda _: None)
    page.goto(voila_server + LAB)
    notice = page.get_by_text("This lab did not open.")
    expect(notice).to_be_visible()
    page.unroute(LOOK)  # what waited goes on
    expect(notice).to_be_hidden()
    move(page, 5)
    expect(page).to_have_url(re.compile("classes=5"))
    page.close(run_before_unload=True)


def test_a_reload_and_the_way_back_find_what_was_set(softmax: Page, voila_server: str) -> None:
    expect(softmax).to_have_url(re.compile("classes=5"))
    softmax.reload()
    until_ready(softmax)
    expect(softmax.locator("[data-state*='classes=5']")).to_have_count(1)
    softmax.get_by_role("link", name="All labs").click()
    expect(softmax.get_by_role("searchbox")).to_be_visible()
    softmax.go_back()
    until_ready(softmax)
    expect(softmax.locator("[data-state*='classes=5']")).to_have_count(1)


def test_the_defaults_have_the_bare_address(softmax: Page, voila_server: str) -> None:
    expect(softmax).to_have_url(re.compile("classes=5"))
    softmax.get_by_role("button", name="Reset").click()
    expect(softmax).to_have_url(voila_server + LAB)


def test_a_page_that_the_browser_kept_is_loaded_again(softmax: Page) -> None:
    with softmax.expect_navigation():
        softmax.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    until_ready(softmax)


def test_an_address_stays_as_it_was_while_nothing_is_set(page: Page, voila_server: str) -> None:
    page.goto(voila_server + LAB)
    until_ready(page)
    page.wait_for_timeout(1200)
    assert page.url == voila_server + LAB
    page.close(run_before_unload=True)


def test_a_page_that_is_left_before_its_lab_stands_leaves_no_kernel(page: Page, voila_server: str) -> None:
    def kernels() -> int:
        return int(page.request.get(voila_server + "health").json()["kernels"])

    before, asked = kernels(), []
    page.on("response", lambda answer: asked.append(answer.url) if "/api/kernels/" in answer.url else None)
    page.route("**/voila/static/**", lambda route: None)  # what would register Voila's own farewell never comes
    page.goto(voila_server + LAB, wait_until="commit")
    page.wait_for_function("document.getElementById('jupyter-config-data')")
    page.wait_for_timeout(1000)
    assert kernels() == before + 1
    assert asked, "the server does not know that there is a page"
    page.goto("about:blank")
    assert wait_until(lambda: kernels() == before, 10)
