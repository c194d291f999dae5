"""Sweeps: settings a second against a plain loop and PyTorch, what a scheduler costs, memory, how cost grows."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import psutil
import pytest
from threadpoolctl import threadpool_limits

from labkit import Network, propagate, summarize
from labkit.sweeps import run as running
from labkit.sweeps.design import Design
from labkit.sweeps.hands import local
from labkit.sweeps.record import record
from labkit.sweeps.run import run

from .conftest import QUICK, Table, median
from .test_kernel_speed import in_turns

pytestmark = pytest.mark.benchmark
ROUNDS = 2 if QUICK else 3
SEEDS = 10 if QUICK else 120
KINDS = {
    "width up to 16, depth up to 10, batch 100": Design(
        {"activation": ("tanh", "relu"), "std": (0.1, 0.3, 1.0), "depth": (2, 5, 10), "width": (4, 8, 16),
         "seed": tuple(range(SEEDS))},
        fixed={"batch": 100},
    ),
    "width 100, depth 5, batch 1000": Design(
        {"activation": ("tanh", "relu"), "std": (0.05, 0.1, 0.2), "seed": tuple(range(SEEDS // 2))},
        fixed={"width": 100, "depth": 5, "batch": 1000},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_blas_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield


def plain_loop(design: Design) -> None:
    with np.errstate(all="ignore"):
        for number in range(len(design)):
            summarize(propagate(Network(**design.setting(number))), quantities=("post", "grad_pre"), histograms=())


def seconds(act: Any) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


@pytest.mark.parametrize("kind", KINDS)
def test_settings_a_second(table: Table, tmp_path: Path, kind: str) -> None:
    """In turns; processes have been started before, as they are for all of a sweep that is worth one."""
    design, found = KINDS[kind], {"loop": [], "loops": [], 1: [], 2: []}  # type: ignore[var-annotated]
    with ExitStack() as stack:
        clients = {workers: stack.enter_context(local(workers)) for workers in (1, 2)}
        for turn in range(ROUNDS + 1):
            found["loop"].append(seconds(lambda: plain_loop(design)))
            found["loops"].append(seconds(lambda: clients[2].run(plain_loop, design)))
            for workers, client in clients.items():
                folder = tmp_path / f"{workers}-{turn}"
                found[workers].append(seconds(lambda: run(design, folder, client)))  # noqa: B023
    loop, loops, one, two = (median(times[1:]) for times in found.values())
    table.title(f"A sweep of {len(design)} settings, {kind}: settings a second")
    table.add("a plain loop over propagate and summarize", f"{len(design) / loop:.0f}")
    table.add("two such loops at once: what the machine has", f"{2 * loop / loops:.2f} of it")
    table.add("one worker", f"{len(design) / one:.0f} = {loop / one:.2f} of it", ">= 0.9", loop / one >= 0.9)
    table.add("two workers", f"{len(design) / two:.0f} = {loop / two:.2f} of it", ">= 1.7", loop / two >= 1.7)


def test_what_handing_out_costs(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of two workers that is not spent on settings, after the first chunks, which are short on purpose."""
    design = KINDS["width up to 16, depth up to 10, batch 100"]
    busy: list[float] = []
    taken = running._result

    def result(future: Any) -> Any:
        found = taken(future)
        busy.append(found[1])
        return found

    monkeypatch.setattr(running, "_result", result)
    with local(2) as client:
        run(design, tmp_path / "first", client)
        busy.clear()
        wall = seconds(lambda: run(design, tmp_path / "second", client))
    lost = 1 - sum(busy) / (2 * wall)
    table.title("The share of two workers' time that is not spent on settings")
    what = f"{len(design)} settings in {len(busy)} chunks, with first and last"
    table.add(what, f"{100 * lost:.1f} %", "<= 5 %", lost <= 0.05)


def test_memory_of_a_worker(table: Table, tmp_path: Path) -> None:
    design, grown = KINDS["width up to 16, depth up to 10, batch 100"], []
    with local(2) as client:
        for turn in range(2 if QUICK else 5):
            run(design, tmp_path / str(turn), client)
            grown.append(max(client.run(_mebibytes).values()))
    table.title("Memory of a worker, MiB, after each of equal sweeps")
    flat = grown[-1] - grown[0] < 0.05 * grown[0]
    table.add("resident", " ".join(f"{each:.0f}" for each in grown), "flat within 5 %", flat)


