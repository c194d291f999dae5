"""A lesson, step by step as README has it, by keyboard alone; and what a class shares, in a real browser."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from labkit.labs import LABS

from .conftest import LAB, pixels, settled

pytestmark = pytest.mark.browser
NAME = """() => { const at = document.activeElement;
  return at === document.body ? '' : [at.getAttribute('aria-label'), at.title,
    at.textContent, at.closest('label')?.textContent].join(' | '); }"""


def go_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what has this name."""
    for _ in range(80):
        if name in page.evaluate(NAME):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {name!r}")


def press(page: Page, name: str, key: str = "Enter") -> None:
    go_to(page, name)
    page.keyboard.press(key)


def verdict(page: Page, word: str) -> None:
    expect(page.locator(".labkit-verdict")).to_contain_text(word)


def test_a_lesson_by_keyboard_alone(lab_page: Page) -> None:
    page = lab_page
    verdict(page, "saturated")
    press(page, "Pin")
    expect(page.locator(".labkit-pin")).to_have_count(1)
    go_to(page, "init std")
    for _ in range(40):  # from 1 down to 0.01, a twentieth of a decade at a time
        page.keyboard.press("ArrowLeft")
    settled(page)
    verdict(page, "vanishing")
    expect(page.locator(".labkit-pin")).to_contain_text("init std 1 → 0.01")
    expect(page.locator(".labkit-differences table")).to_contain_text("init std")
    press(page, "LeCun")  # the button beside the verdict
    verdict(page, "healthy")
    press(page, "Remove pin 1")
    expect(page.locator(".labkit-pin")).to_have_count(0)

    press(page, "Predict")
    expect(page.locator("img.labkit-picture")).not_to_be_visible()
    expect(page.get_by_role("radio").first).to_be_visible()
    press(page, "about the same", "Space")
    press(page, "Commit")
    expect(page.locator("img.labkit-picture")).to_be_visible()
    expect(page.locator(".labkit-predict-feedback")).to_contain_text("it is")
    press(page, "End")

    press(page, "Sweep")
    expect(page.locator(".labkit-sweep")).to_be_visible()
    press(page, "Sweep")
    press(page, "Numbers")
    expect(page.locator(".labkit-numbers table").first).to_be_visible()
    press(page, "Projector")
    expect(page.locator(".labkit-projector")).to_have_count(1)
    expect(page.locator(".labkit-controls")).not_to_be_visible()
    press(page, "Projector")
    press(page, "Reset")
    verdict(page, "saturated")


def test_a_link_opens_the_same_numbers_with_pins(lab_page: Page, voila_server: str) -> None:
    page = lab_page
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("combobox", name="scenes").select_option("Figure 6-14: ReLU, √(2/n)")
    verdict(page, "healthy")
    page.get_by_role("button", name="Share", exact=True).click()
    address = page.locator("a.labkit-address").get_attribute("href") or ""
    said, table = page.locator(".labkit-caption").inner_text(), page.locator(".labkit-differences").inner_text()
    picture = pixels(page)
    page.goto(urljoin(voila_server + LAB, address))
    page.wait_for_selector("#labkit-loading", state="detached", timeout=60_000)
    expect(page.locator(".labkit-caption")).to_have_text(said)
    expect(page.locator(".labkit-differences")).to_have_text(table, use_inner_text=True)
    for _ in range(100):  # until it is drawn as large as it is shown
        now = pixels(page)
        if now.shape == picture.shape and (now == picture).all():
            return
        page.wait_for_timeout(50)
    raise AssertionError("the picture is another one")


def test_the_link_is_copied_where_the_browser_has_no_clipboard_for_scripts(lab_page: Page) -> None:
    lab_page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    lab_page.get_by_role("button", name="Share", exact=True).click()
    lab_page.get_by_role("button", name="Copy the link").click()
    expect(lab_page.get_by_role("button", name="Copied")).to_be_visible()
    lab_page.evaluate("document.body.prepend(Object.assign(document.createElement('textarea'), {id: 'pasted'}))")
    lab_page.locator("#pasted").press("ControlOrMeta+v")
    link = lab_page.locator("a.labkit-address").evaluate("each => each.href")
    assert lab_page.locator("#pasted").input_value() == link


def test_on_a_narrow_page_every_tool_is_in_sight(lab_page: Page) -> None:
    lab_page.set_viewport_size({"width": 400, "height": 800})
    lab_page.wait_for_function("""() => {
        const tools = [...document.querySelectorAll(".labkit-tools :is(button, select)")];
        const boxes = tools.map((each) => each.getBoundingClientRect()).filter((box) => box.width);
        return boxes.length >= 8 && boxes.every((box) => box.left >= 0 && box.right <= 400);
    }""")


