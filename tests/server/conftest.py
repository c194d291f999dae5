"""Servers for tests, each a process of its own on a free port, stopped by its own process id."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.server.wire import Answer, ask

ROOT = Path(__file__).parents[2]

# What the stub's cell shows is what the tests ask of a kernel.
CELL = """
import os
print("kernel", os.getpid(), "threads", os.environ.get("OPENBLAS_NUM_THREADS"))
"""

SERVE = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.pages import LabPage
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", 0)
pages = [LabPage("stub", "A <stub>", "What is it?"), LabPage("failing", "Failing", "Why?")]
serve(pages, Path(sys.argv[1]), listening, lambda: print(url("127.0.0.1", port_of(listening)), flush=True))
"""


def write_notebook(path: Path, source: str) -> None:
    """A notebook with one code cell."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
    path.write_text(json.dumps(notebook), encoding="utf-8")


@dataclass
class Server:
    """A running server and where it is."""

    process: subprocess.Popen[str]
    url: str
    errors: Path

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask(self.url + path.lstrip("/"), headers=headers)

    def ask(self, url: str, **more: Any) -> Answer:
        return ask(urllib.request.build_opener(), url, **more)

    def kernels(self) -> int:
        return int(json.loads(self.get("health").text)["kernels"])

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout


Start = Callable[..., Server]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Labkit importable, and nothing of the user's own Jupyter."""
    home = tmp_path_factory.mktemp("home")
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    return {**clean, **folders, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "stub.ipynb", CELL)
    write_notebook(folder / "failing.ipynb", "open('/a/secret/path')")
    write_notebook(folder / "unlisted.ipynb", CELL)
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture(scope="module")
def start(environment: dict[str, str], notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a server from a script that prints its address; all are stopped when the module is through."""
    processes: list[subprocess.Popen[str]] = []

    def run(script: str = SERVE, cwd: Path | None = None, **more: str) -> Server:
        folder = tmp_path_factory.mktemp("server")
        errors = folder / "errors.txt"
        with errors.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", script, str(notebooks)], stdout=subprocess.PIPE, stderr=log, text=True,
                cwd=cwd or folder, env={**environment, **more},
            )  # fmt: skip
        processes.append(process)
        server = Server(process, "", errors)
        server.url = server.output.readline().strip()
        assert "://" in server.url, errors.read_text()
        return server

    yield run
    for process in processes:
        process.terminate()
        process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def serve_script() -> str:
    return SERVE


@pytest.fixture(scope="module")
def dashboards(start: Start) -> Server:
    return start()


@pytest.fixture(scope="session")
def labkit_command(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""

    def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "labkit.server.cli", *arguments],
            capture_output=True, text=True, timeout=60, env=environment, cwd=cwd, check=False,
        )  # fmt: skip

    return run
