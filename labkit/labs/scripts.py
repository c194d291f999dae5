"""The code that a lab hands out: a script in plain NumPy and one in PyTorch that print what the page shows."""

from labkit.labs.lab import Lab
from labkit.labs.parameters import Parameters
from labkit.nn.scripts import numpy_script, torch_script


def scripts(lab: Lab, parameters: Parameters) -> dict[str, str]:
    """Text by file name, for the present parameters; empty for a lab without a network.

    A lab with a propagation has `network()`, and `probe(torch)` where it sends more than a data set through it.
    ValueError says what no script can do.
    """
    texts = _texts(parameters)
    return {f"{lab.key}_{name}.py": text for name, text in texts.items()}


def _texts(p: Parameters) -> dict[str, str]:
    if hasattr(p, "network"):
        network, probe = p.network(), getattr(p, "probe", None)
        return {"numpy": numpy_script(network, probe), "torch": torch_script(network, probe)}
    return {}
