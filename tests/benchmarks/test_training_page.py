"""Figure 6-15 live on the page: how long its three nets take, how often the page is drawn, how soon it stops."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import QUICK, Table, median

pytestmark = pytest.mark.benchmark

STEPS = 2000
STOPS = 2 if QUICK else 10
# Every picture that is painted, and when the clock's button was pressed.
WATCH = """() => {
  const watch = window.watch = { frames: [], pressed: 0 };
  const image = document.querySelector("img.labkit-picture");
  const painted = () => requestAnimationFrame(() => watch.frames.push(performance.now()));
  const came = () => image.decode().then(painted, () => {});
  new MutationObserver(came).observe(image, { attributes: true, attributeFilter: ["src"] });
  document.querySelector(".labkit-clock button").addEventListener("click", () => {
    watch.pressed = performance.now();
  }, true);
}"""


@pytest.fixture
def training(browser: Any, own_server: str) -> Any:
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = context.new_page()
        page.goto(own_server + "voila/render/training.ipynb", timeout=60_000)
        page.wait_for_selector("#labkit-loading", state="detached", timeout=60_000)
        page.wait_for_timeout(1000)
        page.evaluate(WATCH)
        yield page
        page.close(run_before_unload=True)


def press(page: Page) -> None:
    page.locator(".labkit-clock button").first.click()


def test_three_nets_live(training: Page, table: Table) -> None:
    press(training)
    expect(training.locator(".labkit-pace")).to_have_text(f"step {STEPS} of {STEPS}", timeout=120_000)
    frames, pressed = training.evaluate("[watch.frames, watch.pressed]")
    seconds = (frames[-1] - pressed) / 1000
    rate = len(frames) / seconds
    table.title("Figure 6-15 on the page: three nets, 2000 iterations each")
    table.add("until the last picture", f"{seconds:.1f} s", "<= 25 s", seconds <= 25)
    table.add("pictures a second meanwhile", f"{rate:.1f}", ">= 8", rate >= 8)


def test_it_stops(training: Page, table: Table) -> None:
    waits = []
    for _ in range(STOPS):
        press(training)
        training.wait_for_timeout(1000)
        press(training)
        training.wait_for_timeout(1000)
        last, pressed = training.evaluate("[watch.frames.at(-1), watch.pressed]")
        waits.append(max(0.0, last - pressed))
    said = f"median {median(waits):.0f}, longest {max(waits):.0f} ms ({STOPS} times)"
    table.add("from pause to the last picture that moves", said, "<= 200 ms", max(waits) <= 200)
