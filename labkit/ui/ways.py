"""The links above a lab in a notebook. A dashboard has its own."""

import os

from IPython import get_ipython
from IPython.display import HTML, display

from labkit.labs import LABS
from labkit.labs.contents import ways


def show_ways(key: str) -> None:
    """Display the links to the list of labs and to the next lab; nothing in a dashboard or a plain script."""
    if get_ipython() is not None and not in_dashboard():
        display(HTML(ways(key, LABS)))


def in_dashboard() -> bool:
    """Whether the page is a dashboard's; where labkit does not serve it, Voila names itself to its kernels."""
    return "LABKIT_DASHBOARD" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")
