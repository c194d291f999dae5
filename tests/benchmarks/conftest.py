"""One table for all figures, and pages whose every frame is timed where it is seen: in the browser.

`pytest -m benchmark -s` prints the table at its end; with LABKIT_BENCHMARK=quick in the environment it takes fewer
samples. Machines differ and are never quiet: what counts is a ratio of things measured in turns in the same run.
"""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
QUICK = os.environ.get("LABKIT_BENCHMARK") == "quick"


def _browser_tools() -> ModuleType:
    """The browser and the environment that the browser tests have."""
    path = ROOT / "tests" / "browser" / "conftest.py"
    spec = importlib.util.spec_from_file_location("labkit_browser_tools", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_tools = _browser_tools()
chromium = _tools.chromium
browser_type_launch_args = _tools.browser_type_launch_args
server_environment = _tools.server_environment
pytest_configure = _tools.pytest_configure


@dataclass
class Row:
    what: str
    measured: str
    bound: str = ""
    reached: bool | None = None


@dataclass
class Table:
    """What was measured, and which bound it had to keep."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, measured: str, bound: str = "", reached: bool | None = None) -> None:
        self.rows.append(Row(what, measured, bound, reached))

    def title(self, text: str) -> None:
        self.rows.append(Row(text, ""))

    def show(self) -> str:
        verdict = {True: "ok", False: "not reached", None: ""}
        widths = [max(len(getattr(row, name)) for row in self.rows) for name in ("what", "measured", "bound")]
        lines = []
        for row in self.rows:
            if not row.measured:
                lines += ["", row.what]
                continue
            columns = zip((row.what, row.measured, row.bound), widths, strict=True)
            lines.append("  " + "  ".join(f"{text:{width}}" for text, width in columns) + "  " + verdict[row.reached])
        return "\n".join(line.rstrip() for line in lines)


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    table = Table()
    yield table
    print(table.show() + "\n")


def median(values: list[float]) -> float:
    return float(np.median(values))


def p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


BARE = """
import ipywidgets as w
slider = w.FloatLogSlider(description="init std", value=1, base=10, min=-4, max=2, step=0.05)
text = w.Label("1")
text.add_class("seen")
slider.observe(lambda change: setattr(text, "value", f"{change.new:.3g}"), "value")
w.VBox([slider, text])
"""

# Every picture is computed: no result is taken from the cache.
LAB = """
import labkit
from labkit.labs.lab import Lab
Lab.result = lambda lab, parameters: lab.compute(parameters)
labkit.show("signal_propagation")
"""

TRAINING = """
import labkit
labkit.show("mnist_comparison")
"""

# As it is written in notebooks: five layers forward and backward in float64, a figure with five histograms.
USUAL = """
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatLogSlider, interact

rng = np.random.default_rng(0)
x, cotangent = rng.standard_normal((1000, 100)), rng.standard_normal((1000, 100))
draws = [rng.standard_normal((100, 100)) for _ in range(5)]

@interact(std=FloatLogSlider(description="init std", value=1, base=10, min=-4, max=2, step=0.05))
def show(std):
    weights = [std * draw for draw in draws]
    hidden, gradients, h, g = [], [], x, cotangent
    for w in weights:
        h = np.tanh(h @ w)
        hidden.append(h)
    for w, h in zip(reversed(weights), reversed(hidden)):
        delta = g * (1 - h**2)
        gradients.append(delta.std())
        g = delta @ w.T
    plt.figure(figsize=(15, 4))
    for layer, h in enumerate(hidden):
        plt.subplot(1, 5, layer + 1)
        plt.title(f"layer {layer + 1}, std {h.std():.3g}")
        plt.hist(h.ravel(), bins=30, range=(-1, 1))
    plt.show()
    print(f"std {std:.3g}: gradient", gradients[-1])
"""

SERVE = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.pages import LabPage
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", 0)
pages = [LabPage(key, key, "?") for key in ("bare", "lab", "training")]
serve(pages, Path(sys.argv[1]), listening, lambda: print(url("127.0.0.1", port_of(listening)), flush=True))
"""


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    for name, source in {"bare": BARE, "lab": LAB, "training": TRAINING, "usual": USUAL}.items():
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source}
        cell |= {"outputs": [], "execution_count": None}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
        (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return folder


@contextmanager
def _process(arguments: list[str], environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    with (folder / "errors.txt").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder, env=environment
        )
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(scope="session")
def own_server(notebooks: Path, server_environment: dict[str, str]) -> Iterator[str]:
    """Labkit's server on the bare round trip and on the lab."""
    with _process(["-c", SERVE, str(notebooks)], server_environment, notebooks) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), (notebooks / "errors.txt").read_text()
        yield address


