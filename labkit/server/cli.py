"""The `labkit` command. Heavy libraries load only in the command that needs them."""

import argparse
import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from labkit import __version__
from labkit.nn.environment import LIMITS, SWEEPS, limit
from labkit.server.address import BaseUrl, Place, base_url, bind, free_port, port_of, url
from labkit.server.errors import CommandError, StoppedError, UsageError
from labkit.server.render import add_options
from labkit.server.site import add_options as add_site_options
from labkit.server.sweep import add_options as add_sweep_options

if TYPE_CHECKING:
    from labkit.server.voila_app import LabkitVoila

HERE = "127.0.0.1"
SERVE_PORT = 8866
LAB_PORT = 8888


class Parser(argparse.ArgumentParser):
    """Reports a wrong option in one line, like every other mistake; a part of an option's name is one."""

    def __init__(self, **kwargs: Any) -> None:
        """Options are taken by their whole names alone."""
        super().__init__(**kwargs, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the whole usage."""
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` (without the program's name); return its exit status."""
    try:
        options = _parser().parse_args(argv)
        _check_environment()
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
    serve.add_argument("--class", dest="students", type=_students, metavar="N", help="serve a class of N, with a token")
    serve.add_argument("--base-url", type=_base_url, metavar="URL", help="where people find the labs behind a proxy: "
                       "a path as /labs/, or the whole address; with a token")  # fmt: skip
    serve.add_argument("--labs", type=_keys, default=(), metavar="KEY,KEY", help="serve these alone (see labkit list)")
    way_in = serve.add_mutually_exclusive_group()
    way_in.add_argument("--token", help="who has it may come in; '' lets everybody (default: a new one where others "
                        "than this machine's user could come, or $LABKIT_TOKEN)")  # fmt: skip
    way_in.add_argument("--password", default="", help="the same with a password, which is asked for")
    way_in.add_argument("--hub", action="store_true", help="serve one user of a JupyterHub, which starts this command "
                        "and says where to listen and who comes in")  # fmt: skip
    serve.set_defaults(command=_serve, ip=None, port=None)
    lab = commands.add_parser("lab", help="open the labs' notebooks in JupyterLab")
    _add_address(lab, LAB_PORT)
    lab.add_argument("--folder", type=Path, help="work on copies of the notebooks in this folder; yours are kept")
    lab.set_defaults(command=_lab)
    add_options(commands.add_parser("render", help="draw a lab's picture into a file"))
    add_sweep_options(commands.add_parser("sweep", help="measure thousands of settings, on many processors"))
    add_site_options(commands.add_parser("site", help="build a static site in which each browser computes"))
    data = commands.add_parser("data", help="fetch a dataset that is not shipped")
    data.add_argument("dataset", choices=["mnist"], help="mnist: all 70 000 digits, 12 MB to fetch, 55 MB kept")
    data.set_defaults(command=_data)
    return parser


def _add_address(parser: argparse.ArgumentParser, port: int) -> None:
    parser.add_argument("--ip", default=HERE, help=f"address (default: {HERE}, this machine only)")
    parser.add_argument("--port", default=port, type=_port, help=f"port (default: {port}; 0: any free one)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")


def _check_environment() -> None:
    """What kernels would stumble on, or pass over, once people have come."""
    for name in LIMITS:
        try:
            limit(name)
        except ValueError as error:
            raise UsageError(str(error)) from None
    if folder := os.environ.get(SWEEPS):
        if not Path(folder).is_dir():
            raise UsageError(f"{SWEEPS} must be a folder of sweeps, got {folder!r}")
        os.environ[SWEEPS] = str(Path(folder).absolute())  # kernels run in another folder than this one


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"must be a whole number in [0, 65535], got {text!r}")
    return int(text)


def _students(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"must be a whole number in [1, 1000], got {text!r}")
    return int(text)


