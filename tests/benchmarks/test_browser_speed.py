"""From the key to the picture, beside the least that is possible and beside the usual way."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_limits

from labkit.figures.canvas import LiveCanvas
from labkit.labs.signal_propagation import LAB

from .conftest import QUICK, Table, Timed, median, p95

pytestmark = pytest.mark.benchmark

ROUNDS, PRESSES, SLOW_PRESSES = (2, 8, 3) if QUICK else (6, 12, 4)
RATE, SECONDS = 60, 2 if QUICK else 5
PAGE = "voila/render/{}.ipynb"
FETCH = """async () => {
  const bytes = new Uint8Array(await (await fetch(document.querySelector("img.labkit-picture").src)).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""

# Frames as a drag makes them: the picture's address, the readout and the caption change. Milliseconds a frame.
NAMES = """async () => {
  const [picture, readout, caption] = ["img.labkit-picture", ".widget-readout", ".labkit-caption"]
    .map((each) => document.querySelector(each));
  const time = async (frames) => {
    const start = performance.now();
    for (let i = 0; i < frames; i++) {
      picture.setAttribute("data-src", i);
      readout.textContent = i;
      caption.innerHTML = `<p>std ${i}</p>`;
      await null; await null;
    }
    return (performance.now() - start) / frames;
  };
  await time(200);
  return await time(1000);
}"""


@pytest.fixture
def pages(own_server: str, stock_server: str, open_timed: Callable[[str, str], Timed]) -> dict[str, Timed]:
    return {
        "bare": open_timed(own_server + PAGE.format("bare"), "text"),
        "lab": open_timed(own_server + PAGE.format("lab"), "picture"),
        "usual": open_timed(stock_server, "output"),
    }


def times(pages: dict[str, Timed]) -> dict[str, list[float]]:
    """Milliseconds by page, taken in turns."""
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(ROUNDS):
        for name, timed in pages.items():
            timed.page.bring_to_front()
            presses = SLOW_PRESSES if name == "usual" else PRESSES
            # half of a round to the left of std 1, half to the right: about the default
            keys = ["ArrowLeft", "ArrowRight"] if number % 2 else ["ArrowRight", "ArrowLeft"]
            timed.press(keys[0])
            for press in range(presses):
                # at any moment of the display's cycle
                timed.page.wait_for_timeout(60 + float(rng.uniform(0, 17)))
                found[name].append(timed.press(keys[press >= presses // 2]))
    return found


def test_key_to_picture(pages: dict[str, Timed], table: Table) -> None:
    found = times(pages)
    bare, lab, usual = (found[name] for name in ("bare", "lab", "usual"))
    table.title(f"From the key to the frame that shows it, default net ({len(lab)} keys; usual way {len(usual)})")
    for name, values in (("bare round trip (a)", bare), ("labkit (b)", lab), ("usual way (c)", usual)):
        table.add(name, f"median {median(values):.0f} ms, p95 {p95(values):.0f} ms")
    for name, of, most in (("b / a, median", median, 2.5), ("b / a, p95", p95, 3.5)):
        ratio = of(lab) / of(bare)
        table.add(name, f"{ratio:.2f}", f"<= {most}", ratio <= most)
    faster = median(usual) / median(lab)
    table.add("c / b, median", f"{faster:.1f}", ">= 16", faster >= 16)


def test_drag(pages: dict[str, Timed], table: Table) -> None:
    table.title(f"{RATE} slider events a second for {SECONDS} s, in turns")
    for steps, how in ((20, "to and fro over a decade"), (5, "to and fro over five steps")):
        rates = {}
        for name in ("bare", "lab"):
            pages[name].page.bring_to_front()
            rates[name] = pages[name].drag(RATE, SECONDS, steps)
            pages[name].rest()
        bare, lab = rates["bare"], rates["lab"]
        seen = f"(a) {bare:.0f} texts, (b) {lab:.0f} pictures a second"
        table.add(how, seen, ">= 25 where (a) has 50", lab >= bare / 2)
        same = last_is_shown(pages["lab"].page)
        table.add("  the last picture is the last value's", "yes" if same else "no", "always", same)
        assert same


def test_names_of_a_frame(own_server: str, open_timed: Callable[[str, str], Timed], table: Table) -> None:
    page = open_timed(own_server + PAGE.format("lab"), "picture").page
    found = [float(page.evaluate(NAMES)) for _ in range(ROUNDS)]
    table.title("What a frame costs the names for those who do not see it, its own three changes included")
    table.add(f"1000 frames, {ROUNDS} times", f"median {median(found):.3f} ms", "<= 1 ms", median(found) <= 1)
    assert page.locator("img.labkit-picture").get_attribute("alt") == "std 999"


def last_is_shown(page: Any) -> bool:
    """Whether the picture becomes what labkit draws for the value that the slider rests on."""
    control = page.locator(".labkit-control", has=page.get_by_text("init std", exact=True))
    std = float(control.locator(".widget-readout").text_content())
    with threadpool_limits(1, user_api="blas"):
        result = LAB.compute(LAB.parameters.of({"std": std}))
    for _ in range(60):
        shown = np.asarray(Image.open(BytesIO(base64.b64decode(page.evaluate(FETCH)))))
        view = LAB.view()
        view.update(result)
        canvas = LiveCanvas(view.figure)
        canvas.resize(shown.shape[1])
        if np.array_equal(np.asarray(Image.open(BytesIO(canvas.render()))), shown):
            return True
        page.wait_for_timeout(100)
    return False