def test_a_hostile_link_is_a_message_and_nothing_runs(open_lab: Callable[[str], Page], voila_server: str) -> None:
    page = open_lab(voila_server + LAB + "?std=1e300&depth=-4&%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E=1&mode=<b>&v=1")
    message = page.locator(".labkit-message")
    for words in ("init std is 1e300 in the link, taken as 100", "depth is -4 in the link", "onerror", "mode must be"):
        expect(message).to_contain_text(words)
    expect(page.locator(".labkit-message img")).to_have_count(0)
    expect(page.get_by_role("slider", name="depth", exact=True)).to_have_attribute("aria-valuenow", "1.0")


def test_what_was_wrong_with_a_link_stays(open_lab: Callable[[str], Page], voila_server: str) -> None:
    page = open_lab(f"{voila_server}voila/render/symmetry.ipynb?v=2&noise=0.3")
    expect(page.locator(".labkit-picture")).to_be_visible()
    page.wait_for_timeout(1500)  # the browser sends back what it rounds
    expect(page.locator(".labkit-message")).to_contain_text("a link of version 1 is wanted, got '2'")


def test_reset_takes_back_what_was_said_of_a_number(lab_page: Page) -> None:
    field = lab_page.get_by_role("spinbutton", name="init std", exact=False).first
    field.fill("")
    field.press("Tab")
    expect(lab_page.locator(".labkit-refusal")).to_contain_text("a number is wanted")
    lab_page.get_by_role("button", name="Reset").click()
    expect(lab_page.locator(".labkit-refusal")).to_have_count(0)


def test_files_can_be_kept_and_the_code_prints_what_is_shown(lab_page: Page, tmp_path: Path) -> None:
    page = lab_page
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Code (NumPy, PyTorch)").click()
    with page.expect_download() as kept:
        page.locator("a.labkit-file").first.click()
    script = tmp_path / kept.value.suggested_filename
    kept.value.save_as(script)
    printed = subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, check=True).stdout
    stats = LABS["signal_propagation"].compute(LABS["signal_propagation"].parameters()).statistics
    rows = [line.split() for line in printed.splitlines() if line.strip()[:1].isdigit()]
    assert [float(row[2]) for row in rows[:5]] == pytest.approx(stats.std.tolist(), rel=1e-10)
    page.get_by_role("button", name="State (JSON)").click()
    source = page.locator("a.labkit-file[download$='.json']").get_attribute("href") or ""
    assert json.loads(base64.b64decode(source.split(",")[1]))["lab"] == "signal_propagation"


def test_a_sweep_moves_the_control_and_stops_at_once(lab_page: Page) -> None:
    page = lab_page
    page.get_by_role("button", name="Sweep", exact=True).click()
    page.get_by_role("combobox", name="sweep").select_option("depth")
    depth = page.get_by_role("slider", name="depth", exact=True)
    page.locator(".labkit-sweep button").first.click()
    expect(depth).not_to_have_attribute("aria-valuenow", "5.0")
    page.get_by_role("button", name="Sweep", exact=True).click()
    settled(page)
    page.wait_for_timeout(300)
    stopped = depth.get_attribute("aria-valuenow")
    page.wait_for_timeout(500)
    assert depth.get_attribute("aria-valuenow") == stopped


@pytest.mark.parametrize("drawer", ["Predict", "Sweep", "Numbers", "Share", "Projector"])
def test_axe_finds_nothing_in_an_open_drawer(drawer: str, open_lab: Callable[[str], Page], voila_server: str) -> None:
    page = open_lab(voila_server + LAB + "?pin=std%3D0.1")
    page.get_by_role("button", name=drawer, exact=True).click()
    page.wait_for_timeout(500)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found] == []


def test_a_lab_that_has_ended_says_so_and_goes_on_from_where_it_was(page: Page, voila_server: str) -> None:
    page.goto(voila_server + LAB + "?std=0.3&pin=std%3D0.01")
    caption = page.locator(".labkit-caption")
    expect(caption).to_contain_text("weight std 0.3", timeout=60_000)
    before = caption.inner_text()
    page.get_by_role("slider", name="depth", exact=True).press("ArrowRight")
    expect(caption).not_to_have_text(before)
    said = caption.inner_text()
    kernel = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    page.evaluate(  # as culling does: the server ends it, the page has not asked for that
        """kernel => fetch(`../../voila/api/shutdown/${kernel}`, {method: "POST", headers: {"X-XSRFToken":
        document.cookie.match(/_xsrf=([^;]+)/)[1]}})""",
        kernel,
    )
    expect(page.get_by_text("This lab has ended. Its last picture can be had again.")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Go on from where I was").click()
    expect(page.locator(".labkit-caption")).to_have_text(said, timeout=60_000)
    expect(page.get_by_role("slider", name="depth", exact=True)).to_have_attribute("aria-valuenow", "6.0")
    expect(page.locator(".labkit-pins button")).to_have_count(1)
