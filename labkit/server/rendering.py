"""A lab's page as HTML, rendered once for all its visitors.

A notebook whose only code shows its lab need not be run for each of them: what it puts on the page is known beforehand.
Each visitor's kernel makes the page's widgets by itself (labkit.ui.opening), under the name by which the HTML calls
them. Any other notebook is run by Voila.
"""

import ast
import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

from labkit.server.nursery import page_name

_KERNEL = "the-kernel-of-this-visitor"
_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class RenderedPage:
    """The HTML of a lab's page, and what starts a kernel for it."""

    html: str
    kernel_name: str
    arguments: tuple[str, ...]

    def of(self, kernel_id: str) -> str:
        """The page on this kernel."""
        return self.html.replace(_KERNEL, kernel_id)


class Renderer(NotebookRenderer):  # type: ignore[misc]
    """Voila's renderer, without a kernel: the cell of code has the page of the lab `key` as its output."""

    key = ""

    async def _jinja_kernel_start(self, nb: Any, kernel_id: str, kernel_future: Any) -> str:
        return kernel_id

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> AsyncIterator[Any]:
        view = {_VIEW: {"model_id": page_name(self.key), "version_major": 2, "version_minor": 0}}
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("display_data", data=view)]  # type: ignore[no-untyped-call]
            yield cell


class RenderedPages:
    """The labs' pages, each rendered when it is first asked for and again when its notebook has changed."""

    def __init__(self, server: Any, keys: Mapping[str, str]) -> None:
        """Of this Voila server; the keys of the labs by the names of their notebooks."""
        self._server, self._keys = server, keys
        self._rendered: dict[str, tuple[int, RenderedPage | None]] = {}
        self._one = asyncio.Lock()  # a class that comes at once has it rendered once

    async def page(self, name: str) -> RenderedPage | None:
        """The page of this notebook; None for one that must be run."""
        changed = Path(self._server.root_dir, name).stat().st_mtime_ns
        async with self._one:
            at, page = self._rendered.get(name, (None, None))
            if at != changed:
                page = await self._render(name)
                self._rendered[name] = changed, page
            return page

    async def prepare(self) -> None:
        """Render all of them, letting visitors in between."""
        for name in self._keys:
            await asyncio.sleep(0.05)
            try:
                await self.page(name)
            except Exception:  # its visitors will see why
                self._server.log.exception("labkit: the page of %s could not be prepared", name)

    async def _render(self, name: str) -> RenderedPage | None:
        renderer = self._renderer(name)
        key = renderer.key = self._keys[name]
        await renderer.initialize()
        if not shows_only(renderer.notebook, key):
            return None
        html = await renderer.generate_content_str(_KERNEL)
        code = f"from labkit.ui.opening import present; present({key!r}, {page_name(key)!r})"
        return RenderedPage(html, renderer.notebook.metadata.kernelspec.name, (f"--IPKernelApp.code_to_run={code}",))

    def _renderer(self, name: str) -> Renderer:
        server = self._server
        settings = server.app.settings
        config = get_page_config(
            base_url=server.base_url, settings=settings, log=server.log, voila_configuration=server.voila_configuration
        )
        return Renderer(
            voila_configuration=server.voila_configuration,
            traitlet_config=server.config,
            notebook_path=name,
            template_paths=server.template_paths,
            config_manager=server.config_manager,
            contents_manager=server.contents_manager,
            base_url=server.base_url,
            kernel_spec_manager=server.kernel_spec_manager,
            page_config=config,
            mathjax_config=settings.get("mathjax_config"),
            mathjax_url=settings.get("mathjax_url"),
        )


def shows_only(notebook: Any, key: str) -> bool:
    """Whether all the code of a notebook is the cell that shows this lab."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    try:
        found = [ast.dump(ast.parse(source)) for source in sources]
    except SyntaxError:
        return False
    return found == [ast.dump(ast.parse(f"import labkit\nlabkit.show({key!r})"))]
