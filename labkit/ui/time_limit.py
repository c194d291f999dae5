"""A limit on the time of one computation, where a server sets one: who asks for too much does not wait for ever."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from labkit.nn.environment import SECONDS, limit

_AGAIN = 0.2
"""Seconds until it is said once more: an error raised inside a finalizer or a weak reference's callback is lost."""


class TooLongError(ValueError):
    """A computation was stopped; the text says what to lower."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Stop what takes longer than LABKIT_SECONDS of the environment, where signals can do that: in the main thread.

    A dashboard computes there. A notebook of one's own may take its time.
    """
    seconds = limit(SECONDS)
    if not seconds or not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise TooLongError(f"this takes longer than the {seconds:g} s allowed here: lower depth, width or batch")

    before = signal.signal(signal.SIGALRM, stop)
    told, sys.unraisablehook = sys.unraisablehook, _but_this_one(sys.unraisablehook)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # twice, since the alarm may come between the end of the work and the line above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = told


def _but_this_one(told: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A hook that passes on every lost error but ours, which comes again."""

    def hook(lost: Any) -> None:
        if not isinstance(lost.exc_value, TooLongError):
            told(lost)

    return hook
