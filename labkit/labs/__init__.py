"""The experiments: parameters, compute, view, explanation. A lab is one file here and one notebook.

LABS is the table of them: every module here that has a LAB, in the order of _ORDER, then by name.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from labkit.labs.lab import Lab

_ORDER = (
    "signal_propagation", "activation_functions", "initializers", "chain_rule", "phase_diagram", "angles", "symmetry",
    "linear_collapse", "decision_boundary", "mnist_comparison", "dying_relu", "batch_norm", "zig_zag", "softmax",
    "sweep_explorer",
)  # fmt: skip


def _found() -> dict[str, Lab]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    labs = {module.LAB.key: module.LAB for module in modules if hasattr(module, "LAB")}
    first = [key for key in _ORDER if key in labs]
    return {key: labs[key] for key in (*first, *sorted(labs.keys() - set(first)))}


LABS: Mapping[str, Lab] = _found()
