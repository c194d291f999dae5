"""Share and keep: the link, and the files, which hold what the page shows."""

import base64
import csv
import json
import re
from io import BytesIO, StringIO

import pytest
from PIL import Image

from labkit.labs import LABS
from labkit.labs.link import Moment, query, read_query
from labkit.ui.dashboard import Page
from labkit.ui.share import Share

SIGNAL = LABS["signal_propagation"]


@pytest.fixture
def shared():
    page = Page(SIGNAL)
    page.set({"std": 0.01, "activation": "relu"})
    page.pin()
    page.set({"std": 0.1})
    page.drawers.buttons["Share"].value = True
    (share,) = page.drawers._made.values()
    assert isinstance(share, Share)
    return page, share


def files(share, suffix):
    share._offer(suffix)
    found = re.findall(r'download="([^"]+)" href="data:[^;]+;base64,([^"]+)"', share._files.value)
    return {name: base64.b64decode(data) for name, data in found}


def test_the_link_is_relative_and_follows_the_page(shared):
    page, share = shared
    href = re.search(r'href="([^"]+)"', share._link.value)[1].replace("&amp;", "&")
    assert href == "signal_propagation.ipynb?" + query(page.state)
    page.set({"depth": 7})
    assert "depth=7" in share._link.value
    assert read_query(SIGNAL, href.split("?")[1]).state == type(page.state)(
        SIGNAL.parameters(std=0.1, activation="relu"), (Moment(SIGNAL.parameters(std=0.01, activation="relu")),)
    )


def test_a_control_can_be_hidden_in_the_link(shared):
    _, share = shared
    share._hide.value = ("alpha", "depth")
    assert "hide=alpha%2Cdepth" in share._link.value


def test_the_csv_has_the_statistics_to_the_bit(shared):
    page, share = shared
    rows = list(csv.DictReader(StringIO(files(share, ".csv")["signal_propagation.csv"].decode())))
    panel = next(name for name in rows[0] if "panel" in name)
    curve = [row for row in rows if row[panel] == "std of the activations h" and row["series"] != "theory"]
    found = [float(row["value"]) for row in curve if "theory" not in row["series"]]
    assert found == page._shown.statistics.std.tolist()


def test_the_json_has_the_whole_state(shared):
    page, share = shared
    found = json.loads(files(share, ".json")["signal_propagation.json"])
    assert found["values"] == page._parameters.values()
    assert [pin["values"]["std"] for pin in found["pins"]] == [0.01]
    assert read_query(SIGNAL, found["link"].split("?")[1]).state == page.state


def test_png_and_svg_have_the_chosen_width_and_the_pin(shared):
    page, share = shared
    share._width.value = 1920
    with Image.open(BytesIO(files(share, ".png")["signal_propagation.png"])) as picture:
        assert picture.width == 1920
    svg = files(share, ".svg")["signal_propagation.svg"]
    assert b"<text" not in svg
    page.pins.clear()
    assert len(files(share, ".svg")["signal_propagation.svg"]) < len(svg)


def test_the_code_is_offered_where_there_is_a_network(shared):
    _, share = shared
    found = files(share, ".py")
    assert sorted(found) == ["signal_propagation_numpy.py", "signal_propagation_torch.py"]
    for text in found.values():
        compile(text, "script", "exec")
    other = Page(LABS["softmax"])
    other.drawers.buttons["Share"].value = True
    (share,) = other.drawers._made.values()
    assert "Code (NumPy, PyTorch)" not in share._offers()


def test_what_cannot_be_made_is_said(shared, monkeypatch):
    def refuse(*_):
        raise ValueError("no script can do <this>")

    monkeypatch.setattr("labkit.ui.share.scripts", refuse)
    _, share = shared
    share._offer(".py")
    assert "Not made: no script can do &lt;this&gt;." in share._files.value
