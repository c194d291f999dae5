"""Labs whose page is rendered once for all, and notebooks that must be run."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.server.nursery import page_name
from labkit.server.rendering import RenderedPages, shows_only
from tests.benchmarks.student import Student

KEY = "activation_functions"
SHOW = f'import labkit\n\nlabkit.show("{KEY}")'
SERVE = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.pages import LabPage
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", 0)
pages = [LabPage("activation_functions", "Functions", "Which?")]
serve(pages, Path({folder!r}), listening, lambda: print(url("127.0.0.1", port_of(listening)), flush=True))
"""


def write(folder: Path, *sources: str, words: str = "Some words") -> None:
    cells = [{"cell_type": "markdown", "id": "words", "metadata": {}, "source": words}]
    for number, source in enumerate(sources):
        cells.append({"cell_type": "code", "id": f"code-{number}", "metadata": {}, "source": source, "outputs": [],
                      "execution_count": None})  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (folder / f"{KEY}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize(
    ("sources", "only"),
    [
        ([SHOW], True), ([f"import labkit  # the laboratory\nlabkit.show('{KEY}')\n"], True), ([], False),
        ([SHOW, SHOW], False), ([SHOW, "print(1)"], False), ([SHOW + "\nprint(1)"], False), (["import ("], False),
        (['import labkit\nlabkit.show("softmax")'], False), ([f'import labkit\nlabkit.show("{KEY}", "std=1")'], False),
    ],
)  # fmt: skip
def test_a_notebook_shows_its_lab_and_does_nothing_else(sources: list[str], only: bool) -> None:
    cells = [SimpleNamespace(cell_type="code", source=source) for source in sources]
    words = SimpleNamespace(cell_type="markdown", source="words")
    assert shows_only(SimpleNamespace(cells=[words, *cells]), KEY) is only


def test_a_class_that_comes_at_once_has_the_page_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, SHOW)
    rendered = []

    async def render(_: RenderedPages, name: str) -> None:
        rendered.append(name)
        await asyncio.sleep(0.01)

    async def all_of_them() -> None:
        pages = RenderedPages(SimpleNamespace(root_dir=str(tmp_path)), {f"{KEY}.ipynb": KEY})
        await asyncio.gather(*(pages.page(f"{KEY}.ipynb") for _ in range(30)))

    monkeypatch.setattr(RenderedPages, "_render", render)
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        beside.submit(asyncio.run, all_of_them()).result()
    assert rendered == [f"{KEY}.ipynb"]


async def opened(url: str) -> tuple[str, dict[str, Any], str]:
    """A visitor's HTML, widgets, and kernel."""
    student = Student(url)
    await student.open(KEY)
    found = student.page, student.models, student.kernel
    await student.close()
    return found


def visit(url: str) -> tuple[str, dict[str, Any], str]:
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        return beside.submit(asyncio.run, opened(url)).result()


def test_each_visitor_has_a_kernel_and_the_page_that_the_notebook_has_by_now(start: Any, tmp_path: Path) -> None:
    write(tmp_path, SHOW)
    server = start(SERVE.format(folder=str(tmp_path)))
    first, widgets, kernel = visit(server.url)
    assert "Some words" in first
    assert page_name(KEY) in widgets
    assert any(each["model_name"] == "ImageModel" for each in widgets.values())
    second, _, other = visit(server.url)
    assert kernel != other
    assert first.replace(kernel, other) == second
    write(tmp_path, SHOW, words="Other words")
    assert "Other words" in visit(server.url)[0]


def test_a_notebook_with_more_than_its_lab_is_run(start: Any, tmp_path: Path) -> None:
    write(tmp_path, SHOW, "print('six times seven', 6 * 7)")
    server = start(SERVE.format(folder=str(tmp_path)))
    text, widgets, _ = visit(server.url)
    assert "six times seven 42" in text
    assert any(each["model_name"] == "ImageModel" for each in widgets.values())
