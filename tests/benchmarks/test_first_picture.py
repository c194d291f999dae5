"""How long a visitor waits for the first picture, and what a visitor costs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import QUICK, Table, Timed, median

pytestmark = pytest.mark.benchmark

OPENINGS = 1 if QUICK else 3
KERNEL = "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"


def kernel_memory(kernel: str) -> int | None:
    """Resident bytes of a kernel's process; None where the system does not tell."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"kernel-{kernel}.json" in (process / "cmdline").read_text():
                lines = (process / "status").read_text().splitlines()
                return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
        except OSError:  # it ended, or is another user's
            continue
    return None


def first_picture(browser: Any, address: str) -> tuple[float, int | None]:
    """Milliseconds in a new browser profile with a new kernel, and that kernel's memory."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address, wait_until="commit", timeout=60_000)
        page.wait_for_function("document.querySelector('img.labkit-picture')?.naturalWidth", timeout=60_000)
        page.wait_for_selector("#labkit-loading", state="detached")
        waited = page.evaluate("performance.now()")
        memory = kernel_memory(page.evaluate(KERNEL))
        page.close(run_before_unload=True)
        context.new_page().wait_for_timeout(500)
    return waited, memory


def test_first_picture_in_a_cold_kernel(browser: Any, own_server: str, table: Table) -> None:
    found = [first_picture(browser, own_server + "voila/render/lab.ipynb") for _ in range(OPENINGS)]
    table.title(f"A dashboard opened in a cold kernel ({OPENINGS} times)")
    table.add("first picture", f"median {median([waited for waited, _ in found]) / 1000:.1f} s", "stated")
    _report_memory(table, "memory of its kernel then (RSS)", [memory for _, memory in found])


def test_memory_after_use(own_server: str, open_timed: Callable[[str, str], Timed], table: Table) -> None:
    timed = open_timed(own_server + "voila/render/lab.ipynb", "picture")
    timed.drag(rate=60, seconds=2, steps=20)
    timed.rest()
    _report_memory(table, "memory of a kernel after a drag (RSS)", [kernel_memory(timed.page.evaluate(KERNEL))])


def _report_memory(table: Table, what: str, found: list[int | None]) -> None:
    known = [memory / 1e6 for memory in found if memory is not None]
    if not known:
        table.add(what, "this system does not tell", "<= 120 MB")
        return
    table.add(what, f"{max(known):.0f} MB", "<= 120 MB", max(known) <= 120)
