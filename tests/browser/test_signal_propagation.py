"""The lab `signal_propagation` under Voila, used as a person uses it and as nobody should."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from labkit.labs.parameters import Choice, LogRange, Range, Switch, Text
from labkit.labs.signal_propagation import LAB

from .conftest import pixels, settled, shows_values  # isort: skip

pytestmark = pytest.mark.browser

ADDRESS = "voila/render/signal_propagation.ipynb"
CONTROLS = LAB.parameters.controls()
DEFAULT = LAB.parameters()
# What the page's own script could do, or a visitor in the console: set any synced trait.
FORGE = """async ([label, steps]) => {
  const manager = jupyterapp.widgetManager;
  for (const id of Object.keys(manager._models)) {
    const model = await manager.get_model(id);
    if (model.get("description") !== label) continue;
    for (const step of steps) { model.set(step); model.save_changes(); }
    return true;
  }
}"""


@pytest.fixture(scope="module")
def shared(open_shared_lab: Callable[[str], Page], voila_server: str) -> Page:
    page = open_shared_lab(voila_server + ADDRESS)
    page.get_by_role("button", name="more").click()
    return page


@pytest.fixture
def lab(shared: Page) -> Page:
    """The page with its defaults, all controls unfolded."""
    settled(shared)
    shared.get_by_role("button", name="Reset").click()
    shows(shared)
    return shared


def caption(page: Page) -> Locator:
    return page.locator(".labkit-caption")


def picture(page: Page) -> Locator:
    return page.locator("img.labkit-picture")


def shows(page: Page, **values: Any) -> None:
    """Picture, caption and text alternative become what labkit itself makes of these values, and nothing is wrong."""
    settled(page)  # a value on the way to these may look like them
    shows_values(page, **values)
    expect(picture(page)).to_have_attribute("alt", caption(page).inner_text())
    expect(page.locator(".labkit-message")).to_have_text("")
    expect(page.locator(".labkit-old")).to_have_count(0)


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=CONTROLS[name].label, exact=True)


def readout(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=f"{CONTROLS[name].label}, value", exact=True)


def box(page: Page, name: str) -> Locator:
    label = CONTROLS[name].label + (", any value" if isinstance(CONTROLS[name], LogRange) else "")
    return page.get_by_role("spinbutton", name=label, exact=True)


def control_of(part: Locator) -> Locator:
    """The control that a widget belongs to, with its note."""
    return part.locator("xpath=ancestor::*[contains(@class, 'labkit-control')][1]")


def typed(part: Locator, text: str) -> None:
    part.click()
    part.press("ControlOrMeta+a")
    part.press("Delete")
    part.press_sequentially(text)
    part.press("Enter")
    part.press("Tab")


def is_slider(name: str) -> bool:
    control = CONTROLS[name]
    return isinstance(control, Range) and (control.high - control.low) / control.step <= 20_000


def put(page: Page, name: str, value: Any) -> None:
    """Set a control as a person does."""
    control = CONTROLS[name]
    if isinstance(control, Switch):
        page.get_by_role("checkbox", name=control.label).set_checked(value)
    elif isinstance(control, Choice) and control.swept:
        slider(page, name).press("Home")
        for _ in range(list(control.options).index(value)):
            slider(page, name).press("ArrowRight")
    elif isinstance(control, Choice):
        page.get_by_role("combobox", name=control.label).select_option(control.options[value])
    elif isinstance(control, Text):
        typed(page.get_by_role("textbox", name=control.label, exact=True), value)
    else:
        typed(readout(page, name) if is_slider(name) else box(page, name), f"{value:g}" if value < 1e4 else str(value))


def context(name: str) -> dict[str, Any]:
    """One choice that gives the control a meaning, where it has none from the start."""
    shown = CONTROLS[name].shown
    if shown is None or shown(DEFAULT):
        return {}
    choices = ((other, key) for other, c in CONTROLS.items() if isinstance(c, Choice) for key in c.table)
    return next({other: key} for other, key in choices if shown(replace(DEFAULT, **{other: key})))


def ends(name: str) -> tuple[Any, Any]:
    match CONTROLS[name]:
        case Choice() as choice:
            return next(iter(choice.table)), list(choice.table)[-1]
        case LogRange() as scale:
            return scale.least, scale.high
        case Range() as numbers:
            bounds = numbers.bounds and numbers.bounds({**DEFAULT.values(), **context(name)})
            return bounds or (numbers.low, numbers.high)
        case Text():
            return "", "x * tanh(softplus(x))"
    return False, True


def in_context(page: Page, name: str) -> dict[str, Any]:
    values = context(name)
    for other, value in values.items():
        put(page, other, value)
    shows(page, **values)
    return values


@pytest.mark.parametrize("name", CONTROLS)
def test_each_control_moves_picture_and_caption(lab: Page, name: str) -> None:
    values = in_context(lab, name)
    before, said, now = pixels(lab), caption(lab).inner_text(), getattr(DEFAULT, name)
    moved = 77 if name == "seed" else next(end for end in reversed(ends(name)) if end != now)
    put(lab, name, moved)
    shows(lab, **values, **{name: moved})
    assert not np.array_equal(pixels(lab), before)
    assert caption(lab).inner_text() != said


@pytest.mark.long
@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_works_at_both_ends(lab: Page, name: str) -> None:
    values = in_context(lab, name)
    for end in ends(name):
        put(lab, name, end)
        shows(lab, **values, **{name: end})


@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_has_its_name(lab: Page, name: str) -> None:
    in_context(lab, name)
    roles = ("slider", "combobox", "checkbox", "spinbutton", "textbox")
    named = [lab.get_by_role(role, name=CONTROLS[name].label, exact=True).count() for role in roles]  # type: ignore[arg-type]
    assert sum(named) == 1


@pytest.mark.parametrize("name", [name for name, control in CONTROLS.items() if isinstance(control, LogRange)])
def test_a_log_slider_moves_its_box_and_the_picture(lab: Page, name: str) -> None:
    slider(lab, name).press("ArrowRight")
    expect(box(lab, name)).to_have_value("1.12")
    shows(lab, **{name: 1.12})


def resting(lab: Page) -> float:
    """The value that the slider itself has come to rest on."""
    lab.wait_for_timeout(300)
    return float(slider(lab, "std").get_attribute("aria-valuetext") or "nan")


def test_a_fast_drag_with_the_mouse_ends_on_the_last_value(lab: Page) -> None:
    handle = slider(lab, "std").bounding_box()
    assert handle
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    lab.mouse.move(x, y)
    lab.mouse.down()
    for step in range(120):
        lab.mouse.move(x - 50 * np.sin(step / 10), y)
    lab.mouse.move(x - 37, y)
    lab.mouse.up()
    last = resting(lab)
    assert 0 < last < 1
    shows(lab, std=last)


def test_a_held_key_ends_on_the_last_value(lab: Page) -> None:
    slider(lab, "std").focus()
    for _ in range(60):
        lab.keyboard.down("ArrowLeft")
    lab.keyboard.up("ArrowLeft")
    last = resting(lab)
    assert 0 < last < 1
    shows(lab, std=last)


def test_sweeping_depth_ends_on_the_last_value(lab: Page) -> None:
    slider(lab, "depth").focus()
    for _ in range(25):
        lab.keyboard.down("ArrowRight")
    lab.keyboard.up("ArrowRight")
    expect(readout(lab, "depth")).to_have_text("30")
    shows(lab, depth=30)


def test_reset_restores_everything(lab: Page) -> None:
    for name in CONTROLS:
        if not context(name) and name not in ("width", "batch"):
            put(lab, name, ends(name)[0])
    lab.get_by_role("button", name="Reset").click()
    shows(lab)
    assert slider(lab, "activation").get_attribute("aria-valuetext") == CONTROLS["activation"].options["tanh"]  # type: ignore[attr-defined]
    for name, value in DEFAULT.values().items():
        if is_slider(name) and not context(name):
            assert float(readout(lab, name).inner_text()) == value
        elif isinstance(CONTROLS[name], LogRange) or name == "seed":
            assert float(box(lab, name).input_value()) == value


def test_alpha_is_hidden_unless_the_activation_has_one(lab: Page) -> None:
    label = lab.locator(".labkit-control", has=lab.get_by_text("alpha", exact=True))
    expect(label).to_be_hidden()
    put(lab, "activation", "leaky_relu")
    expect(label).to_be_visible()
    put(lab, "activation", "relu")
    expect(label).to_be_hidden()


def test_a_reset_is_not_overtaken_by_the_slider_moved_before_it(lab: Page) -> None:
    for _ in range(5):
        put(lab, "activation", "relu")
        lab.get_by_role("button", name="Reset").click()
        settled(lab)
        shows(lab)


def test_init_std_is_given_by_the_initializer_and_the_users_own_returns(lab: Page) -> None:
    put(lab, "std", 0.0123)
    shows(lab, std=0.0123)
    put(lab, "initializer", "he_normal")
    shows(lab, std=0.0123, initializer="he_normal")
    expect(box(lab, "std")).to_be_disabled()
    assert float(box(lab, "std").input_value()) == pytest.approx(np.sqrt(2 / 100), rel=0.01)
    lab.wait_for_timeout(500)
    put(lab, "initializer", "normal")
    expect(box(lab, "std")).to_be_enabled()
    expect(box(lab, "std")).to_have_value("0.0123")
    shows(lab, std=0.0123)


@pytest.mark.parametrize("value", [0.0, 0.0123])
def test_the_number_box_takes_what_the_slider_cannot(lab: Page, value: float) -> None:
    put(lab, "std", value)
    shows(lab, std=value)
    lab.wait_for_timeout(500)  # an echo would have come by then
    expect(box(lab, "std")).to_have_value(f"{value:g}")
    shows(lab, std=value)


def refused(part: Locator) -> None:
    page = part.page
    expect(control_of(part).get_by_role("alert")).not_to_be_empty(timeout=3000)
    expect(picture(page)).to_have_class(re.compile("labkit-old"))
    expect(page.locator(".labkit-message")).not_to_be_empty()


@pytest.mark.parametrize("text", ["-1", "1e9"])
def test_what_the_number_box_refuses_is_said_beside_it(lab: Page, text: str) -> None:
    typed(box(lab, "std"), text)
    refused(box(lab, "std"))
    typed(box(lab, "std"), "2")
    shows(lab, std=2.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("abc", "depth: a number is wanted, got 'abc'"),
        ("", "depth: a number is wanted, got none"),
        ("500", "depth: 500 cannot be had here, taken as 100"),
        ("1.5", "depth: 1.5 cannot be had here, taken as 1"),
    ],
)
def test_what_a_sliders_readout_does_not_take_is_said_there(lab: Page, text: str, words: str) -> None:
    typed(readout(lab, "depth"), text)
    alert = control_of(readout(lab, "depth")).get_by_role("alert")
    expect(alert).to_have_text(words)
    typed(readout(lab, "depth"), "6")
    expect(alert).to_have_count(0)
    shows(lab, depth=6)


@pytest.mark.parametrize("text", ["1e308", "1.5", "-3"])
def test_a_seed_that_is_none_is_refused_beside_its_box(lab: Page, text: str) -> None:
    typed(box(lab, "seed"), text)
    refused(box(lab, "seed"))
    expect(control_of(box(lab, "seed"))).to_contain_text("[0, 4294967295]")
    typed(box(lab, "seed"), "2")
    shows(lab, seed=2)


def test_a_frame_that_takes_long_is_said_to_be_worked_on(lab: Page) -> None:
    notice = lab.get_by_text("Working …")
    expect(notice).to_be_hidden()
    # it may be there for a moment only: every frame of the page is looked at
    notice.evaluate("""(notice) => {
      const look = () => { window.worked ||= notice.checkVisibility(); requestAnimationFrame(look); };
      look();
    }""")
    for name, value in {"batch": 100, "width": 400, "depth": 60}.items():
        put(lab, name, value)
    lab.wait_for_function("window.worked", timeout=10_000)
    expect(notice).to_be_hidden(timeout=30_000)
    shows(lab, batch=100, width=400, depth=60)


def test_title_and_question_stand_on_the_page_once(lab: Page) -> None:
    assert lab.get_by_role("heading", name=LAB.title).count() == 1
    assert lab.get_by_text(LAB.question).count() == 1


def test_a_formula_is_written_from_the_left(lab: Page) -> None:
    formula = lab.get_by_role("textbox", name=CONTROLS["formula"].label, exact=True)
    assert formula.evaluate("(box) => getComputedStyle(box).textAlign") in ("left", "start")


@pytest.mark.parametrize("text", ["", "-"])
def test_what_is_no_number_leaves_the_value_as_it_was(lab: Page, text: str) -> None:
    typed(box(lab, "std"), text)
    expect(control_of(box(lab, "std")).get_by_role("alert")).to_have_text("init std: a number is wanted, got none")
    shows(lab)
    typed(box(lab, "std"), "2")
    shows(lab, std=2.0)


@pytest.mark.parametrize("text", ["abc", ""])
def test_a_readout_takes_back_what_is_no_number(lab: Page, text: str) -> None:
    typed(readout(lab, "depth"), text)
    expect(readout(lab, "depth")).to_have_text("5")
    shows(lab)
    typed(readout(lab, "depth"), "7")
    shows(lab, depth=7)


@pytest.mark.parametrize(("text", "depth"), [("-1", 1), ("1e9", 1), ("5.7", 5), ("500", 100)])
def test_a_readout_keeps_a_number_within_the_sliders_bounds(lab: Page, text: str, depth: int) -> None:
    typed(readout(lab, "depth"), text)
    expect(readout(lab, "depth")).to_have_text(str(depth))
    shows(lab, depth=depth)


def test_the_name_of_an_activation_cannot_be_overwritten(lab: Page) -> None:
    field = control_of(slider(lab, "activation"))
    text = field.locator(".widget-readout")
    text.click()
    lab.keyboard.press("ControlOrMeta+a")
    lab.keyboard.type("abc")
    lab.keyboard.press("Enter")
    lab.keyboard.press("Tab")
    expect(text).to_have_text("tanh")
    shows(lab)


def test_too_large_a_net_is_refused_with_what_to_lower(lab: Page) -> None:
    for name, value in {"width": 1000, "batch": 10_000, "depth": 100}.items():
        put(lab, name, value)
    advice = "lower depth (100), width (1000) or batch (10000)"
    expect(lab.locator(".labkit-message")).to_contain_text(advice)
    refused(readout(lab, "depth"))
    lab.get_by_role("button", name="Reset").click()
    shows(lab)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"activation": "tanh", "depth": 100, "std": 0.0}, r"100 %[^,]* exactly 0"),
        ({"activation": "identity", "depth": 100, "std": 100.0, "width": 300, "batch": 20}, r"not finite|overflow"),
    ],
    ids=["std 0", "std 100"],
)
def test_underflow_and_overflow_are_said_as_such(lab: Page, values: dict[str, Any], words: str) -> None:
    for name, value in reversed(values.items()):
        put(lab, name, value)
    shows(lab, **values)
    expect(caption(lab)).to_have_text(re.compile(words))


def test_a_forged_message_beyond_the_bounds_is_refused(lab: Page) -> None:
    assert lab.evaluate(FORGE, ["depth", [{"max": 10**6}, {"value": 500_000}]])
    refused(slider(lab, "depth"))
    expect(control_of(slider(lab, "depth"))).to_contain_text("[1, 100]")
    assert lab.evaluate(FORGE, ["depth", [{"value": 6}, {"max": 100}]])
    shows(lab, depth=6)


STATES: dict[str, dict[str, Any]] = {
    "std of LeCun": {"std": 0.1},
    "std 0": {"std": 0.0},
    "std 100": {"std": 100.0},
    "leaky ReLU": {"activation": "leaky_relu"},
    "He": {"initializer": "he_normal"},
    "one layer": {"depth": 1},
    "ten layers": {"depth": 10},
    "a hundred layers": {"depth": 100},
    "gradient dC/dW": {"show": "grad_weights"},
}


def places(page: Page) -> dict[str, Any]:
    """Where picture, sliders and menus stand, from the top of the page."""
    page.evaluate("scrollTo(0, 0)")
    found = {"picture": picture(page).bounding_box()}
    for name in ("activation", "initializer", "std", "depth", "show"):
        role = "combobox" if name in ("initializer", "show") else "slider"
        part = page.get_by_role(role, name=CONTROLS[name].label, exact=True)  # type: ignore[arg-type]
        found[name] = (part.bounding_box() or {}).get("y")
    found["more"] = page.get_by_role("button", name=re.compile("more|less")).bounding_box()
    return found


@pytest.mark.parametrize("values", STATES.values(), ids=STATES)
def test_nothing_jumps(lab: Page, values: dict[str, Any]) -> None:
    before = places(lab)
    for name, value in values.items():
        put(lab, name, value)
    shows(lab, **values)
    assert places(lab) == before


def test_nothing_jumps_when_a_value_is_refused(lab: Page) -> None:
    before = places(lab)
    typed(box(lab, "std"), "-1")
    refused(box(lab, "std"))
    assert places(lab) == before


@pytest.mark.parametrize("values", STATES.values(), ids=STATES)
def test_all_but_more_is_seen_without_scrolling(lab: Page, values: dict[str, Any]) -> None:
    assert lab.viewport_size == {"width": 1280, "height": 720}
    for name, value in values.items():
        put(lab, name, value)
    shows(lab, **values)
    lab.evaluate("scrollTo(0, 0)")
    for part in (picture(lab), caption(lab), lab.get_by_role("button", name=re.compile("more|less"))):
        place = part.bounding_box()
        assert place
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= 720
        assert place["x"] + place["width"] <= 1280
