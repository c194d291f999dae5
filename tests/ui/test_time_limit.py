"""The limit on the time of one computation: what takes too long is stopped and said, and the page goes on."""

import dataclasses
import signal
import sys
import threading
import time
from typing import Any

import pytest

from labkit.labs import LABS
from labkit.ui.dashboard import Page
from labkit.ui.time_limit import TooLongError, time_limit

SIGNAL = LABS["signal_propagation"]


def work(seconds: float) -> None:
    """Something that Python can be stopped in."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_SECONDS", "0.3")


@pytest.mark.usefixtures("limited")
def test_what_takes_too_long_is_stopped() -> None:
    with pytest.raises(TooLongError, match=r"longer than the 0\.3 s allowed here: lower depth"), time_limit():
        work(5)


class Slow:
    """Its finalizer takes too long, and Python drops what is raised there."""

    def __init__(self, error: type[Exception] | None = None) -> None:
        self.error = error

    def __del__(self) -> None:
        if self.error:
            raise self.error("lost")
        work(0.4)


def slow() -> None:
    """The alarm falls into the finalizer; only a second one stops the rest."""
    Slow()
    work(5)


@pytest.mark.usefixtures("limited")
def test_a_stop_that_falls_into_a_finalizer_comes_again() -> None:
    start = time.monotonic()
    with pytest.raises(TooLongError), time_limit():
        slow()
    assert time.monotonic() - start < 4


@pytest.mark.usefixtures("limited")
def test_other_lost_errors_are_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_value))
    with time_limit():
        Slow(KeyError)
    assert [type(error) for error in told] == [KeyError]


@pytest.mark.usefixtures("limited")
def test_what_is_in_time_leaves_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit():
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


@pytest.mark.parametrize("given", ["", "0", None])
def test_without_a_limit_nothing_is_stopped(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    monkeypatch.delenv("LABKIT_SECONDS", raising=False)
    if given is not None:
        monkeypatch.setenv("LABKIT_SECONDS", given)
    with time_limit():
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("given", ["-1", "soon", "nan", "inf"])
def test_a_limit_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("LABKIT_SECONDS", given)
    with pytest.raises(ValueError, match=r"LABKIT_SECONDS must .* \[0, 1e\+06\], got "), time_limit():
        pass


@pytest.mark.usefixtures("limited")
def test_a_thread_of_a_notebook_takes_its_time() -> None:
    done: list[Any] = []

    def run() -> None:
        with time_limit():
            work(0.5)
        done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


def test_a_page_keeps_its_picture_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(parameters: Any) -> Any:
        if parameters.depth == 7:
            work(5)
        return SIGNAL.compute(parameters)

    page = Page(dataclasses.replace(SIGNAL, compute=compute))
    picture, state = page.image.value, page.state
    monkeypatch.setenv("LABKIT_SECONDS", "0.3")
    page.set({"depth": 7})
    monkeypatch.setenv("LABKIT_SECONDS", "60")
    assert "Not drawn: this takes longer than the 0.3 s allowed here" in page.message.value
    assert (page.image.value, page.state) == (picture, state)
    page.set({"depth": 6})
    assert page.message.value == ""
    assert page.state.parameters.depth == 6
