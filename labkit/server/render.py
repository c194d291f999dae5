"""`labkit render`: a lab's picture in a file, by options or by the link of a page."""

import argparse
import sys
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from labkit.server.errors import CommandError


def add_options(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("lab", nargs="?", help="key of the lab (see labkit list)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the lab")
    parser.add_argument("--from-link", metavar="LINK", help="the link of a page, in place of LAB and --set")
    parser.add_argument("--steps", type=_whole, help="steps to go, of a lab that moves by itself")
    parser.add_argument("--width", type=_whole, default=1920, help="pixels (default: %(default)s)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="a .png, .svg or .pdf file")
    parser.set_defaults(command=run)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}") from None


def run(options: argparse.Namespace) -> None:
    """Draw, and print the caption."""
    from labkit.labs.drawing import result_at, save

    if options.from_link and (options.lab or options.set):
        raise CommandError("--from-link stands for the lab and its values: LAB and --set cannot be given with it")
    lab, state = _linked(options.from_link) if options.from_link else _set(options.lab, options.set)
    steps = state.steps if options.steps is None else _steps(lab, options.steps)
    try:
        result = result_at(lab, state.parameters, steps)
        pins = [result_at(lab, pin.parameters, pin.steps) for pin in state.pins]
        save(lab, result, options.output, options.width, pins)
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from None
    print(lab.explain(result))


def _lab(key: str | None, where: str) -> Any:
    from labkit.labs import LABS

    found = LABS.get(key or "")
    if found is None:
        raise CommandError(f"{where} must be one of {', '.join(LABS)}, got {key!r}")
    return found


def _steps(lab: Any, steps: int) -> int:
    if lab.motion is None:
        raise CommandError(f"--steps is for labs that train or move by themselves, and {lab.key} does not")
    if steps < 0:
        raise CommandError(f"--steps must be a whole number from 0, got {steps}")
    return steps


def _set(key: str | None, pairs: list[str]) -> tuple[Any, Any]:
    """What the options ask for; a mistake ends the command."""
    from labkit.labs.link import State
    from labkit.labs.state import value_of

    lab, values = _lab(key, "the lab"), {}
    controls = lab.parameters.controls()
    try:
        for pair in pairs:
            name, equals, text = pair.partition("=")
            if not equals:
                raise CommandError(f"--set must be NAME=VALUE, got {pair!r}")
            values[name] = value_of(controls[name], text) if name in controls else text
        return lab, State(lab.parameters.of(values))
    except ValueError as error:
        raise CommandError(str(error)) from None


def _linked(link: str) -> tuple[Any, Any]:
    """What a link asks for, as a page reads it: what is wrong in it is said and left out."""
    from labkit.labs.link import read_query

    parts = urlsplit(link)
    lab = _lab(PurePosixPath(parts.path).stem, "the lab that the link leads to")
    found = read_query(lab, parts.query)
    for said in found.complaints:
        print(f"labkit: {said}", file=sys.stderr)
    return lab, found.state