def _keys(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _base_url(text: str) -> BaseUrl:
    try:
        return base_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _list(options: argparse.Namespace) -> None:
    from labkit.labs import LABS

    width = max(len(key) for key in LABS)
    for lab in LABS.values():
        print(f"{lab.key:{width}}  {lab.title}: {lab.question}")


def _serve(options: argparse.Namespace) -> None:
    from labkit.labs import LABS
    from labkit.server.notebooks import notebooks_folder
    from labkit.server.pages import lab_pages

    for key in options.labs:
        if key not in LABS:
            raise UsageError(f"argument --labs: must name labs of {', '.join(LABS)}, with commas between, got {key!r}")
    folder = notebooks_folder()
    _say_what_wins(options)
    options.password = options.password or os.environ.get("LABKIT_PASSWORD", "") * (options.token is None)
    place = _place(options)
    listening = bind(place.ip, place.port)
    pages = [page for page in lab_pages(folder) if page.key in options.labs or not options.labs]
    if not pages:
        raise CommandError(f"there must be a notebook for at least one lab in {folder}, found none")

    from labkit.server.classroom import free_mib, room_for, room_for_anybody
    from labkit.server.voila_app import application

    try:
        room = room_for(options.students, free_mib()) if options.students else room_for_anybody(free_mib())
    except ValueError as error:
        raise CommandError(str(error)) from None
    app = application(pages, folder, listening, room, options.password, place.base)
    if options.hub:
        app.identity_provider_class, app.headers = _hub().HubIdentityProvider, _hub().headers()
    app.token = _token(options, place, app)
    here = url(place.ip, port_of(listening), app.base_url)
    address = (place.base and place.base.address) or here
    key = f"?token={quote(app.token, safe='')}" if app.token else ""

    def ready() -> None:
        print(f"labkit serves {address}{key}")
        if address != here:
            print(f"labkit waits for what a proxy sends to {here}")
        if options.students:
            print(f"labkit serves {app.room.words(options.students)}")
        print(f"each lab is at {address}voila/render/<key>.ipynb{key}")
        print("stop with Ctrl-C", flush=True)
        if options.browser and not options.hub:
            _open(address + (pages[0].path if len(pages) == 1 else "") + key)

    app.ready = ready
    app.start()


def _say_what_wins(options: argparse.Namespace) -> None:
    """There is one way in: an option goes before the environment, and there a password before a token."""
    password = options.password or (options.token is None and os.environ.get("LABKIT_PASSWORD"))
    if password and os.environ.get("LABKIT_TOKEN"):
        print("labkit asks for the password; LABKIT_TOKEN is not used", file=sys.stderr)
    if options.token is not None and os.environ.get("LABKIT_PASSWORD"):
        print("labkit goes by --token; LABKIT_PASSWORD is not used", file=sys.stderr)


def _place(options: argparse.Namespace) -> Place:
    """Where to listen and to be found: as the hub says, where one started this command, but the options first."""
    if options.hub and options.base_url:
        raise UsageError("--base-url is not allowed with --hub, which says it (see labkit serve --help)")
    place = _hub().place(os.environ) if options.hub else Place(HERE, SERVE_PORT, options.base_url)
    ip = place.ip if options.ip is None else options.ip
    return Place(ip, place.port if options.port is None else options.port, place.base)


def _hub() -> ModuleType:
    try:
        from labkit.server import hub
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "jupyterhub":
            raise
        raise CommandError("--hub needs the package jupyterhub in the version that the hub has, found none") from None
    return hub


def _token(options: argparse.Namespace, place: Place, app: "LabkitVoila") -> str:
    """The token that was asked for, or a new one where others than this machine's user could come."""
    from labkit.server.classroom import is_private, new_token

    if options.password or options.hub:
        return ""
    given = options.token if options.token is not None else os.environ.get("LABKIT_TOKEN")
    if given is not None:
        return str(given)
    if app.token:  # of the settings
        return str(app.token)
    # A proxy brings others to an address that only this machine reaches.
    proxied = place.base or app.base_url != "/"
    return new_token() if options.students or proxied or not is_private(place.ip) else ""


def _lab(options: argparse.Namespace) -> None:
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
        print(f"labkit opens JupyterLab at {address}\nstop with Ctrl-C", flush=True)

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
