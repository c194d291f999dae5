"""The code that a lab hands out: a script in plain NumPy and one in PyTorch that print what the page shows."""

from typing import Any

from labkit.labs.lab import Lab
from labkit.labs.parameters import Parameters
from labkit.labs.race_controls import wanted
from labkit.nn.scripts import numpy_script, numpy_training_script, torch_script, torch_training_script


def scripts(lab: Lab, parameters: Parameters) -> dict[str, str]:
    """Text by file name, for the present parameters; empty for a lab without a network.

    A lab with a propagation has `network()`, and `probe(torch)` where it sends more than a data set through it; a lab
    with trainings has `networks()`, their `schedule()`, and `probe(torch)` where it measures more than the layers. Of
    several seeds at once it is the first that is written; the script names the others.
    ValueError says what no script can do.
    """
    texts = _texts(parameters)
    return {f"{lab.key}_{name}.py": text for name, text in texts.items()}


def has_scripts(lab: Lab) -> bool:
    """Whether a lab has a network that a script can be written of."""
    return hasattr(lab.parameters, "network") or hasattr(lab.parameters, "schedule")


def _texts(p: Any) -> dict[str, str]:
    probe = getattr(p, "probe", None)
    if hasattr(p, "network"):
        network = p.network()
        return {"numpy": numpy_script(network, probe), "torch": torch_script(network, probe)}
    if hasattr(p, "networks") and hasattr(p, "schedule"):
        networks, schedule = p.networks(), p.schedule()
        more = {"seeds": _seeds(p), "look_at": wanted(p) if hasattr(p, "step_shown") else 0}
        return {
            "numpy": numpy_training_script(networks, schedule, probe, **more),
            "torch": torch_training_script(networks, schedule, probe, **more),
        }
    return {}


def _seeds(p: Any) -> int:
    """From how many seeds a lab trains; those that do not train all of `seeds` say so."""
    return int(p.seeds_trained() if hasattr(p, "seeds_trained") else getattr(p, "seeds", 1))
