"""What a worker does: rows of its own version alone, on one BLAS thread, and a chunk that takes long in pieces."""

from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from labkit import SweepError
from labkit.sweeps import record as recording
from labkit.sweeps import run as running
from labkit.sweeps import work as working
from labkit.sweeps.run import sweep
from labkit.sweeps.work import measure, rows_version
from tests.sweeps.conftest import SMALL, one_by_one, same


def test_a_worker_of_another_version_is_refused(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "rows_version", lambda: "9 (numpy 3)")
    with pytest.raises(SweepError, match=r"each worker must have labkit 9 \(numpy 3\), and one has "):
        sweep(SMALL, client=two)


def test_a_worker_without_labkit_is_refused(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: Any) -> Any:
        from importlib import import_module

        return import_module("labkit_that_is_not_there")

    monkeypatch.setattr(running, "work", work)
    with pytest.raises(SweepError, match=r"each worker must have labkit .* No module named 'labkit_that_is_not_there'"):
        sweep(SMALL, client=two)


def test_a_worker_needs_no_labkit_to_take_a_chunk() -> None:
    """Whoever cannot unpack what it is sent ends without a word."""
    from distributed.protocol.pickle import dumps

    assert b"labkit.sweeps.work\x94\x8c\x04work" not in (sent := dumps(working.work))
    assert b"cloudpickle" in sent


def test_whatever_goes_wrong_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> Any:
        raise RuntimeError("the moon was full")

    monkeypatch.setattr(recording, "propagate", fails)
    assert one_by_one(SMALL, 0, 2)["error"] == ["RuntimeError: the moon was full"] * 2


def test_a_chunk_that_takes_long_comes_back_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "LONGEST", 0.0)
    found, _ = measure(SMALL.plain(), 3, 9, rows_version())
    assert found["index"] == [3]


def test_what_such_chunks_leave_is_measured_too(two: Any, expected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(plain: Any, start: int, stop: int, version: str) -> Any:
        return measure(plain, start, (start + stop + 1) // 2, version)

    monkeypatch.setattr(running, "work", work)
    same(sweep(SMALL, client=two), expected)


def test_one_blas_thread_also_after_a_chunk_for_another_may_be_at_work() -> None:
    with threadpool_limits(2, user_api="blas"):
        measure(SMALL.plain(), 0, 1, rows_version())
        assert {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"} == {1}
