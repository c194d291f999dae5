"""Settings: what is wrong in them is told in one sentence before anything starts."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.wire import Browser

Refused = Callable[..., str]


@pytest.fixture
def refused(environment: dict[str, str], tmp_path: Path) -> Refused:
    """What `labkit serve` says to settings that it does not take."""

    def run(file: str = "", name: str = "labkit_config.py", **more: str) -> str:
        (tmp_path / name).write_text(file or ("{}" if name.endswith("json") else ""))
        done = subprocess.run(
            [sys.executable, "-m", "labkit.server.cli", "serve", "--no-browser", "--port", "0", "--labs", "softmax"],
            capture_output=True, text=True, timeout=20, check=False, cwd=tmp_path,
            env={**environment, "JUPYTER_CONFIG_DIR": str(tmp_path), **more},
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr

    return run


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LABKIT_SECONDS", "abc", "LABKIT_SECONDS must be a number in [0, 1e+06], got 'abc'"),
        ("LABKIT_SECONDS", "-1", "LABKIT_SECONDS must lie in [0, 1e+06], got -1.0"),
        ("LABKIT_MEMORY_MIB", "abc", "LABKIT_MEMORY_MIB must be a number in [0, 1e+06], got 'abc'"),
        ("LABKIT_MEMORY_MIB", "nan", "LABKIT_MEMORY_MIB must lie in [0, 1e+06], got nan"),
        ("LABKIT__LabKernelManager__max_kernels", "abc", "LabKernelManager.max_kernels must be an int from 0, "
         "got 'abc'"),
        ("LABKIT__LabKernelManager__max_kernels", "-1", "LabKernelManager.max_kernels must be an int from 0, got -1"),
        ("LABKIT__LabKernelManager__seconds", "soon", "LABKIT_SECONDS must be a number in [0, 1e+06], got 'soon'"),
        ("LABKIT__Voila__slow_seconds", "soon", "Voila.slow_seconds must be a float, got 'soon'"),
        ("LABKIT__Voila__base_url", "labs", "Voila.base_url must be a path as /labs/ or an address as "
         "https://school.example/labs/, got 'labs'"),
        ("LABKIT__LabKernelManger__max_kernels", "7", "a setting's class must be one that has settings, "
         "as LabKernelManager, got 'LabKernelManger'"),
        ("LABKIT__LabKernelManager__max_kernel", "7", "a setting of LabKernelManager must be one that it has, "
         "as max_kernels, got 'max_kernel'"),
        ("LABKIT__LabKernelManager_max_kernels", "7", "a setting in the environment must be LABKIT__CLASS__NAME, "
         "got 'LABKIT__LabKernelManager_max_kernels'"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_environment_is_told(refused: Refused, variable: str, value: str, said: str) -> None:
    assert refused(**{variable: value}) == f"labkit: {said}\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("labkit_config.py", "c.Voilaa.base_url = '/'", "a setting's class must be one that has settings, as Voila, "
         "got 'Voilaa'"),
        ("labkit_config.py", "c.LabKernelManager.max_kernels = '5'", "LabKernelManager.max_kernels must be an int "
         "from 0, got '5'"),
        ("labkit_config.json", '{"LabKernelManager": {"patienc": 1}}', "a setting of LabKernelManager must be one that "
         "it has, as patience, got 'patienc'"),
        ("labkit_config.json", '{"max_kernels": 1}', "a setting's class must be one that has settings, "
         "got 'max_kernels'"),
        ("labkit_config.py", "c.Voila.base_url = = 1", "labkit_config must be a file that can be read, got "
         "SyntaxError: invalid syntax (labkit_config.py, line 1)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_told(refused: Refused, name: str, text: str, said: str) -> None:
    assert refused(text, name) == f"labkit: {said}\n"


CLASS = """
import sys
from labkit.server.cli import main
sys.exit(main(["serve", "--class", "3", "--labs", "softmax", "--no-browser", "--port", "0", *{more}]))
"""


def test_the_start_is_told_in_lines_that_can_be_read_aloud(start: Any) -> None:
    """And in links that can be followed, whatever the token is."""
    server = start(CLASS.format(more=["--token", "é &#?"]), LABKIT_PASSWORD="a")
    key = "?token=%C3%A9%20%26%23%3F"
    address = server.url.removeprefix("labkit serves ").removesuffix(key)
    assert server.url == f"labkit serves {address}{key}"
    said = [server.output.readline() for _ in range(3)]
    assert said[0].startswith("labkit serves a class of 3: ")
    assert said[1:] == [f"each lab is at {address}voila/render/<key>.ipynb{key}\n", "stop with Ctrl-C\n"]
    assert "softmax" in Browser().ask(address + key).text
    assert server.errors.read_text() == "labkit goes by --token; LABKIT_PASSWORD is not used\n"


def test_a_token_that_is_not_used_is_told(start: Any) -> None:
    server = start(CLASS.format(more=["--password", "a"]), LABKIT_TOKEN="b")
    assert "?" not in server.url
    assert server.errors.read_text() == "labkit asks for the password; LABKIT_TOKEN is not used\n"


def test_what_is_told_is_what_is_in_force(start: Any, tmp_path: Path) -> None:
    """The environment's word for a setting, the file's, and the environment's for a limit."""
    (tmp_path / "labkit_config.py").write_text("c.LabKernelManager.seconds = '7'\nc.LabKernelManager.memory_mib = '9'")
    server = start(CLASS.format(more=[]), JUPYTER_CONFIG_DIR=str(tmp_path), LABKIT__LabKernelManager__max_kernels="4",
                   LABKIT_MEMORY_MIB="77")  # fmt: skip
    said = server.output.readline()
    words = "a class of 3: at most 4 visitors at a time, a network of at most 77 MiB and a computation of at most 7 s"
    assert words in said
