"""Grounds that a class shares: drawn once, the same for all, and drawn again where they cannot be had."""

from pathlib import Path

import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.figures.grounds import VARIABLE, Grounds
from labkit.figures.png import deflate
from labkit.labs import LABS

LAB = LABS["signal_propagation"]
STATES = [{}, {"std": 0.02}, {"activation": "relu", "std": 1.7}, {"depth": 30}, {"std": 0.02}]


def drawn(
    monkeypatch: pytest.MonkeyPatch, folder: Path | None, name: str = "lab", width: int = 640
) -> tuple[list[bytes], int]:
    """The pictures of a canvas of its own, and how many grounds it drew."""
    if folder is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, str(folder))
    view = LAB.view()
    canvas = LiveCanvas(view.figure, name)
    canvas.resize(width)
    pictures = []
    for values in STATES:
        view.update(LAB.compute(LAB.parameters.of(values)))
        pictures.append(canvas.render(view.look))
    return pictures, canvas.full_draws


def test_what_one_has_drawn_another_takes_to_the_pixel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone, full = drawn(monkeypatch, None)
    first, _ = drawn(monkeypatch, tmp_path)
    second, again = drawn(monkeypatch, tmp_path)
    assert full > 2
    assert again == 0
    assert alone == first == second


@pytest.mark.parametrize("other", [{"name": "another lab"}, {"width": 641}])
def test_another_lab_or_size_draws_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: dict[str, str]
) -> None:
    drawn(monkeypatch, tmp_path)
    _, full = drawn(monkeypatch, tmp_path, **other)
    assert full > 2


def test_without_a_name_or_a_folder_nothing_is_shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    Grounds().put("look", deflate(pixels))
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing"))
    kept = Grounds("lab")
    kept.put("look", deflate(pixels))
    assert np.array_equal(kept.pixels("look", pixels.shape), pixels)
    assert Grounds("lab").pixels("look", pixels.shape) is None


@pytest.mark.parametrize("damage", [b"", b"no deflate", None], ids=["empty", "other", "of another size"])
def test_what_is_damaged_is_drawn_again_for_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: bytes | None
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    Grounds("lab").put("look", deflate(pixels))
    (file,) = tmp_path.iterdir()
    file.write_bytes(deflate(pixels[:1]) if damage is None else damage)
    assert Grounds("lab").pixels("look", pixels.shape) is None
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_full_takes_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr("labkit.figures.grounds._SHARED", 3)
    kept = Grounds("lab")
    pixels = np.zeros((1, 1, 4), np.uint8)
    for look in range(5):
        kept.put(look, deflate(pixels))
    assert len(list(tmp_path.iterdir())) == 3
    assert all(kept.pixels(look, pixels.shape) is not None for look in range(5))
