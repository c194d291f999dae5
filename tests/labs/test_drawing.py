"""Pictures in files are those of the page."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from labkit.figures.canvas import LiveCanvas
from labkit.labs import LABS
from labkit.labs.drawing import drawn, result_at


@pytest.mark.parametrize("key", ["chain_rule", "signal_propagation", "softmax"])
def test_a_file_has_all_that_the_page_shows(key):
    lab = LABS[key]
    result = result_at(lab, lab.parameters())
    view = lab.view()
    view.update(result)
    page = np.asarray(Image.open(BytesIO(LiveCanvas(view.figure).render())).convert("L"), float)
    file = np.asarray(Image.open(BytesIO(drawn(lab, result, ".png", 1080))).convert("L"), float)
    assert page.shape == file.shape
    ink = page < 200
    assert ink.mean() > 0.005
    assert (file[ink] < 230).mean() > 0.9  # letters are rasterized in another way
