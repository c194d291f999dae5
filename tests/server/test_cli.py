"""The `labkit` command: what it prints, and how it refuses."""

import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import labkit
from labkit.server.cli import _parser
from tests.server.conftest import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]


def assert_refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on stderr with all of the words, and a status that says so."""
    assert result.returncode != 0
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


def test_version_is_printed(labkit_command: Run) -> None:
    result = labkit_command("--version")
    assert (result.returncode, result.stdout) == (0, f"labkit {labkit.__version__}\n")


def test_version_loads_no_server_and_no_matplotlib(environment: dict[str, str]) -> None:
    script = (
        "import sys; from labkit.server.cli import main; main(['--version']);"
        "print([name for name in ('voila', 'jupyter_server', 'matplotlib', 'ipywidgets') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.splitlines()[1] == "[]"


def test_list_has_a_line_for_each_lab(labkit_command: Run) -> None:
    from labkit.labs import LABS

    lines = labkit_command("list").stdout.splitlines()
    assert len(lines) == len(LABS) > 0
    for line, lab in zip(lines, LABS.values(), strict=True):
        assert line.startswith(lab.key)
        assert lab.title in line
        assert lab.question in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--prot", "1"], ["--prot"]),
        (["serve", "--port", "70000"], ["--port", "[0, 65535]", "70000"]),
        (["lab", "--port", "eight"], ["--port", "eight"]),
        (["serve", "--ip", "192.0.2.1"], ["--ip", "192.0.2.1"]),
        (["serve", "--ip", "no.such.host.invalid"], ["--ip", "no.such.host.invalid"]),
        (["serve", "--labs", "softmax,softmaxx"], ["--labs", "activation_functions", "'softmaxx'"]),
        (["serve", "--base-url", "labs"], ["--base-url", "/labs/", "'labs'"]),
        (["serve", "--hub"], ["--hub", "JUPYTERHUB_SERVICE_URL"]),
        (["serve", "--hub", "--base-url", "/labs/"], ["--hub", "--base-url"]),
        (["serve", "--hub", "--token", "a"], ["--hub", "--token"]),
        (["serve", "--clas", "3"], ["--clas"]),
        (["serve", "--pass", "a"], ["--pass"]),
        (["render", "softmax", "--width", "2.5", "--output", "a.png"], ["--width", "a whole number", "'2.5'"]),
        (["fly"], ["fly"]),
        ([], ["COMMAND"]),
        (["lab", "--port", "0", "--folder", "/no/such/folder/at/all"], ["--folder", "/no/such/folder/at/all"]),
        (["lab", "--port", "0", "--folder", __file__], ["--folder", __file__]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_option_gets_one_line(labkit_command: Run, arguments: list[str], words: list[str]) -> None:
    assert_refused(labkit_command(*arguments), *words)


@pytest.mark.parametrize("command", ["serve", "lab"])
def test_a_port_in_use_is_told_with_the_way_out(labkit_command: Run, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_refused(labkit_command(command, "--no-browser", "--port", port), port, "in use", "--port 0")


def test_help_is_no_mistake(labkit_command: Run) -> None:
    result = labkit_command("serve", "--help")
    assert result.returncode == 0
    assert "--no-browser" in result.stdout


def test_missing_notebooks_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from labkit.server import cli, notebooks

    monkeypatch.setattr(notebooks, "package_folder", lambda: tmp_path / "labkit")
    assert cli.main(["serve", "--port", "0"]) == 1
    assert str(tmp_path / "notebooks") in capsys.readouterr().err


def test_the_commands_of_the_readme_run_as_they_stand() -> None:
    """The paths and the options; what they do has tests of its own."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = [block for kind, block in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) if kind in ("", "sh")]
    lines = [line.rpartition("&& ")[2] for block in blocks for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if re.match(r"\S*labkit ", line)]
    assert len(commands) >= 5
    for name, *arguments in commands:
        assert name == ".venv/bin/labkit"
        assert _parser().parse_args(arguments).command
