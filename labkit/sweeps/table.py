"""A sweep's rows as a table of pandas or polars."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labkit.sweeps.errors import SweepError

LIBRARIES = ("pandas", "polars")


def needed() -> None:
    """ImportError that names what is missing of the extra `sweep`."""
    for name in ("distributed", "pandas", "pyarrow"):
        if find_spec(name) is None:
            raise ImportError(f"a sweep needs the package {name}, found none: pip install 'labkit-deepnets[sweep]'")


def read_sweep(folder: str | Path, library: str = "pandas") -> Any:
    """All rows of the sweep in `folder`, in the order of its settings, as a table of pandas or of polars.

    Columns: `index` (the setting's number), the axes and what is fixed under their names in labkit.Network, what was
    measured, `verdict`, and `error` (missing where all went well). SweepError where there is no sweep, ValueError for
    another library.
    """
    if library not in LIBRARIES:
        raise ValueError(f"library must be one of {', '.join(LIBRARIES)}, got {library!r}")
    needed()
    import pyarrow as pa
    import pyarrow.parquet as pq

    from labkit.sweeps import store

    files = store.parts(Path(folder))
    if not files:
        raise SweepError(f"{folder} holds no rows yet")
    try:
        table = pa.concat_tables([pq.read_table(file, page_checksum_verification=True) for file in files])
    except (OSError, pa.ArrowException) as error:
        raise SweepError(f"{folder} has a damaged part ({error}): run the sweep again, which mends it") from None
    numbers = table["index"].to_numpy()
    if (numbers[1:] <= numbers[:-1]).any():
        raise SweepError(f"{folder} holds rows twice: run the sweep again, which mends it")
    if library == "pandas":
        return table.to_pandas()
    import polars

    return polars.from_arrow(table)
