"""The list of labs in the notebook index.ipynb, the sentence of each lab, and the links above it."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest

import labkit
from labkit.labs import LABS
from labkit.labs.contents import contents, thumbnail_file, ways

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def links(html):
    """Address and text of each link."""
    found = re.findall(r'<a href="(.+?)".*?>(.*?)</a>', html)
    return [(address, unescape(re.sub("<.*?>", "", text))) for address, text in found]


def test_the_index_links_every_lab_in_order_to_a_notebook_that_exists():
    found = links(labkit.index().data)
    assert found == [(f"{key}.ipynb", lab.title) for key, lab in LABS.items()]
    assert [file for file, _ in found if not (NOTEBOOKS / file).is_file()] == []


def test_the_index_has_each_question_and_sentence():
    said = [unescape(text) for text in re.findall(r"<p .*?>(.*?)</p>", labkit.index().data)]
    assert said == [text for lab in LABS.values() for text in (lab.question, lab.summary)]


def test_the_index_shows_each_picture_as_it_is_shipped():
    pictures = re.findall(r'<img src="data:image/png;base64,(.+?)" alt=""', labkit.index().data)
    assert [b64decode(text) for text in pictures] == [thumbnail_file(key).read_bytes() for key in LABS]


def test_a_card_escapes_what_a_lab_says_and_may_lack_a_picture():
    odd = replace(LABS["softmax"], key="odd", title="<b>1</b>", question="a < b & c?", summary='"<i>"')
    html = contents([odd])
    assert "<img" not in html
    assert "&lt;b&gt;1&lt;/b&gt;" in html
    assert "a &lt; b &amp; c?" in html
    assert "&quot;&lt;i&gt;&quot;" in html


def test_a_lab_leads_back_and_on_to_the_next_and_the_last_only_back():
    back = ("index.ipynb", "All labs")
    for lab, after in pairwise(LABS.values()):
        assert links(ways(lab.key, LABS)) == [back, (f"{after.key}.ipynb", f"Next: {after.title} →")]
    assert links(ways(list(LABS)[-1], LABS)) == [back]


def test_the_way_on_escapes_the_title():
    labs = {key: replace(LABS["softmax"], key=key, title="<b>") for key in ("one", "two")}
    assert "Next: &lt;b&gt; " in ways("one", labs)


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS.keys())
def test_a_lab_says_in_one_short_sentence_what_one_sees(lab):
    assert re.fullmatch(r"[A-Z][^.!?]{30,110}\.", lab.summary)


def test_the_index_notebook_only_asks_for_the_list():
    notebook = json.loads((NOTEBOOKS / "index.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code == ["import labkit\n\nlabkit.index()"]
    assert "index" not in LABS
