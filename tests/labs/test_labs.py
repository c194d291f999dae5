import json
from pathlib import Path

import pytest

from labkit.labs import LABS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
each_lab = pytest.mark.parametrize("lab", LABS.values(), ids=LABS.keys())


@each_lab
def test_defaults_are_computed_shown_and_explained(lab):
    result = lab.result(lab.parameters())
    view = lab.view()
    view.update(result)
    assert view.figure.axes
    assert len(lab.explain(result)) > 40


@each_lab
def test_the_same_parameters_are_computed_once(lab):
    assert lab.result(lab.parameters()) is lab.result(lab.parameters())


@each_lab
def test_has_a_notebook_of_prose_and_one_call(lab):
    notebook = json.loads((NOTEBOOKS / f"{lab.key}.ipynb").read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code == [f'import labkit\n\nlabkit.show("{lab.key}")']
    prose = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    assert prose[0].startswith(f"# {lab.title}\n\n**{lab.question}**")
    assert any(text.startswith("## What is claimed") for text in prose)


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_is_stripped(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "widgets" not in notebook["metadata"]
    for cell in notebook["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@each_lab
def test_presets_are_valid(lab):
    for preset in lab.presets:
        lab.parameters.of(preset.values)
