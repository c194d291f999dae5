"""Where a browser computes there are no servers, no compiled helpers and no threads: every lab does without them."""

import subprocess
import sys
from pathlib import Path

from labkit.labs import LABS

ROOT = Path(__file__).parents[2]
MISSING = (
    "isal", "threadpoolctl", "boost_histogram", "voila", "jupyterlab", "jupyter_server", "jupyter_client", "tornado",
    "psutil", "ipykernel", "distributed", "dask", "pyarrow", "pandas", "polars", "resource", "fcntl",
    "_multiprocessing", "zmq",
)  # fmt: skip
RUN = r"""
import sys, threading
missing = {missing}
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Without())
def start(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
try:
    import isal
except ModuleNotFoundError:
    pass
else:
    raise AssertionError("the guard does not bite")

from labkit.labs import LABS
from labkit.ui.dashboard import Page

def told(page):
    return bytes(page.image.value), page.caption.value

for key, lab in LABS.items():
    page = Page(lab)
    first = told(page)
    assert first[0].startswith(b"\x89PNG"), key
    page.show_preset(lab.presets[-1])
    assert told(page) != first, key
    if page.clock is not None:
        page.clock.play.set_state({"playing": True})
        for _ in range(20):  # the first steps of a large race take longer than a tick
            page.clock.play.set_state({"value": page.clock.play.value + 1})
        assert page.clock.done > 0, key
    page.pin()
    page.projector.switch(True)
    for button in page.drawers.buttons.values():
        button.value = True
    assert page.message.value == "", (key, page.message.value)
    print(key)
"""


def test_every_lab_runs_on_python_and_numpy_alone() -> None:
    code = RUN.replace("{missing}", repr(MISSING))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == list(LABS), done.stderr
