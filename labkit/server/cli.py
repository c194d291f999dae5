"""The `labkit` command. Heavy libraries load only in the command that needs them."""

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import NoReturn

from labkit import __version__
from labkit.server.errors import CommandError, StoppedError, UsageError
from labkit.server.render import add_options

SERVE_PORT = 8866
LAB_PORT = 8888


class Parser(argparse.ArgumentParser):
    """Reports a wrong option in one line, like every other mistake."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the whole usage."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` (without the program's name); return its exit status."""
    try:
        options = _parser().parse_args(argv)
        options.command(options)
    except CommandError as error:
        print(f"labkit: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:  # Ctrl-C before the server has its own handler
        return 0
    except SystemExit as stop:  # --help, --version, and servers that cannot go on
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def _parser() -> Parser:
    parser = Parser(prog="labkit", description="See what activations and initial weights do in a deep network.")
    parser.add_argument("--version", action="version", version=f"labkit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list the labs")
    listing.set_defaults(command=_list)
    serve = commands.add_parser("serve", help="serve the labs as dashboards")
    _add_address(serve, SERVE_PORT)
    serve.set_defaults(command=_serve)
    lab = commands.add_parser("lab", help="open the labs' notebooks in JupyterLab")
    _add_address(lab, LAB_PORT)
    lab.add_argument("--folder", type=Path, help="work on copies of the notebooks in this folder; yours are kept")
    lab.set_defaults(command=_lab)
    add_options(commands.add_parser("render", help="draw a lab's picture into a file"))
    data = commands.add_parser("data", help="fetch a dataset that is not shipped")
    data.add_argument("dataset", choices=["mnist"], help="mnist: all 70 000 digits, 12 MB to fetch, 55 MB kept")
    data.set_defaults(command=_data)
    return parser


def _add_address(parser: argparse.ArgumentParser, port: int) -> None:
    parser.add_argument("--ip", default="127.0.0.1", help="address (default: %(default)s, this machine only)")
    parser.add_argument("--port", default=port, type=_port, help="port (default: %(default)s; 0: any free one)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"must be a whole number in [0, 65535], got {text!r}")
    return int(text)


def _list(options: argparse.Namespace) -> None:
    from labkit.labs import LABS

    width = max(len(key) for key in LABS)
    for lab in LABS.values():
        print(f"{lab.key:{width}}  {lab.title}: {lab.question}")


def _serve(options: argparse.Namespace) -> None:
    from labkit.server.address import bind, port_of, url
    from labkit.server.notebooks import notebooks_folder
    from labkit.server.pages import lab_pages

    folder = notebooks_folder()
    listening = bind(options.ip, options.port)
    pages = lab_pages(folder)
    if not pages:
        raise CommandError(f"there must be a notebook for at least one lab in {folder}, found none")

    from labkit.server.voila_app import serve

    address = url(options.ip, port_of(listening))

    def ready() -> None:
        print(f"labkit serves {address} (each lab at {address}voila/render/<key>.ipynb); stop with Ctrl-C", flush=True)
        if options.browser:
            _open(address + pages[0].path if len(pages) == 1 else address)

    serve(pages, folder, listening, ready)


def _lab(options: argparse.Namespace) -> None:
    from labkit.server.address import free_port
    from labkit.server.notebooks import working_folder
    from labkit.server.pages import first_notebook, lab_pages

    port = free_port(options.ip, options.port)
    copied = working_folder(options.folder)
    for name in copied.kept:
        print(f"labkit keeps {copied.folder / name} as you changed it", file=sys.stderr)
    pages = lab_pages(copied.folder)
    if not pages:
        raise CommandError(f"there must be a notebook for at least one lab in {copied.folder}, found none")

    from labkit.server.jupyter_app import run

    def ready(address: str) -> None:
        print(f"labkit opens JupyterLab at {address} ; stop with Ctrl-C", flush=True)

    run(copied.folder, first_notebook(copied.folder, pages), options.ip, port, options.browser, ready)


def _data(options: argparse.Namespace) -> None:
    from labkit.nn.fetch import fetch_mnist

    try:
        print(f"labkit keeps the full MNIST set in {fetch_mnist()}")
    except OSError as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        raise StoppedError("stopped") from None


def _open(address: str) -> None:
    # Some browsers' commands return only when the browser is closed.
    Thread(target=webbrowser.open, args=[address], daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
