"""The links above a lab: in a notebook, and neither in a dashboard nor in a plain script."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import labkit
from labkit.labs import LABS
from labkit.labs.contents import ways as line
from labkit.ui import ways

ROOT = Path(__file__).parents[2]
LAST = list(LABS)[-1]


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML that is displayed, as in a notebook."""
    texts: list[str] = []
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.setattr(ways, "get_ipython", object)
    monkeypatch.setattr(ways, "display", lambda html: texts.append(html.data))
    return texts


@pytest.mark.parametrize("key", ["chain_rule", LAST])
def test_a_notebook_has_the_links_above_the_lab(key: str, displayed: list[str]) -> None:
    labkit.show(key)
    assert displayed == [line(key, LABS)]


def test_the_last_lab_has_no_next(displayed: list[str]) -> None:
    labkit.show(LAST)
    assert "All labs" in displayed[0]
    assert "Next" not in displayed[0]


def test_a_dashboard_has_its_own(displayed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    labkit.show("softmax")
    assert displayed == []


def test_a_plain_script_has_none(displayed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(ways, "get_ipython", lambda: None)
    labkit.show("softmax")
    assert displayed == []
    assert capsys.readouterr().out == ""


def test_a_lab_that_is_not_there_has_none(displayed: list[str]) -> None:
    with pytest.raises(KeyError):
        labkit.show("no_such_lab")
    assert displayed == []


def test_a_notebook_that_is_run_without_a_page_has_them_before_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "notebooks" / "zig_zag.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120).execute()
    above, page = next(cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert above.data["text/html"] == line("zig_zag", LABS)
    assert "application/vnd.jupyter.widget-view+json" in page.data
