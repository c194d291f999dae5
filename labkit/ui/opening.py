"""Opening a lab's page, which may have been made before anybody asked for it."""

import os
from collections.abc import Mapping

import ipywidgets as widgets
from ipywidgets.widgets.widget import _instances as all_widgets

from labkit.labs import LABS
from labkit.ui.dashboard import Page
from labkit.ui.ways import show_ways

_READY: dict[str, tuple[Page, dict[str, widgets.Widget]]] = {}


def prepare(key: str, model_id: str) -> None:
    """Make the page of a lab in a process that is no kernel, for the kernels that will be forked from it.

    A page is a figure and some hundred widgets, half a second in all. Where there is no kernel, widgets tell nobody of
    themselves; a dashboard's page asks for all that there are when it opens. So each page's are set aside until then.
    """
    one_blas_thread()
    try:
        page = Page(LABS[key], model_id=model_id)
        for preset in page.lab.presets[:1]:  # the first move takes several times as long as those after it
            page.show_preset(preset)
        page.reset()
        _READY[key] = page, dict(all_widgets)
    finally:  # those of a page that failed are no other page's
        all_widgets.clear()


def present(key: str, model_id: str) -> None:
    """Have the page of the lab `key` ready under this name, for a dashboard that shows it without running a cell.

    The query of the dashboard's address says what it shows. A page that was prepared must have the same name.
    """
    link = os.environ.get("QUERY_STRING", "")
    if key not in _READY:
        one_blas_thread()
        _READY[key] = Page(LABS[key], link, model_id), {}
        return
    page, its_widgets = _READY[key]
    _connect(its_widgets)
    if link:
        page.open(link)


def _connect(its_widgets: Mapping[str, widgets.Widget]) -> None:
    """Let widgets that were made where there was no kernel speak through the one that there is now."""
    from ipykernel.kernelbase import Kernel

    kernel = Kernel.instance()
    for widget in its_widgets.values():
        widget.comm.kernel = kernel
    all_widgets.update(its_widgets)


def show(key: str, link: str | None = None) -> widgets.Widget:
    """The page of the lab `key`, for a notebook's cell; KeyError names the labs that there are.

    `link` is the query of a link to a state of it; None: that of the dashboard's address, where there is one.
    """
    if key not in LABS:
        raise KeyError(f"there is no lab {key!r}: there are {', '.join(LABS)}")
    one_blas_thread()
    show_ways(key)
    return Page(LABS[key], os.environ.get("QUERY_STRING", "") if link is None else link).widget


def one_blas_thread() -> None:
    """At these sizes more threads cost more than they give, and a class shares few cores."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # a browser has one thread
        return
    threadpool_limits(1, user_api="blas")
