"""A sweep that is disturbed: workers killed, all of it killed, Ctrl-C, mistakes on the command line."""

import asyncio
import os
import signal
import socketserver
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from labkit import Design, SweepError, read_sweep
from labkit.server.cli import main
from labkit.sweeps import chunks, hands
from labkit.sweeps import run as running
from labkit.sweeps.hands import local
from labkit.sweeps.record import columns
from labkit.sweeps.run import sweep
from labkit.sweeps.store import Store
from tests.sweeps.conftest import FILE, SMALL, Started, end_group, one_by_one, parts, same

WORK = running.work


def test_a_worker_that_is_killed_costs_its_chunk(tmp_path, monkeypatch):
    design, taken, results = Design({**SMALL.axes, "seed": tuple(range(150))}, SMALL.fixed), [], running._result

    def result(future: Any) -> Any:
        taken.append(results(future))
        if len(taken) == 5:  # between two chunks, and others are out
            os.kill(first, signal.SIGKILL)
        return taken[-1]

    monkeypatch.setattr(running, "_result", result)
    with local(2) as client:
        first = min(client.run(os.getpid).values())
        found = sweep(design, tmp_path, client=client)
        assert first not in client.run(os.getpid).values()
    assert len(taken) > 5
    same(found, one_by_one(design))


def dies_at(number: int) -> Any:
    """work() on a machine that setting `number` kills."""

    def work(plain: Any, start: int, stop: int, version: str) -> Any:
        if start <= number < stop:
            os._exit(1)
        return WORK(plain, start, stop, version)

    return work


@pytest.mark.parametrize("chunk", [1, 20_000])
def test_a_setting_that_kills_its_workers_is_a_row_and_the_others_go_on(tmp_path, monkeypatch, expected, chunk):
    """In chunks of one setting, others wait on the worker that dies: they are not blamed."""
    import dask

    monkeypatch.setattr(running, "work", dies_at(33))
    monkeypatch.setattr(chunks, "MOST", chunk)
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), local(2) as client:
        found = sweep(SMALL, tmp_path, client=client)
    assert found["error"].notna().sum() == 1
    assert "each worker that tried it died" in found["error"][33]
    others = found.drop(33)
    assert others["rms_last"].tolist() == [value for i, value in enumerate(expected["rms_last"]) if i != 33]


def killed_and_resumed(started: Started, tmp_path: Path, moments: list[float], count: int) -> None:
    """Kill the whole sweep at moments of its run, then let it end: the table is that of single runs."""
    file, rows = tmp_path / "design.toml", tmp_path / "rows"
    file.write_text(FILE.format(count=count), encoding="utf-8")
    command = ("labkit.server.cli", "sweep", str(file), "--workers", "2", "--output", str(rows))
    kept = []
    for moment in moments:
        process = started(*command)
        time.sleep(moment)
        end_group(process)
        kept.append(parts(rows))
    assert kept == sorted(kept)
    process = started(*command)
    said, _ = process.communicate(timeout=500)
    assert process.returncode == 0, said
    design = Design({**SMALL.axes, "seed": tuple(range(count))}, SMALL.fixed)
    same(read_sweep(rows), one_by_one(design))
    for file in rows.glob("part-*"):
        assert pq.read_metadata(file).num_rows


def test_a_killed_sweep_goes_on_to_the_same_table(started, tmp_path):
    killed_and_resumed(started, tmp_path, [2.5, 4.0], count=150)


@pytest.mark.long
def test_killed_at_ten_random_moments_it_goes_on_to_the_same_table(started, tmp_path):
    moments = np.random.default_rng(0).uniform(0.5, 6, 10).tolist()
    killed_and_resumed(started, tmp_path, moments, count=2000)


