"""Sweeps: thousands of settings, measured on as many processors as there are, kept as they come.

`design` says which settings, `record` what is measured of one, `run` hands them out, `store` keeps what comes back.
"""

from labkit.sweeps.design import Design
from labkit.sweeps.design_file import read_design
from labkit.sweeps.errors import SweepError
from labkit.sweeps.run import sweep
from labkit.sweeps.table import read_sweep

__all__ = ["Design", "SweepError", "read_design", "read_sweep", "sweep"]
