"""The links above a lab in a notebook. A dashboard has its own."""

import os

from IPython import get_ipython
from IPython.display import HTML, display

from labkit.labs import LABS
from labkit.labs.contents import ways


def show_ways(key: str) -> None:
    """Display the links to the list of labs and to the next lab; nothing in a dashboard or a plain script."""
    if get_ipython() is not None and not _in_dashboard():
        display(HTML(ways(key, LABS)))


def _in_dashboard() -> bool:
    """Voila names itself to the kernels that it starts."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")
