"""The command `labkit sweep`: a design's file, a folder, and whatever computes."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from labkit.server.errors import CommandError, StoppedError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `labkit sweep` its arguments."""
    parser.add_argument("file", type=Path, metavar="FILE.toml", help="the design: axes, fixed values, training")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder of the rows; the same "
                        "command goes on with a sweep that was stopped there")  # fmt: skip
    hands = parser.add_mutually_exclusive_group()
    hands.add_argument("--workers", type=_workers, metavar="N", help="processes of this machine (default: its cores)")
    hands.add_argument("--scheduler", metavar="ADDRESS", help="that of a Dask cluster, as tcp://10.0.0.1:8786")
    parser.set_defaults(command=run)


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1024):
        raise argparse.ArgumentTypeError(f"must be a whole number in [1, 1024], got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> None:
    """Run the sweep; CommandError for what its user can mend, StoppedError for Ctrl-C."""
    from labkit.sweeps.design_file import DesignError, read_design
    from labkit.sweeps.errors import SweepError
    from labkit.sweeps.hands import remote
    from labkit.sweeps.run import run as run_sweep
    from labkit.sweeps.table import needed

    try:
        needed()
        design = read_design(options.file)
    except OSError as error:
        raise CommandError(f"{options.file} cannot be read: {error.strerror}") from None
    except (DesignError, ImportError) as error:
        raise CommandError(str(error)) from None
    hands: Any = nullcontext() if options.scheduler is None else remote(options.scheduler)
    try:
        with hands as client:
            failed = run_sweep(design, options.output, client, options.workers, progress=True)
    except SweepError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"the sweep could not be run: {error.strerror or error}") from None
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; the same command goes on with what {options.output} holds") from None
    words = f"labkit keeps {_counted(len(design), 'row')} in {options.output}"
    if failed:
        words += f"; {_counted(failed, 'setting')} failed (column error), the first with: "
        words += _first_error(options.output)
    print(words)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _first_error(folder: Path) -> str:
    import pyarrow.parquet as pq

    from labkit.sweeps.store import parts

    errors = (pq.read_table(file, columns=["error"])["error"].drop_null().to_pylist() for file in parts(folder))
    return str(next(error for each in errors for error in each)).partition("\n")[0]
