"""`labkit render`: pictures in files, and mistakes in one line."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from labkit.labs import LABS

from .test_cli import assert_refused  # isort: skip

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_picture_of_chosen_width_and_its_caption(labkit_command: Run, tmp_path: Path) -> None:
    file = tmp_path / "figure.png"
    options = ["--set", "activation=relu", "--set", "std=0.01", "--width", "640"]
    found = labkit_command("render", "signal_propagation", *options, "--output", str(file))
    lab = LABS["signal_propagation"]
    result = lab.compute(lab.parameters(activation="relu", std=0.01))
    assert (found.returncode, found.stdout.strip()) == (0, lab.explain(result))
    with Image.open(file) as picture:
        assert picture.width == 640


def test_an_svg_needs_no_font_of_the_reader(labkit_command: Run, tmp_path: Path) -> None:
    file = tmp_path / "figure.svg"
    link = "http://127.0.0.1:8866/voila/render/softmax.ipynb?v=1&temperature=2.0&colour=red"
    found = labkit_command("render", "--from-link", link, "--output", str(file))
    assert found.returncode == 0
    assert "there is no parameter 'colour'" in found.stderr
    lab = LABS["softmax"]
    assert found.stdout.strip() == lab.explain(lab.compute(lab.parameters(temperature=2.0)))
    tags = {element.tag.split("}")[1] for element in ElementTree.parse(file).iter()}
    assert "path" in tags
    assert "text" not in tags


def test_a_lab_that_moves_is_drawn_after_so_many_steps(labkit_command: Run, tmp_path: Path) -> None:
    options = ["--steps", "3", "--output", str(tmp_path / "figure.pdf")]
    found = labkit_command("render", "linear_collapse", *options)
    assert found.returncode == 0
    assert "after step 3 of" in found.stdout
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "the lab must be one of signal_propagation"),
        (["softmax", "--set", "temperature"], "--set must be NAME=VALUE, got 'temperature'"),
        (["softmax", "--set", "temperature=hot"], "temperature T must be a number, got 'hot'"),
        (["softmax", "--set", "heat=1"], "there is no parameter 'heat'"),
        (["softmax", "--width", "9"], "the width must lie in [200, 8000] pixels, got 9"),
        (["softmax", "--set", "temperature=1e9"], "temperature T must lie in"),
        (["softmax", "--steps", "3"], "--steps is for labs that train or move by themselves, and softmax does not"),
        (["symmetry", "--steps", "-1"], "--steps must be a whole number from 0, got -1"),
        (["softmax", "--from-link", "softmax.ipynb"], "LAB and --set cannot be given with it"),
        (["--from-link", "http://x/voila/render/nothing.ipynb"], "the lab that the link leads to must be one of"),
    ],
)
def test_a_mistake_is_one_line(labkit_command: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    assert_refused(labkit_command("render", *arguments, "--output", str(tmp_path / "a.png")), "labkit:", words)


def test_an_output_that_cannot_be_written_is_one_line(labkit_command: Run, tmp_path: Path) -> None:
    assert_refused(labkit_command("render", "softmax", "--output", str(tmp_path / "a.jpg")), "must end in .png, .svg")
    assert_refused(labkit_command("render", "softmax", "--output", str(tmp_path / "no" / "a.png")), "No such file")
