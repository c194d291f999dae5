"""The folder of a sweep: what is there is not made again, what is damaged is, and nothing else is touched."""

import json
import re
import resource
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labkit
from labkit import Design, SweepError, read_sweep
from labkit.sweeps.run import run, sweep
from labkit.sweeps.store import Store
from tests.sweeps.conftest import SMALL, one_by_one, same

VERSION = f"{labkit.__version__} (numpy {np.__version__})"


def half(folder: Path, design: Design = SMALL, stop: int = 40) -> None:
    """A sweep that was killed after `stop` settings, in parts of 10."""
    with Store(folder, design, VERSION) as store:
        for start in range(0, stop, 10):
            store.keep(start, one_by_one(design, start, start + 10))


def test_what_is_there_is_not_made_again(two, expected, tmp_path, monkeypatch):
    half(tmp_path)
    asked = []
    given = two.submit

    def submit(function: Any, plain: Any, start: int, stop: int, version: str, **more: Any) -> Any:
        asked.append((start, stop))
        return given(function, plain, start, stop, version, **more)

    monkeypatch.setattr(two, "submit", submit)
    same(sweep(SMALL, tmp_path, client=two), expected)
    assert min(asked)[0] == 40
    assert sum(stop - start for start, stop in asked) == len(SMALL) - 40


@pytest.mark.parametrize("damage", ["cut short", "a byte changed", "empty", "another's rows", "no rows at all"])
def test_a_damaged_part_is_set_aside_and_made_again(two, expected, tmp_path, damage, capfd):
    half(tmp_path)
    part, other = tmp_path / "part-00000010-00000019.parquet", tmp_path / "part-00000020-00000029.parquet"
    content = part.read_bytes()
    middle = content.index(np.float64(expected["rms_last"][12]).tobytes()) + 3
    changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    part.write_bytes({
        "cut short": content[:-100], "a byte changed": changed, "empty": b"", "another's rows": other.read_bytes(),
        "no rows at all": b"PAR1" * 100,
    }[damage])  # fmt: skip
    if damage not in ("another's rows",):
        with pytest.raises(SweepError, match="has a damaged part"):
            read_sweep(tmp_path)
    run(SMALL, tmp_path, two, progress=True)
    same(read_sweep(tmp_path), expected)
    assert (tmp_path / "part-00000010-00000019.damaged").exists()
    assert "part-00000010-00000019.damaged could not be read and is set aside" in capfd.readouterr().out


def test_half_a_part_is_never_seen(tmp_path, two, expected):
    half(tmp_path)
    (tmp_path / ".part-00000040-00000049.parquet.tmp").write_bytes(b"PAR1 and then the power failed")
    same(sweep(SMALL, tmp_path, client=two), expected)
    assert not list(tmp_path.glob(".*"))


def test_a_copy_under_another_name_is_no_part(tmp_path, two, expected):
    """As file managers and programs that keep folders alike make them."""
    half(tmp_path)
    part = tmp_path / "part-00000010-00000019.parquet"
    part.with_name("part-00000010-00000019 (copy).parquet").write_bytes(part.read_bytes())
    same(sweep(SMALL, tmp_path, client=two), expected)


def test_parts_that_overlap_are_never_read_as_rows_twice(tmp_path, two, expected):
    half(tmp_path)
    with Store(tmp_path, SMALL, VERSION) as store:
        store.keep(5, one_by_one(SMALL, 5, 25))
    with pytest.raises(SweepError, match="holds rows twice: run the sweep again"):
        read_sweep(tmp_path)
    same(sweep(SMALL, tmp_path, client=two), expected)


def test_the_lock_is_one_that_a_network_takes_too(tmp_path):
    with Store(tmp_path, SMALL, VERSION) as store:
        assert store._lock.writable()


def test_another_design_in_the_folder_is_refused(tmp_path, two):
    half(tmp_path)
    other = Design(SMALL.axes, {"width": 9})
    with pytest.raises(SweepError, match="holds a sweep of another design: name another folder"):
        sweep(other, tmp_path, client=two)
    with pytest.raises(SweepError, match=re.escape(f"was begun with labkit {VERSION}, and this is 9")), \
            Store(tmp_path, SMALL, "9"):  # fmt: skip
        pass


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(SweepError, match="must be empty or a sweep's"), Store(tmp_path, SMALL, VERSION):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["letter.txt"]
    with pytest.raises(SweepError, match=r"has no sweep\.json"):
        read_sweep(tmp_path)


def test_a_manifest_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(SweepError, match=r"sweep\.json cannot be read"), Store(tmp_path, SMALL, VERSION):
        pass


def test_two_sweeps_cannot_write_one_folder(tmp_path):
    with Store(tmp_path, SMALL, VERSION), pytest.raises(SweepError, match="is being written by another sweep"), \
            Store(tmp_path, SMALL, VERSION):  # fmt: skip
        pass


def test_a_full_disk_is_said_and_what_is_there_stays_whole(two, tmp_path, expected):
    half(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))  # a part is larger
    try:
        with pytest.raises(SweepError, match=r"does not take more rows .*: what it holds is whole"):
            sweep(SMALL, tmp_path, client=two)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.glob(".*"))
    same(sweep(SMALL, tmp_path, client=two), expected)


def test_the_manifest_is_the_design(tmp_path):
    half(tmp_path)
    assert Design.of(json.loads((tmp_path / "sweep.json").read_text())["design"]).plain() == SMALL.plain()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "rows").write_text("mine")
    with pytest.raises(SweepError, match="rows must be a folder, and is a file"), \
            Store(tmp_path / "rows", SMALL, VERSION):  # fmt: skip
        pass
    assert (tmp_path / "rows").read_text() == "mine"
