"""Running a sweep on Dask: chunks go out, rows come back and are kept at once; what is there is not made again."""

import tempfile
from concurrent.futures import CancelledError
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.sweeps.chunks import Chunks
from labkit.sweeps.design import Design
from labkit.sweeps.errors import SweepError
from labkit.sweeps.hands import Ears, hearing, local
from labkit.sweeps.record import lost
from labkit.sweeps.table import needed, read_sweep
from labkit.sweeps.work import rows_version, work

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 2
"""Chunks handed out for each thread of a worker: one at work, one waiting."""


def sweep(
    design: Design,
    output: str | Path | None = None,
    client: "Client | None" = None,
    workers: int | None = None,
    progress: bool = False,
) -> Any:
    """Measure every setting of `design`; return the table, as read_sweep() does.

    `output` is the folder in which the rows are kept as they come: the same call goes on where one before it was
    stopped or killed. None: none is kept. `client` is that of any Dask cluster (its workers must have this version of
    labkit); without one, `workers` processes of this machine are started (None: one for each core). `progress` draws a
    bar. Rows do not depend on who makes them, nor on the order.

    SweepError says what keeps it from going on; a setting that fails is a row with its `error`. ImportError where the
    extra labkit[sweep] is not installed.
    """
    needed()
    place = tempfile.TemporaryDirectory() if output is None else nullcontext(str(output))
    with place as folder:
        run(design, Path(folder), client, workers, progress)
        return read_sweep(folder)


def run(
    design: Design, folder: Path, client: "Client | None" = None, workers: int | None = None, progress: bool = False
) -> int:
    """The same without reading the table; how many settings have failed, now or before."""
    from labkit.sweeps.store import Store

    with Store(folder, design, rows_version()) as store:
        missing = store.missing()
        for damaged in store.damaged:
            _say(progress, f"{damaged.name} could not be read and is set aside: its settings are measured again")
        if missing:
            given = nullcontext(client) if client is not None else local(workers)
            try:
                with hearing() as ears, given as hands, ears.listening():
                    _fill(design, missing, store, hands, progress, ears)
            except (OSError, CancelledError) as error:
                why = str(error).partition("\n")[0]
                kept = f"what {folder} holds is whole, and the same call goes on with it"
                raise SweepError(f"the Dask cluster was lost: {kept} ({why})") from error
        return store.failed()


def _fill(
    design: Design, missing: list[tuple[int, int]], store: Any, client: "Client", progress: bool, ears: Ears
) -> None:
    """Hand out what is missing, and keep what comes back."""
    from distributed import as_completed
    from tqdm import tqdm

    plain, chunks = design.plain(), Chunks(missing)
    out: dict[Any, tuple[int, int]] = {}
    suspects: list[int] = []
    done = as_completed()

    def hand_out() -> None:
        threads = max(1, sum(client.ncores().values()))
        while len(out) < AHEAD * threads and (chunk := chunks.take(threads)):
            future = client.submit(work, plain, *chunk, rows_version(), pure=False)
            out[future] = chunk
            done.add(future)

    if not client.ncores():
        _say(progress, "no worker is there: the sweep goes on when one joins")
    count = sum(stop - start for start, stop in missing)
    with tqdm(total=len(design), initial=len(design) - count, unit=" settings", disable=not progress) as bar:
        hand_out()
        try:
            for future in done:
                ears.check()
                start, stop = out.pop(future)
                found = _result(future)
                if found:
                    kept = len(found[0]["index"])
                    store.keep(start, found[0])
                    chunks.told(kept, found[1])
                    chunks.rest(start + kept, stop)
                    bar.update(kept)
                elif stop - start > 1:
                    chunks.again(start, stop)
                else:
                    suspects.append(start)
                hand_out()
            for number in suspects:  # one at a time: beside nothing else, whose worker dies has killed it
                ears.check()
                found = _result(client.submit(work, plain, number, number + 1, rows_version(), pure=False))
                store.keep(number, found[0] if found else lost(design, number, "each worker that tried it died"))
                bar.update(1)
        finally:
            with suppress(OSError, CancelledError):  # of a cluster that is gone
                client.cancel(list(out))


def _result(future: Any) -> tuple[dict[str, list[Any]], float] | None:
    """A chunk's rows and seconds; None where each worker that was given it died, by it or by what it did beside it."""
    from distributed import KilledWorker

    try:
        return future.result()  # type: ignore[no-any-return]
    except KilledWorker:
        return None
    except ImportError as error:
        raise SweepError(f"each worker must have labkit {rows_version()}, and one says: {error}") from None


def _say(progress: bool, words: str) -> None:
    if progress:
        from tqdm import tqdm

        tqdm.write(words)
