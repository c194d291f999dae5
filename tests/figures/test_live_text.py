import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from labkit.figures.live_text import LiveText


def ink(kind: type[Text], text: str, ha: str, va: str) -> np.ndarray:
    """How dark each pixel is when `text` stands at the middle of a small figure."""
    figure = Figure(figsize=(4, 1.5), dpi=100, facecolor="white")
    figure.add_artist(kind(0.5, 0.5, text, ha=ha, va=va, fontsize=12, transform=figure.transFigure))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return 255.0 - np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2)


def box(dark: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    return np.array([rows[0], rows[-1], columns[0], columns[-1]])


@pytest.mark.parametrize("text", ["std 0.628", "50 % exactly 0", "1.63e4\n> 99 % not finite"])
@pytest.mark.parametrize(("ha", "va"), [("right", "top"), ("left", "top"), ("center", "top")])
def test_stands_where_an_ordinary_text_stands(text, ha, va):
    live, plain = ink(LiveText, text, ha, va), ink(Text, text, ha, va)
    assert np.abs(box(live) - box(plain)).max() <= 4  # pixels; pieces are set to whole ones
    assert live.sum() == pytest.approx(plain.sum(), rel=0.03)


def test_bottom_aligned_text_stands_above_its_place():
    top, bottom, *_ = box(ink(LiveText, "0.5", "right", "bottom"))
    assert bottom <= 75
    assert top >= 50


def test_empty_and_hidden_text_draw_nothing():
    assert ink(LiveText, "", "left", "top").max() == 0


def test_vector_files_get_real_text(tmp_path):
    figure = Figure()
    figure.add_artist(LiveText(0.5, 0.5, "std 0.628"))
    figure.savefig(tmp_path / "figure.svg", metadata={"Date": None})
    assert "std 0.628" in (tmp_path / "figure.svg").read_text()
