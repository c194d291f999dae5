"""Sweep: where it is follows from the time; it stops at once."""

from typing import Any

import pytest

from labkit.labs import LABS
from labkit.labs.parameters import Choice, LogRange, Range
from labkit.ui import sweep as module
from labkit.ui.dashboard import Page
from labkit.ui.sweep import Sweep, share_of, sweepable, value_at

SIGNAL = LABS["signal_propagation"]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test moves."""
    now = [100.0]
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])
    return now


@pytest.fixture
def swept(at: list[float]) -> tuple[Page, Sweep]:
    page = Page(SIGNAL)
    page.drawers.buttons["Sweep"].value = True
    (sweep,) = (drawer for drawer in page.drawers._made.values() if isinstance(drawer, Sweep))
    return page, sweep


def tick(sweep: Sweep) -> None:
    sweep.play.value += 1


def test_it_goes_from_the_present_value_to_the_end_and_back(swept: Any, at: list[float]) -> None:
    page, sweep = swept
    sweep.choice.value, sweep.play.playing = "depth", True
    found = []
    for seconds in (0.5, *[1.0] * 22):
        at[0] += seconds
        tick(sweep)
        found.append(page._parameters.depth)
    assert found[0] == 5 + 5  # half a second of ten is a twentieth of the way of 99
    assert max(found) >= 94  # a step of time is ten layers: the end may lie between two
    turned = found.index(max(found))
    assert found[:turned] == sorted(found[:turned])
    assert found[turned + 1 : turned + 8] == sorted(found[turned + 1 : turned + 8], reverse=True)
    assert len(found[turned + 1 : turned + 8]) == 7


def test_a_slow_page_skips_and_is_where_it_should_be(swept: Any, at: list[float]) -> None:
    page, sweep = swept
    sweep.choice.value, sweep.play.playing = "std", True
    tick(sweep)
    begun = share_of(SIGNAL.parameters.controls()["std"], page._parameters.std, 0, 0)
    at[0] += 0.9
    tick(sweep)
    slow = page._parameters.std
    assert share_of(SIGNAL.parameters.controls()["std"], slow, 0, 0) == pytest.approx(begun + 0.09, abs=2e-3)


def test_after_it_is_stopped_a_tick_on_its_way_moves_nothing(swept: Any, at: list[float]) -> None:
    page, sweep = swept
    sweep.play.playing = True
    at[0] += 0.5
    tick(sweep)
    page.drawers.shut()
    before = page._parameters
    at[0] += 0.5
    tick(sweep)
    assert page._parameters == before


def test_after_a_pause_it_goes_on_from_where_the_control_is(swept: Any, at: list[float]) -> None:
    page, sweep = swept
    sweep.choice.value, sweep.play.playing = "depth", True
    page.set({"depth": 50})
    at[0] += 60.0
    tick(sweep)
    assert page._parameters.depth == 50


CONTROLS = [
    pytest.param(lab, name, id=f"{lab.key}-{name}")
    for lab in LABS.values()
    for name, control in lab.parameters.controls().items()
    if sweepable(control)
]


@pytest.mark.parametrize(("lab", "name"), CONTROLS)
def test_both_ends_and_the_way_between_are_values_of_the_control(lab: Any, name: str) -> None:
    control = lab.parameters.controls()[name]
    low, high = (control.low, control.high) if isinstance(control, Range) else (0, 0)
    found = [control.check(value_at(control, share / 50, low, high)) for share in range(51)]
    if isinstance(control, Choice):
        assert list(dict.fromkeys(found)) == list(control.table)
    else:
        assert found == sorted(found)
        assert found[0] == pytest.approx(control.low)
        assert found[-1] == pytest.approx(control.high)
        step = 0.005 if isinstance(control, LogRange) else control.step / 2 / max(high - low, control.step) + 1e-9
        for share, value in zip(range(51), found, strict=True):
            assert share_of(control, value, low, high) == pytest.approx(share / 50, abs=step)


def test_controls_that_move_nothing_now_are_not_offered() -> None:
    page = Page(LABS["signal_propagation"])
    page.drawers.buttons["Sweep"].value = True
    sweep = page.drawers._made["Sweep"]
    assert "alpha" not in dict(sweep.choice.options).values()
    sweep.choice.value = "depth"
    page.set({"activation": "leaky_relu", "initializer": "he_normal"})
    offered = dict(sweep.choice.options).values()
    assert "alpha" in offered
    assert "std" not in offered
    assert sweep.choice.value == "depth"


def test_reset_stops_it() -> None:
    page = Page(LABS["signal_propagation"])
    page.drawers.buttons["Sweep"].value = True
    sweep = page.drawers._made["Sweep"]
    sweep.play.playing = True
    page.reset()
    assert not sweep.play.playing
