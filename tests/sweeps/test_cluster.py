"""A real cluster over TCP: a scheduler, workers that come and go, and a sweep that does not mind."""

import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from labkit import Design, read_sweep
from labkit.sweeps.hands import remote
from labkit.sweeps.run import run
from tests.sweeps.conftest import FILE, SMALL, Started, end_group, one_by_one, parts, same

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


def worker(started: Started, scheduler: str, folder: Path, threads: int = 1) -> Any:
    return started("distributed.cli.dask_worker", scheduler, *LOCAL, "--nthreads", str(threads), "--nworkers", "1",
                   "--no-dashboard", "--name", folder.name, "--local-directory", str(folder))  # fmt: skip


def test_the_only_worker_is_killed_another_joins_and_the_sweep_completes(
    started: Started, scheduler: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    design, rows = Design({**SMALL.axes, "seed": tuple(range(100))}, SMALL.fixed), tmp_path / "rows"

    def disturb() -> None:
        wait_for(rows.is_dir)
        first = worker(started, scheduler, tmp_path / "first")
        wait_for(lambda: parts(rows) > 4)
        end_group(first)
        worker(started, scheduler, tmp_path / "second")

    with remote(scheduler) as client:
        other = threading.Thread(target=disturb)
        other.start()
        assert run(design, rows, client, progress=True) == 0
        other.join()
        assert "no worker is there: the sweep goes on when one joins" in capfd.readouterr().out
        assert [each["id"] for each in client.scheduler_info(n_workers=-1)["workers"].values()] == ["second"]
    same(read_sweep(rows), one_by_one(design))


def test_a_scheduler_that_dies_is_said_and_what_came_back_is_kept(started: Started, scheduler: Any, tmp_path: Path):
    address, process = scheduler, started.processes[0]  # type: ignore[attr-defined]
    worker(started, address, tmp_path / "worker")
    (tmp_path / "design.toml").write_text(FILE.format(count=2000), encoding="utf-8")
    sweep = started("labkit.server.cli", "sweep", "design.toml", "--scheduler", address, "--output", "rows")
    wait_for(lambda: parts(tmp_path / "rows") > 4)
    end_group(process)
    said, _ = sweep.communicate(timeout=60)
    assert sweep.returncode == 1
    assert "Traceback" not in said
    words = "labkit: the Dask cluster was lost: what rows holds is whole, and the same call goes on with it"
    assert said.splitlines()[-1].startswith(words)
    kept = read_sweep(tmp_path / "rows")
    assert len(kept) > 4
    same(kept, one_by_one(Design({**SMALL.axes, "seed": tuple(range(2000))}, SMALL.fixed), 0, len(kept)))


def wait_for(fact: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not fact():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_command_works_on_a_cluster(started: Started, scheduler: str, tmp_path: Path):
    worker(started, scheduler, tmp_path / "worker", threads=2)
    (tmp_path / "design.toml").write_text("[axes]\nstd = [0.1, 0.5]\nseed = 20\n[fixed]\nwidth = 8\nbatch = 20\n")
    command = ("labkit.server.cli", "sweep", "design.toml", "--scheduler", scheduler, "--output", "rows")
    said, _ = started(*command).communicate(timeout=60)
    assert said.rstrip().endswith("labkit keeps 40 rows in rows")
    design = Design({"std": (0.1, 0.5), "seed": tuple(range(20))}, {"width": 8, "batch": 20})
    same(read_sweep(tmp_path / "rows"), one_by_one(design))
