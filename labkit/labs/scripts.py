"""The code that a lab hands out: a script in plain NumPy and one in PyTorch that print what the page shows."""

from typing import Any

from labkit.labs.lab import Lab
from labkit.labs.parameters import Parameters
from labkit.nn.scripts import numpy_script, numpy_training_script, torch_script, torch_training_script


def scripts(lab: Lab, parameters: Parameters) -> dict[str, str]:
    """Text by file name, for the present parameters; empty for a lab without a network.

    A lab with a propagation has `network()`, and `probe(torch)` where it sends more than a data set through it; a lab
    with trainings has `networks()` and their `schedule()`: of several seeds at once it is the first that is written.
    ValueError says what no script can do.
    """
    texts = _texts(parameters)
    return {f"{lab.key}_{name}.py": text for name, text in texts.items()}


def has_scripts(lab: Lab) -> bool:
    """Whether a lab has a network that a script can be written of."""
    return hasattr(lab.parameters, "network") or hasattr(lab.parameters, "schedule")


def _texts(p: Any) -> dict[str, str]:
    if hasattr(p, "network"):
        network, probe = p.network(), getattr(p, "probe", None)
        return {"numpy": numpy_script(network, probe), "torch": torch_script(network, probe)}
    if hasattr(p, "networks") and hasattr(p, "schedule"):
        networks, schedule = p.networks(), p.schedule()
        return {
            "numpy": numpy_training_script(networks, schedule), "torch": torch_training_script(networks, schedule),
        }  # fmt: skip
    return {}
