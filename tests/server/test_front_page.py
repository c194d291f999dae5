"""The front page: a card a lab, its picture, and the ways between the pages."""

import re
import urllib.request
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labkit.labs import LABS
from labkit.labs.contents import THUMBNAILS
from labkit.server.notebooks import notebooks_folder
from labkit.server.pages import LabPage, first_notebook, lab_pages
from labkit.server.settings import dashboard_config
from labkit.server.thumbnails import BYTES, WIDTH, thumbnail

SERVE = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.notebooks import notebooks_folder
from labkit.server.pages import lab_pages
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", 0)
folder = notebooks_folder()
serve(lab_pages(folder), folder, listening, lambda: print(url("127.0.0.1", port_of(listening)), flush=True))
"""


@pytest.fixture(scope="module")
def labs(start: Any) -> Any:
    """A server with labkit's own labs; none of them is opened here."""
    return start(SERVE)


def test_every_lab_has_a_card_with_question_sentence_and_relative_addresses(labs: Any) -> None:
    text = labs.get("/").text
    links = re.findall(r'(?:href|src)="([^"]+)"', text)
    cards = [each for key in LABS for each in (f"voila/render/{key}.ipynb", f"thumbnails/{key}.png")]
    assert links == ["data:,", *cards]
    for lab in LABS.values():
        assert lab.summary in text.replace("&#39;", "'")
        assert lab.question in text.replace("&#39;", "'")


def test_a_picture_is_served_as_it_lies_in_the_package(labs: Any) -> None:
    with urllib.request.urlopen(labs.url + "thumbnails/softmax.png") as reply:
        assert reply.headers["Content-Type"] == "image/png"
        assert reply.read() == (THUMBNAILS / "softmax.png").read_bytes()


@pytest.mark.parametrize(
    "path", ["index.png", "softmax.svg", "..%2Fhandlers.py", "../handlers.py", "softmax.png/x", ""]
)
def test_no_other_file_is_served_as_a_picture(labs: Any, path: str) -> None:
    assert labs.get(f"thumbnails/{path}").status == 404


def test_a_lab_without_a_picture_has_a_card_without_one(dashboards: Any) -> None:
    assert "<img" not in dashboards.get("/").text
    assert dashboards.get("thumbnails/stub.png").status == 404


def test_a_lab_leads_back_and_on_to_the_next_and_the_last_only_back(dashboards: Any) -> None:
    text = dashboards.get("voila/render/stub.ipynb").text
    nav = re.search(r'<nav id="labkit-nav" aria-label="labs">(.*?)</nav>', text, re.DOTALL)
    assert nav
    assert re.findall(r'href="(.+?)"', nav[1]) == ["../../", "failing.ipynb"]
    assert "Next: Failing" in nav[1]
    last = dashboards.get("voila/render/failing.ipynb").text
    assert 'href="../../"' in last
    assert "Next:" not in last


def test_the_next_lab_is_the_next_of_the_table() -> None:
    following = dashboard_config(lab_pages(notebooks_folder())).VoilaConfiguration.resources["labkit"]["following"]
    assert following == {a: (f"{b}.ipynb", LABS[b].title) for a, b in pairwise(LABS)}


def test_the_index_notebook_is_no_lab() -> None:
    assert (notebooks_folder() / "index.ipynb").is_file()
    assert [page.key for page in lab_pages(notebooks_folder())] == list(LABS)


def test_jupyterlab_opens_on_the_index_or_else_on_the_first_lab(tmp_path: Path) -> None:
    pages = [LabPage("one", "One", "?"), LabPage("two", "Two", "?")]
    assert first_notebook(tmp_path, pages) == "one.ipynb"
    (tmp_path / "index.ipynb").touch()
    assert first_notebook(tmp_path, pages) == "index.ipynb"


def test_the_search_looks_through_title_question_sentence_and_scenes() -> None:
    page = LabPage("key", "One", "Two?", "Three.", ("Four", "Five"))
    assert page.words == "one two? three. four five"


@pytest.mark.parametrize("key", LABS)
def test_every_lab_has_a_small_picture(key: str) -> None:
    content = Path(THUMBNAILS / f"{key}.png").read_bytes()
    image = Image.open(BytesIO(content))
    assert (image.format, image.width) == ("PNG", WIDTH)
    assert 250 <= image.height <= 290
    assert len(content) <= BYTES
    assert np.asarray(image.convert("L")).std() > 10, "the picture is nearly empty"


@pytest.mark.parametrize("key", ["activation_functions", "chain_rule", "softmax"])
def test_the_command_makes_the_picture_that_lies_there(key: str) -> None:
    made, kept = (
        np.asarray(Image.open(BytesIO(content)).convert("RGB"), float)
        for content in (thumbnail(LABS[key]), (THUMBNAILS / f"{key}.png").read_bytes())
    )
    # another version of Matplotlib or FreeType moves letters by a pixel; another picture differs by more than 10
    assert np.abs(made - kept).mean() < 3