@pytest.fixture(scope="session")
def stock_server(notebooks: Path, server_environment: dict[str, str]) -> Iterator[str]:
    """Voila as it comes, on the usual way."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["-m", "voila", "usual.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with _process(arguments, server_environment, notebooks) as process:
        for _ in range(300):
            with socket.socket() as probe:
                probe.settimeout(0.2)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (notebooks / "errors.txt").read_text()
        yield f"http://127.0.0.1:{port}/"


# In the page: from the event that moves the slider to the frame that shows what came of it. A change of text is shown
# by the next frame; a picture first has to be decoded.
PROBE = """(kind) => {
  const probe = window.probe = { seen: 0, last: 0 };
  let started = null, resolve = null;
  addEventListener("keydown", (event) => { started = event.timeStamp; }, true);
  const shown = () => requestAnimationFrame((frame) => {
    probe.seen += 1;
    probe.last = performance.now();
    if (resolve) { resolve(performance.now() - started); resolve = null; }
  });
  const decoded = (image) => image.decode().then(shown, () => {});
  const observe = (node, options, act) => new MutationObserver(act).observe(node, options);
  if (kind === "text") {
    observe(document.querySelector(".seen"), { childList: true, characterData: true, subtree: true }, shown);
  } else if (kind === "picture") {
    const image = document.querySelector("img.labkit-picture");
    observe(image, { attributes: true, attributeFilter: ["src"] }, () => decoded(image));
  } else {
    observe(document.body, { childList: true, subtree: true }, (records) => {
      const images = records.flatMap((record) => [...record.addedNodes]).flatMap((node) =>
        node.querySelectorAll ? [...(node.matches("img") ? [node] : []), ...node.querySelectorAll("img")] : []);
      if (images.length) decoded(images.at(-1));
    });
  }
  const patience = () => new Promise((_, fail) => setTimeout(fail, 20000, "nothing came of it"));
  probe.arm = () => { probe.next = Promise.race([new Promise((done) => { resolve = done; }), patience()]); };
}"""

# Events as a drag makes them, at a steady pace, back and forth.
DRAG = """async ([rate, seconds, steps]) => {
  const handle = document.querySelector(".probed");
  const count = rate * seconds, start = performance.now();
  let sent = 0;
  const seen = probe.seen;
  await new Promise((done) => {
    const timer = setInterval(() => {
      for (; sent < count && performance.now() - start >= (1000 * sent) / rate; sent++) {
        const key = Math.floor(sent / steps) % 2 ? "ArrowRight" : "ArrowLeft";
        handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      }
      if (sent === count) { clearInterval(timer); done(); }
    }, 4);
  });
  return (probe.seen - seen) / ((performance.now() - start) / 1000);
}"""


@dataclass
class Timed:
    """A page with a slider, and the time until a move of it is seen."""

    page: Any

    def press(self, key: str) -> float:
        """Milliseconds from the key to the frame that shows its effect."""
        self.page.evaluate("probe.arm()")
        self.page.keyboard.press(key)
        return float(self.page.evaluate("probe.next"))

    def drag(self, rate: int, seconds: int, steps: int) -> float:
        """Frames a second that were new, while the slider moved `rate` times a second, so many steps to and fro."""
        return float(self.page.evaluate(DRAG, [rate, seconds, steps]))

    def rest(self) -> None:
        """Until nothing has changed for half a second."""
        self.page.wait_for_function("performance.now() - probe.last > 500", timeout=30_000)


@pytest.fixture
def open_timed(browser: Any) -> Iterator[Callable[[str, str], Timed]]:
    """Open an address whose slider `init std` moves a 'text', a 'picture' or an 'output'."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    # Stock pages ask a public server for icons: without internet that would only be waited for.
    context.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())

    def open_it(address: str, kind: str) -> Timed:
        page = context.new_page()
        page.goto(address, timeout=60_000)
        wanted = {"text": ".seen", "picture": "img.labkit-picture", "output": ".jp-OutputArea img"}[kind]
        page.wait_for_selector(wanted, timeout=60_000)
        page.wait_for_selector("#labkit-loading", state="detached", timeout=60_000)
        label = page.locator(".widget-slider", has=page.get_by_text("init std", exact=True))
        handle = label.locator(".noUi-handle")
        handle.evaluate("(handle) => handle.classList.add('probed')")
        page.wait_for_timeout(1000)
        page.evaluate(PROBE, kind)
        handle.focus()
        return Timed(page)

    yield open_it
    context.close()
