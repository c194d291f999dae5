"""The list of labs in the notebook index.ipynb, and the sentence of each lab."""

import json
import re
from pathlib import Path

import pytest

import labkit
from labkit.labs import LABS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_index_links_every_lab_in_order_to_a_notebook_that_exists():
    links = re.findall(r"\[(.+?)\]\((.+?)\)", labkit.index().data)
    assert links == [(lab.title, f"{key}.ipynb") for key, lab in LABS.items()]
    assert [file for _, file in links if not (NOTEBOOKS / file).is_file()] == []


def test_the_index_has_each_question_and_sentence():
    lines = [line.strip() for line in labkit.index().data.splitlines()]
    for lab in LABS.values():
        at = lines.index(lab.question)
        assert lines[at + 1] == lab.summary


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS.keys())
def test_a_lab_says_in_one_short_sentence_what_one_sees(lab):
    assert re.fullmatch(r"[A-Z][^.!?]{30,110}\.", lab.summary)


def test_the_index_notebook_only_asks_for_the_list():
    notebook = json.loads((NOTEBOOKS / "index.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code == ["import labkit\n\nlabkit.index()"]
    assert "index" not in LABS
