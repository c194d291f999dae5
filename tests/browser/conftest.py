"""A real browser, the two servers, and pages that are watched while they are used."""

import base64
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from labkit.figures.canvas import LiveCanvas
from labkit.labs.signal_propagation import LAB as SIGNAL

ROOT = Path(__file__).parents[2]
LAB = "voila/render/signal_propagation.ipynb"
# A cold kernel on a busy machine.
PATIENCE = 60_000


def pytest_configure(config: pytest.Config) -> None:
    """A fixture of pytest-base-url, which pytest-playwright brings along, is written in a way that pytest 10 drops."""
    expect.set_options(timeout=PATIENCE / 2)  # a kernel that has settled gives way to all that runs beside it
    ignored = "ignore:Session-scoped fixtures defined as instance methods:pytest.PytestRemovedIn10Warning"
    config.addinivalue_line("filterwarnings", ignored)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A second try for what waits for a browser: what fails twice has failed, and the summary counts both."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that the machine has; without one the tests are skipped, or fail where it is required."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    reason = "browser tests need chromium, chromium-browser or google-chrome on the PATH"
    if os.environ.get("LABKIT_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> dict[str, Any]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": chromium, "args": flags}


@pytest.fixture(scope="session")
def server_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Labkit importable, and nothing of the user's own Jupyter."""
    home = tmp_path_factory.mktemp("home")
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, **folders, "HOME": str(home), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(arguments: list[str], environment: dict[str, str], folder: Path) -> Iterator[str]:
    """A server as a process of its own; gives the first address that it prints."""
    errors = folder / "errors.txt"
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder, env=environment
        )
    assert process.stdout is not None
    try:
        words = process.stdout.readline().split()
        address = next((word for word in words if word.startswith("http://")), None)
        assert address, errors.read_text()
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


Serve = Callable[..., Any]


