"""A small class on a server: nobody waits for ever, nobody sees an error, and nothing of it is left behind."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.benchmarks.load import Load, kernels_memory, run
from tests.server.wire import wait_until

SERVE = """
import sys
from labkit.server.cli import main
sys.exit(main(["serve", "--class", "3", "--labs", "signal_propagation,softmax", "--no-browser", "--port", "0"]))
"""


def test_a_class_opens_drags_changes_labs_and_leaves_nothing(start: Any) -> None:
    server = start(SERVE)
    said = re.fullmatch(r"labkit serves (http://\S+/)\?token=([0-9a-f]{16})", server.url)
    assert said
    server.url, token = said[1], said[2]
    assert "a class of 3: at most 5 visitors at a time" in server.output.readline()
    front = server.get("", Authorization=f"token {token}").text
    assert re.findall(r"render/(\w+)\.ipynb", front) == ["signal_propagation", "softmax"]
    load = Load(server.url, students=3, opening=2, seconds=10, labs=("signal_propagation", "softmax"), drag=0.9,
                switch=4, token=token)  # fmt: skip
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        tally = beside.submit(asyncio.run, run(load)).result()
    assert not tally.errors, tally.lines(load)
    assert len(tally.opened) > 3
    assert tally.frames > 3
    assert all(0 < seconds < 30 for seconds in tally.opened + tally.answered)
    assert wait_until(lambda: json.loads(server.get("health", Authorization=f"token {token}").text)["kernels"] == 0, 10)
    assert len(kernels_memory(server.process.pid)) == 1  # the nursery
