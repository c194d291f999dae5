"""A lab that moves by itself: ticks, stop, start anew, and what goes on while it moves."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import pytest

from labkit.labs.lab import Action, Lab, Motion, Preset
from labkit.labs.parameters import Parameters, Range
from labkit.ui.dashboard import Page

from .conftest import ProbeView

STEPS = 20


@dataclass(frozen=True)
class Moved(Parameters):
    speed: Annotated[int, Range("speed", low=1, high=9, step=1)] = 1
    zoom: Annotated[int, Range("zoom", low=1, high=9, step=1, aside=True)] = 1


@dataclass
class Walk:
    speed: int
    done: int = 0


def advance(walk: Walk, seconds: float) -> Walk:
    assert 0 < seconds <= 0.1
    if walk.speed == 9:
        raise ValueError("nine is too fast: lower speed")
    return replace(walk, done=min(walk.done + walk.speed, STEPS))


MOTION = Motion(
    start=lambda p: Walk(p.speed), advance=advance, show=lambda walk, p: (walk.done, p.zoom),
    steps=lambda walk: (walk.done, STEPS),
)  # fmt: skip


@pytest.fixture
def page() -> Page:
    return Page(Lab("walk", "Walk", "How far?", Moved, MOTION.compute, ProbeView, str, motion=MOTION))


def count(page: Page) -> None:
    """As the browser does: it counts, and sends the newest number."""
    page.clock.play.set_state({"value": page.clock.play.value + 1})


def tick(page: Page) -> None:
    """The same while it plays."""
    page.clock.play.set_state({"playing": True})
    count(page)


def shown(page: Page) -> str:
    return page.caption.value


def test_it_starts_at_the_start_and_moves_with_each_tick(page: Page) -> None:
    assert "(0, 1)" in shown(page)
    for number in range(1, 4):
        before = page.image.value
        tick(page)
        assert f"({number}, 1)" in shown(page)
        assert page.image.value != before
    assert (page.clock.bar.value, page.clock.bar.max) == (3, STEPS)
    assert page.clock.said.value.startswith("step 3 of 20")


def test_a_control_that_is_aside_shows_the_same_state_and_any_other_starts_anew(page: Page) -> None:
    tick(page)
    tick(page)
    page.fields["zoom"].parts[0].value = 3
    assert "(2, 3)" in shown(page)
    page.fields["speed"].parts[0].value = 2
    assert "(0, 3)" in shown(page)
    tick(page)
    assert "(2, 3)" in shown(page)


def test_it_stands_still_at_its_end(page: Page) -> None:
    page.clock.play.playing = True
    for _ in range(STEPS - 1):
        tick(page)
    assert page.clock.play.playing
    tick(page)
    assert not page.clock.play.playing
    count(page)
    assert f"({STEPS}, 1)" in shown(page)


def test_a_tick_that_was_under_way_when_it_was_stopped_moves_nothing(page: Page) -> None:
    tick(page)
    page.clock.play.set_state({"playing": False})
    count(page)
    assert "(1, 1)" in shown(page)
    page.clock.play.set_state({"playing": True})
    page.reset()
    count(page)
    assert "(0, 1)" in shown(page)


def test_the_stop_button_and_reset_go_back_to_the_start(page: Page) -> None:
    tick(page)
    page.clock.play.set_state({"playing": False, "value": 0})
    assert "(0, 1)" in shown(page)
    tick(page)
    page.reset()
    assert "(0, 1)" in shown(page)
    assert not page.clock.play.playing


def test_a_button_may_disturb_the_state_as_it_is(page: Page) -> None:
    tick(page)
    page.act(Action("back", disturb=lambda walk, p: setattr(walk, "done", 10 * p.zoom)))
    assert "(10, 1)" in shown(page)
    tick(page)
    assert "(11, 1)" in shown(page)


def test_a_scene_begins_at_its_start_though_it_is_the_one_shown(page: Page) -> None:
    page.show_preset(Preset("faster", "How far now?", {"speed": 2}))
    tick(page)
    assert "(2, 1)" in shown(page)
    page.show_preset(Preset("faster", "How far now?", {"speed": 2}))
    assert "(0, 1)" in shown(page)
    assert not page.clock.play.playing
    assert "How far now?" in page.question.value


def test_a_fault_while_it_moves_is_said_and_stops_it(page: Page) -> None:
    page.fields["speed"].parts[0].value = 9
    page.clock.play.playing = True
    tick(page)
    assert "nine is too fast" in page.message.value
    assert not page.clock.play.playing
    page.fields["speed"].parts[0].value = 1
    assert page.message.value == ""
    tick(page)
    assert "(1, 1)" in shown(page)


@dataclass
class Expected:
    """What the page must show: an account of its own of what each act does."""

    done: int = 0
    playing: bool = False
    speed: int = 1
    zoom: int = 1

    def tick(self) -> None:
        if self.playing:
            self.done = min(self.done + self.speed, STEPS)
            self.playing = self.done < STEPS

    def play(self) -> None:
        self.playing = True

    def pause(self) -> None:
        self.playing = False

    def stop(self) -> None:
        self.done, self.playing = 0, False

    def reset(self) -> None:
        self.done, self.playing, self.speed, self.zoom = 0, False, 1, 1


@pytest.mark.parametrize("seed", range(100))
def test_whatever_is_done_in_quick_succession_the_page_is_of_one_piece(page: Page, seed: int) -> None:
    rng = np.random.default_rng(seed)
    acts: dict[str, Any] = {
        "tick": lambda: count(page),
        "play": lambda: page.clock.play.set_state({"playing": True}),
        "pause": lambda: page.clock.play.set_state({"playing": False}),
        "stop": lambda: page.clock.play.set_state({"playing": False, "value": 0}),
        "reset": page.reset,
    }
    expected = Expected()
    for name in rng.choice([*acts, "tick", "tick", "play", "speed", "zoom"], size=25):
        if name in acts:
            acts[name]()
            getattr(expected, name)()
        else:
            value = int(rng.integers(1, 9))
            page.fields[name].parts[0].value = value
            if name == "speed" and value != expected.speed:
                expected.done = 0
            setattr(expected, name, value)
        assert f"({expected.done}, {expected.zoom})" in shown(page)
        assert (page.clock.bar.value, page.clock.play.playing) == (expected.done, expected.playing)
        assert page.message.value == ""
