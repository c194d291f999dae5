"""The picture in README.md: the dashboard as it opens. `python -m tests.browser.readme_picture` makes it."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from .conftest import LAB, ROOT, running, settled, until_ready

FILE = ROOT / ".github" / "pictures" / "signal_propagation.png"

# The first picture comes before the page has said how large it is shown, which here its height decides.
SHARP = """() => {
  const image = document.querySelector("img.labkit-picture");
  return Math.abs(image.naturalHeight - image.clientHeight) <= 1;
}"""


def main() -> None:
    """Serve the labs and take the picture of the first."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    arguments = ["-m", "labkit.server.cli", "serve", "--no-browser", "--port", "0"]
    with TemporaryDirectory() as folder, running(arguments, environment, Path(folder)) as address:
        take(address + LAB)


def take(address: str) -> None:
    """Open a lab in the browser that the machine has."""
    names = ("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as play:
        found = next(filter(None, map(shutil.which, names)))
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(address)
        settled(until_ready(page))
        page.wait_for_function(SHARP)
        page.screenshot(path=FILE)
        browser.close()


if __name__ == "__main__":
    main()
