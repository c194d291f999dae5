"""labkit: see how the activation function and the initial weights decide what happens inside a deep network.

`import labkit` loads nothing else: each name comes with the module that has it, when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.nn.activations import ACTIVATIONS, Activation
    from labkit.nn.critical import critical, critical_std
    from labkit.nn.datasets import DATASETS
    from labkit.nn.diagnosis import Diagnosis, diagnose
    from labkit.nn.initializers import INITIALIZERS, Initializer
    from labkit.nn.network import Network
    from labkit.nn.optimizers import OPTIMIZERS
    from labkit.nn.prediction import Prediction
    from labkit.nn.propagation import Trace, propagate
    from labkit.nn.statistics import LayerStatistics, summarize
    from labkit.nn.theory import predict
    from labkit.nn.train import compare, train
    from labkit.sweeps import Design, SweepError, read_design, read_sweep, sweep

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS", "DATASETS", "INITIALIZERS", "OPTIMIZERS", "Activation", "Design", "Diagnosis", "Initializer",
    "LayerStatistics", "Network", "Prediction", "SweepError", "Trace", "compare", "critical", "critical_std",
    "diagnose", "index", "predict", "propagate", "read_design", "read_sweep", "show", "summarize", "sweep", "train",
]  # fmt: skip

_HOMES = {
    "labkit.nn.activations": ("ACTIVATIONS", "Activation"),
    "labkit.nn.critical": ("critical", "critical_std"),
    "labkit.nn.datasets": ("DATASETS",),
    "labkit.nn.diagnosis": ("Diagnosis", "diagnose"),
    "labkit.nn.initializers": ("INITIALIZERS", "Initializer"),
    "labkit.nn.network": ("Network",),
    "labkit.nn.optimizers": ("OPTIMIZERS",),
    "labkit.nn.prediction": ("Prediction",),
    "labkit.nn.propagation": ("Trace", "propagate"),
    "labkit.nn.statistics": ("LayerStatistics", "summarize"),
    "labkit.nn.theory": ("predict",),
    "labkit.nn.train": ("compare", "train"),
    "labkit.sweeps": ("Design", "SweepError", "read_design", "read_sweep", "sweep"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, from its module; it stays here from then on."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    """What is public, loaded or not."""
    return [*__all__, "__version__"]


def index() -> Any:
    """The labs as cards that link to their notebooks, to be displayed by a notebook's cell."""
    from IPython.display import HTML

    from labkit.labs import LABS  # only now: it loads Matplotlib
    from labkit.labs.contents import contents

    return HTML(contents(LABS.values()))


def show(key: str, link: str | None = None) -> Any:
    """The page of a lab, to be displayed by a notebook's cell: `labkit.show("signal_propagation")`.

    In a notebook it displays above the page the links to the list of labs and to the next lab.
    `link` is the query of a link to a state of it, as the page's "Share" has it. KeyError names the labs that
    there are.
    """
    from labkit.ui.opening import show as show_page  # only now: it loads Matplotlib and ipywidgets

    return show_page(key, link)