def _mebibytes() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


USUAL = {"depth": 10, "width": 64, "batch": 200, "std": 0.1}


@pytest.mark.parametrize(
    ("name", "values"), [("depth", (5, 10, 20, 40)), ("width", (64, 128, 256, 512)), ("batch", (200, 400, 800, 1600))]
)
def test_how_the_cost_of_a_setting_grows(table: Table, name: str, values: tuple[int, ...]) -> None:
    times = in_turns(10, *(lambda value=value: record({**USUAL, name: value}) for value in values))  # type: ignore[misc]
    slope = np.polyfit(np.log(values), np.log(times), 1)[0]
    table.title(f"One setting by its {name}")
    table.add(f"{name} {values[0]} to {values[-1]}", f"{times[0]:.1f} to {times[-1]:.1f} ms: {name}^{slope:.2f}")


def test_how_the_cost_of_a_sweep_grows(table: Table, tmp_path: Path) -> None:
    counts, times = (250, 1000, 4000), []
    with local(2) as client:
        run(Design({"seed": range(50)}, {"width": 8, "depth": 4, "batch": 50}), tmp_path / "first", client)
        for count in counts:
            design = Design({"seed": range(count)}, {"width": 8, "depth": 4, "batch": 50})
            times.append(seconds(lambda: run(design, tmp_path / str(count), client)))  # noqa: B023
    slope = np.polyfit(np.log(counts), np.log(times), 1)[0]
    table.title("A sweep by its number of settings")
    table.add(f"{counts[0]} to {counts[-1]} settings", f"{times[0]:.2f} to {times[-1]:.2f} s: settings^{slope:.2f}")


def test_against_pytorch(table: Table) -> None:
    """The same networks, and the same measures of them, in PyTorch's own operations: one thread, float64."""
    torch = pytest.importorskip("torch", reason="PyTorch is for this comparison alone: pip install torch")
    torch.set_num_threads(1)
    table.title("One setting against PyTorch: labkit's time, PyTorch's, and their ratio")
    for kind, design in KINDS.items():
        settings = [design.setting(int(i)) for i in np.linspace(0, len(design) - 1, 40)]
        ours, theirs = in_turns(
            5, lambda s=settings: [record(each) for each in s], lambda s=settings: [in_torch(torch, each) for each in s]  # type: ignore[misc]
        )  # fmt: skip
        table.add(kind, f"{ours / 40:.2f} / {theirs / 40:.2f} ms = {ours / theirs:.2f}")


def in_torch(torch: Any, setting: dict[str, Any]) -> dict[str, float]:
    """A setting's forward and backward pass with autograd, and record()'s measures, verdict and twins apart."""
    generator = torch.Generator().manual_seed(setting["seed"])
    function = {"tanh": torch.tanh, "relu": torch.relu}[setting["activation"]]
    width, batch, depth = setting["width"], setting["batch"], setting["depth"]
    draw = {"generator": generator, "dtype": torch.float64}
    h = torch.randn(batch, width, **draw, requires_grad=True)
    pre, post = [], []
    for _ in range(depth):
        z = h @ (setting["std"] * torch.randn(width, width, **draw))
        z.retain_grad()
        h = function(z)
        pre.append(z)
        post.append(h)
    h.backward(torch.randn(batch, width, **draw))
    rms = [float(each.detach().square().mean().sqrt()) for each in post]
    gradient = [float(each.grad.square().mean().sqrt()) for each in pre]
    slopes = [1 - each.detach() ** 2 if function is torch.tanh else (each.detach() > 0).double() for each in post]
    unit = [each.detach() / each.detach().norm(dim=1, keepdim=True) for each in post]
    return {
        "rms": rms[-1], "std": [float(each.detach().std()) for each in post][-1], "gradient": gradient[0],
        "saturated": [float((each < 0.01).double().mean()) for each in slopes][-1],
        "dead": max(float((each == 0).all(dim=0).double().mean()) for each in slopes),
        "cosine": [float((each.sum(0).square().sum() - batch) / (batch * (batch - 1))) for each in unit][-1],
    }  # fmt: skip