@pytest.fixture(scope="session")
def run_server(server_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """`with run_server([...arguments to Python...]) as address:` for a server of a test's own."""
    return lambda arguments: running(arguments, server_environment, tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="session")
def voila_server(run_server: Serve) -> Iterator[str]:
    """The address of `labkit serve`, with a slash at its end."""
    with run_server(["-m", "labkit.server.cli", "serve", "--no-browser", "--port", "0"]) as address:
        yield address


@dataclass(frozen=True)
class JupyterLabServer:
    """Where `labkit lab` runs: its address with a slash at its end, its token, and the address that it prints."""

    url: str
    token: str
    printed: str

    def notebook(self, name: str, workspace: str = "") -> str:
        """The address of a notebook, alone in the workspace where one is named.

        In the usual one JupyterLab also opens what was open there before.
        """
        folder, reset = (f"lab/workspaces/{workspace}", "&reset") if workspace else ("lab", "")
        return f"{self.url}{folder}/tree/{name}?token={self.token}{reset}"


@pytest.fixture(scope="session")
def jupyterlab_server(run_server: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLabServer]:
    """`labkit lab` on copies of the notebooks."""
    folder = tmp_path_factory.mktemp("copies") / "notebooks"
    arguments = ["-m", "labkit.server.cli", "lab", "--no-browser", "--port", "0", "--folder", str(folder)]
    with run_server(arguments) as address:
        token = urlsplit(address).query.removeprefix("token=")
        yield JupyterLabServer(origin(address) + "/", token, address)


def origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass
class Watch:
    """What a page asked for and complained of."""

    home: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("request", self._on_request)
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def foreign(self) -> list[str]:
        """The requests that left the page's own origin."""
        here = urlsplit(self.home).netloc
        own = [url for url in self.requests if url.startswith(("data:", "blob:")) or urlsplit(url).netloc == here]
        return [url for url in self.requests if url not in own]


Open = Callable[[str], Page]


@contextmanager
def watched(page: Page) -> Iterator[Open]:
    """Open addresses; at the end no request may have left their origin, and the console must hold no error."""
    watches: list[Watch] = []

    def open_it(address: str) -> Page:
        watch = Watch(address)
        watches.append(watch)
        watch.attach(page)
        page.goto(address, timeout=PATIENCE)
        return page

    yield open_it
    leave(page)
    for watch in watches:
        assert watch.foreign() == []
        assert watch.complaints == []


@pytest.fixture
def open_page(page: Page) -> Iterator[Open]:
    """Open an address in a page that is watched."""
    with watched(page) as open_it:
        yield open_it


@pytest.fixture(scope="module")
def open_shared_page(browser: Browser) -> Iterator[Open]:
    """The same for a page that the tests of a module share, where opening costs more than using."""
    with browser.new_context() as context, watched(context.new_page()) as open_it:
        yield open_it


def leave(page: Page) -> None:
    """Close the page as a person does, so that it says farewell and its kernel ends."""
    if not page.is_closed():
        waiting = page.context.new_page()
        page.close(run_before_unload=True)
        waiting.wait_for_timeout(300)


def kernels(address: str) -> int:
    with urllib.request.urlopen(address + "health") as reply:
        return int(json.load(reply)["kernels"])


def ends_its_kernel(page: Page, address: str) -> bool:
    """Whether the server at `address` has a kernel less within 2 s of the page's closing."""
    before, waiting = kernels(address), page.context.new_page()
    page.close(run_before_unload=True)
    for _ in range(40):
        waiting.wait_for_timeout(50)
        if kernels(address) < before:
            return True
    return False


@pytest.fixture
def open_lab(open_page: Open) -> Open:
    """Open the address of a dashboard and wait until its lab stands."""
    return lambda address: until_ready(open_page(address))


@pytest.fixture(scope="module")
def open_shared_lab(open_shared_page: Open) -> Open:
    """The same for a page that the tests of a module share."""
    return lambda address: until_ready(open_shared_page(address))


def until_ready(page: Page) -> Page:
    page.wait_for_selector("#labkit-loading", state="detached", timeout=PATIENCE)
    return page


@pytest.fixture
def lab_page(open_lab: Open, voila_server: str) -> Page:
    """The lab `signal_propagation` under Voila, ready, on a kernel of its own."""
    return open_lab(voila_server + LAB)


@pytest.fixture
def notebook_page(open_page: Open, jupyterlab_server: JupyterLabServer) -> Page:
    """The lab's notebook in JupyterLab, run from top to end, its picture shown."""
    return run_all(open_page(jupyterlab_server.notebook("signal_propagation.ipynb")))


def run_all(page: Page) -> Page:
    """Run a notebook in JupyterLab until its picture stands."""
    run_cells(page)
    page.wait_for_selector("img.widget-image", timeout=PATIENCE)
    return page


def run_cells(page: Page) -> None:
    """Run the cells of the notebook in front."""
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell", timeout=PATIENCE)
    # run before its kernel stands, JupyterLab asks which kernel is meant
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


FETCH = """async (image) => {
  const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""


def pixels(page: Page) -> Any:
    png = base64.b64decode(page.locator("img.labkit-picture").evaluate(FETCH))
    return np.asarray(Image.open(BytesIO(png)))


def drawn(result: Any, width: int) -> Any:
    """What labkit draws of a result of the lab, so many pixels wide."""
    view = SIGNAL.view()
    view.update(result)
    canvas = LiveCanvas(view.figure)
    canvas.resize(width)
    return np.asarray(Image.open(BytesIO(canvas.render())))


def same_picture(page: Page, result: Any) -> bool:
    """Whether the picture becomes that of `result`, at whatever size the page has it drawn."""
    known: dict[int, Any] = {}
    for _ in range(100):
        now = pixels(page)
        width = now.shape[1]
        known[width] = known[width] if width in known else drawn(result, width)
        if np.array_equal(now, known[width]):
            return True
        page.wait_for_timeout(50)
    return False


def shows_values(page: Page, **values: Any) -> None:
    """Picture and caption become what labkit itself makes of these values."""
    result = SIGNAL.compute(SIGNAL.parameters.of(values))
    expect(page.locator(".labkit-caption")).to_have_text(SIGNAL.explain(result))
    assert same_picture(page, result), "the picture is not that of the values"


SETTLED = """async () => {
  const manager = jupyterapp.widgetManager;
  for (const id of Object.keys(manager._models)) {
    const model = await manager.get_model(id);
    if (model._pending_msgs > 0 || model._msg_buffer !== null) return false;
  }
  return true;
}"""


def settled(page: Page) -> None:
    """Wait until the page has nothing left to say: a slider's last value waits while the one before is answered."""
    page.wait_for_function(SETTLED)