def test_no_folder_of_dask_is_left(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with local(1) as client:
        assert client.submit(sum, [1, 2]).result() == 3
    assert [each.name for each in tmp_path.rglob("*")] == ["here"]


def test_ctrl_c_stops_it_and_says_how_to_go_on(started, tmp_path):
    file, rows = tmp_path / "design.toml", tmp_path / "rows"
    file.write_text(FILE.format(count=2000), encoding="utf-8")
    process = started("labkit.server.cli", "sweep", str(file), "--workers", "2", "--output", str(rows))
    end = time.monotonic() + 60
    while not (rows.is_dir() and parts(rows) > 3) and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # a terminal tells all of them
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert said.rstrip().endswith(f"labkit: stopped; the same command goes on with what {rows} holds")
    assert "Traceback" not in said
    read_sweep(rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.toml"], "missing.toml cannot be read: No such file or directory"),
        (["design.toml", "--workers", "0"], "must be a whole number in [1, 1024], got '0'"),
        (["design.toml", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "not allowed with argument"),
        (["design.toml", "--scheduler", "nonsense://x"], "no Dask scheduler answers at nonsense://x"),
        (["wrong.toml"], "wrong.toml: depth must lie in [1, 100], got 0"),
    ],
)
def test_a_mistake_is_one_line(started, tmp_path, arguments, words):
    (tmp_path / "design.toml").write_text(FILE.format(count=1), encoding="utf-8")
    (tmp_path / "wrong.toml").write_text("[axes]\ndepth = [0]\n", encoding="utf-8")
    process = started("labkit.server.cli", "sweep", *arguments, "--output", "rows")
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert words in said
    assert len(said.splitlines()) == 1


def test_a_scheduler_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(hands, "PATIENCE", 1)
    words = r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 "
    with pytest.raises(SweepError, match=words), hands.remote("tcp://127.0.0.1:1"):
        pass


def test_another_server_at_the_address_is_no_scheduler(monkeypatch):
    """As a scheduler's own dashboard, whose port is easily taken for its."""
    monkeypatch.setattr(hands, "PATIENCE", 1)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(SweepError, match=f"no Dask scheduler answers at {address} "), hands.remote(address):
            pass
        server.shutdown()


class Silent(socketserver.BaseRequestHandler):
    """Listens, and says nothing."""

    def handle(self) -> None:
        while self.request.recv(1000):
            pass


@pytest.mark.parametrize(("where", "words"), [
    ("labkit.sweeps.run.run", "the sweep could not be run: no room"),
    ("labkit.sweeps.design_file.read_design", "design.toml cannot be read: no room"),
])  # fmt: skip
def test_what_fails_is_named(labkit_main, tmp_path, monkeypatch, where, words):
    """An error of the system while a sweep runs is none of its file."""

    def fails(*_: Any, **__: Any) -> Any:
        raise OSError(28, "no room")

    monkeypatch.setattr(where, fails)
    (tmp_path / "design.toml").write_text(FILE.format(count=1), encoding="utf-8")
    assert words in labkit_main("sweep", str(tmp_path / "design.toml"), "--output", str(tmp_path / "rows"))


def test_the_first_that_failed_says_why(tmp_path, monkeypatch, capsys):
    design = Design({"std": (1.0,)}, {"batch": 9000, "dataset": "mnist_small"})

    def run(_: Design, folder: Path, *__: Any, **___: Any) -> int:
        with Store(folder, design, "1") as store:
            store.keep(0, columns(design, 0, 1))
            return store.failed()

    monkeypatch.setattr("labkit.sweeps.run.run", run)
    (tmp_path / "design.toml").write_text("[axes]\nstd = [1]\n", encoding="utf-8")
    assert main(("sweep", str(tmp_path / "design.toml"), "--output", str(tmp_path / "rows"))) == 0
    said = capsys.readouterr().out
    assert "labkit keeps 1 row in " in said
    assert "; 1 setting failed (column error), the first with: ValueError: " in said


@pytest.fixture
def labkit_main(capsys: pytest.CaptureFixture[str]) -> Any:
    """The command in this process; what it said when it failed."""

    def command(*arguments: str) -> str:
        assert main(arguments) == 1
        return capsys.readouterr().err

    return command


@pytest.mark.parametrize("package", ["distributed", "pyarrow", "pandas"])
def test_a_missing_extra_is_named(monkeypatch, package):
    from importlib.util import find_spec

    from labkit.sweeps import table

    monkeypatch.setattr(table, "find_spec", lambda name: None if name == package else find_spec(name))
    with pytest.raises(ImportError, match=rf"a sweep needs the package {package}, found none: pip install"):
        sweep(SMALL)


def test_a_scheduler_is_asked_for_from_within_a_loop_too():
    async def in_a_notebook() -> None:
        with pytest.raises(SweepError, match="no Dask scheduler answers"), hands.remote("tcp://127.0.0.1:1"):
            pass

    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        beside.submit(asyncio.run, in_a_notebook()).result()
