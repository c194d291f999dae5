"""How the tests are spread: three processes, the pages in one of them, and a measurement alone."""

from typing import Any

import pytest
from threadpoolctl import threadpool_limits
from xdist.scheduler import LoadScopeScheduling

WORKERS = 3
"""One more than a small machine has cores: tests of pages and servers wait for half of their time."""


def pytest_configure() -> None:
    """As the page has it: the last digits depend on it, and the processes must not share the cores twice."""
    threadpool_limits(1, user_api="blas")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process where the output or the clock is looked at."""
    watched = config.option.capture == "no" or config.option.markexpr == "benchmark"
    return 0 if watched else WORKERS


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return PagesTogether(config, log)


class PagesTogether(LoadScopeScheduling):
    """All pages in one process, since they share a browser and its servers; any other file in the next free one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "tests/browser" if file.startswith("tests/browser/") else file
