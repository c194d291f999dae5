"""labkit: see how the activation function and the initial weights decide what happens inside a deep network.

`import labkit` loads neither Matplotlib nor ipywidgets nor a server.
"""

from typing import Any

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
