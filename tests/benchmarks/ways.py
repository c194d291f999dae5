"""The same class on labkit's server and on stock Voila, in turns, and what it waited as ratios.

    python -m tests.benchmarks.ways --students 30 --seconds 60 --rounds 2

- `labkit`: `labkit serve --class N`, whose kernels are forked.
- `pool`: labkit's notebook on stock Voila with its pool of N kernels that have run it.
- `usual`: what is usually written, `interact` around five `plt.hist`, on stock Voila.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

from labkit.server.notebooks import notebooks_folder
from tests.benchmarks.load import Load, Tally, run
from tests.server.conftest import write_notebook

LAB = "signal_propagation"
USUAL = """
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatLogSlider, interact

x = np.random.default_rng(0).standard_normal((1000, 100))

@interact(std=FloatLogSlider(value=1, min=-3, max=1, step=0.02, description="init std"))
def show(std):
    rng, h, figure = np.random.default_rng(1), x, plt.figure(figsize=(12, 3))
    for layer in range(5):
        h = np.tanh(h @ (std * rng.standard_normal((100, 100))))
        plt.subplot(1, 5, layer + 1)
        plt.title(f"{layer + 1}-layer")
        plt.hist(h.flatten(), 30, range=(-1, 1))
    plt.show()
"""


def command(way: str, students: int, port: int, folder: Path) -> list[str]:
    """What starts the server."""
    if way == "labkit":
        return [sys.executable, "-m", "labkit.server.cli", "serve", "--class", str(students), "--token", "",
                "--no-browser", "--port", str(port)]  # fmt: skip
    pool = ["--preheat_kernel=True", f"--pool_size={students}"] if way == "pool" else []
    return [sys.executable, "-m", "voila", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1", *pool, str(folder)]


def write(way: str, folder: Path) -> str:
    """The notebook that is served; its name."""
    if way == "usual":
        write_notebook(folder / "usual.ipynb", USUAL)
        return "usual"
    shutil.copy(notebooks_folder() / f"{LAB}.ipynb", folder)
    return LAB


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process and of all that descend from it."""
    server, total = psutil.Process(pid), 0.0
    for process in (server, *server.children(recursive=True)):
        with suppress(psutil.Error):  # one that ends just now
            total += sum(process.cpu_times()[:2])
    return total


def settle(pid: int, url: str) -> float:
    """Wait until the server answers and has nothing more to do; the seconds that this took."""
    begun = time.monotonic()
    while time.monotonic() < begun + 600:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            break
        time.sleep(0.2)
    before = cpu_of_tree(pid)
    while time.monotonic() < begun + 600:
        time.sleep(3)
        now = cpu_of_tree(pid)
        if now - before < 0.15:
            break
        before = now
    return time.monotonic() - begun - 3


def attend(way: str, load: Load, port: int) -> tuple[float, Tally]:
    """The class on one server: the seconds until that was ready, and what the class saw."""
    with tempfile.TemporaryDirectory() as name:
        load.labs = (write(way, Path(name)),)
        load.url = f"http://127.0.0.1:{port}/"
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen(command(way, load.students, port, Path(name)), stdout=log, stderr=log)
            try:
                ready = settle(server.pid, load.url)
                return ready, asyncio.run(run(load, server.pid))
            finally:
                server.terminate()
                server.wait(60)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the load on each way, and print what each waited and the ratios to labkit's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--opening", type=float, default=60)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=1, help="times that each has its turn (%(default)s)")
    parser.add_argument("--ways", default="labkit,pool,usual", help="in this order (%(default)s)")
    parser.add_argument("--port", type=int, default=8931)
    options = parser.parse_args(argv)
    ways = options.ways.split(",")
    p95: dict[str, list[list[float]]] = {}
    for turn in range(options.rounds):
        for place, way in enumerate(ways):
            load = Load("", options.students, options.opening, options.seconds)
            ready, tally = attend(way, load, options.port + turn * len(ways) + place)
            print(f"\n{way}: ready after {ready:.0f} s", *tally.lines(load), sep="\n", flush=True)
            p95.setdefault(way, []).append([at_95(tally.opened), at_95(tally.answered)])
    ours = np.median(p95[ways[0]], axis=0)
    for way, found in p95.items():
        opening, answer = np.median(found, axis=0) / ours
        print(f"{way}: p95 of the opening {opening:.1f}, event to picture {answer:.1f} times {ways[0]}'s")


def at_95(times: Sequence[float]) -> float:
    """The 95th percentile, NaN of nothing."""
    return float(np.percentile(times, 95)) if times else float("nan")


if __name__ == "__main__":
    main()
