"""A real cluster over TCP: a scheduler, workers that come and go, and a sweep that does not mind."""

import re
import threading
import time
from pathlib import Path

import pytest

from labkit import Design, read_sweep
from labkit.sweeps.hands import remote
from labkit.sweeps.run import run
from tests.sweeps.conftest import SMALL, Started, end_group, one_by_one, parts, same

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
LOCAL = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")


@pytest.fixture
def scheduler(started: Started) -> str:
    process = started("distributed.cli.dask_scheduler", *LOCAL, "--port", "0")
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)", line):
            threading.Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would stop it
            return found[1]
    raise AssertionError("the scheduler has ended")


def test_one_worker_is_killed_another_joins_and_the_sweep_completes(started: Started, scheduler: str, tmp_path: Path):
    design, rows = Design({**SMALL.axes, "seed": tuple(range(250))}, SMALL.fixed), tmp_path / "rows"
    worker = ("distributed.cli.dask_worker", scheduler, *LOCAL, "--nthreads", "1", "--nworkers", "1", "--no-dashboard")
    first, _ = (started(*worker, "--local-directory", str(tmp_path / name)) for name in ("first", "second"))
    seen: list[int] = []

    def disturb() -> None:
        wait_for(lambda: parts(rows) > 4)
        end_group(first)
        wait_for(lambda: parts(rows) > 6)
        started(*worker, "--local-directory", str(tmp_path / "third"))

    with remote(scheduler) as client:
        client.wait_for_workers(2, timeout=60)
        other = threading.Thread(target=disturb)
        other.start()
        assert run(design, rows, client) == 0
        other.join()
        seen.append(len(client.scheduler_info(n_workers=-1)["workers"]))
    same(read_sweep(rows), one_by_one(design))
    assert seen[0] <= 2


def wait_for(fact: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not fact():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_command_works_on_a_cluster(started: Started, scheduler: str, tmp_path: Path):
    worker = ("distributed.cli.dask_worker", scheduler, *LOCAL, "--nthreads", "2", "--nworkers", "1", "--no-dashboard")
    started(*worker, "--local-directory", str(tmp_path / "worker"))
    (tmp_path / "design.toml").write_text('[axes]\nstd = [0.1, 0.5]\nseed = 20\n[fixed]\nwidth = 8\nbatch = 20\n')
    command = ("labkit.server.cli", "sweep", "design.toml", "--scheduler", scheduler, "--output", "rows")
    said, _ = started(*command).communicate(timeout=60)
    assert said.rstrip().endswith("labkit keeps 40 rows in rows")
    design = Design({"std": (0.1, 0.5), "seed": tuple(range(20))}, {"width": 8, "batch": 20})
    same(read_sweep(tmp_path / "rows"), one_by_one(design))
