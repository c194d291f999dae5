"""The other labs under Voila: each opens, each control that is shown moves picture and caption, a scene is chosen."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from labkit.labs import LABS
from labkit.labs.lab import Lab
from labkit.labs.parameters import Choice, Choices, LogRange, Range, Text
from labkit.labs.verdict import judged
from labkit.ui.dashboard import Page as LabPage

pytestmark = pytest.mark.browser

OTHERS = [lab for key, lab in LABS.items() if key != "signal_propagation"]


def part_of(page: Page, control: Any) -> Locator:
    """The widget of a control that a person moves."""
    by_keys = isinstance(control, Range | LogRange) or (isinstance(control, Choice) and control.swept)
    role = "slider" if by_keys else {Choice: "combobox", Choices: "listbox", Text: "textbox"}[type(control)]
    return page.get_by_role(role, name=control.label, exact=True)  # type: ignore[arg-type]


def move(page: Page, control: Any, value: Any) -> None:
    """Ask for another value than `value`, as a person does."""
    part = part_of(page, control)
    if isinstance(control, Text):
        part.fill("x * tanh(softplus(x))")
        part.press("Enter")
    elif isinstance(control, Choices):
        part.select_option(label=control.options[next(key for key in control.options if key not in value)])
    elif isinstance(control, Choice) and not control.swept:
        part.select_option(label=next(label for key, label in control.options.items() if key != value))
    else:
        at_end = part.get_attribute("aria-valuenow") == part.get_attribute("aria-valuemax")
        for _ in range(4):
            part.press("ArrowLeft" if at_end else "ArrowRight")


def moved(lab: Lab) -> dict[str, Any]:
    """The controls in front that can be moved with the lab's defaults."""
    defaults = lab.parameters()
    return {
        name: control
        for name, control in lab.parameters.controls().items()
        if not control.more
        and (control.shown is None or control.shown(defaults))
        and (control.given is None or control.given(defaults) is None)
    }


def source(page: Page) -> str:
    return page.locator("img.labkit-picture").get_attribute("src") or ""


def stands(page: Page, lab: Lab, **values: Any) -> None:
    """The page says what the lab says of these values, with nothing wrong."""
    words = lab.explain(lab.compute(lab.parameters.of(values)))
    if "Measured here" in words:  # times differ between two processes
        words = words.split("Measured here")[0].strip()
    expect(page.locator(".labkit-caption")).to_contain_text(words)
    expect(page.locator(".labkit-message")).to_have_text("")


@pytest.mark.parametrize("lab", OTHERS, ids=lambda lab: lab.key)
def test_a_lab_opens_and_follows_its_controls_and_scenes(
    lab: Lab, open_lab: Callable[[str], Page], voila_server: str
) -> None:
    page = open_lab(f"{voila_server}voila/render/{lab.key}.ipynb")
    stands(page, lab)
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
    picture, caption = page.locator("img.labkit-picture"), page.locator(".labkit-caption")
    for name, control in moved(lab).items():
        before, said = source(page), caption.inner_text()
        move(page, control, getattr(lab.parameters(), name))
        at_once = name not in LATER or lab.motion is None
        if at_once and (lab.key, name) not in UNSEEN:
            expect(picture).not_to_have_attribute("src", before)
        if at_once and (lab.key, name) not in SILENT:
            expect(caption).not_to_have_text(said)
        expect(page.locator(".labkit-message")).to_have_text("")
        page.get_by_role("button", name="Reset").click()
        stands(page, lab)
    scene = lab.presets[-1]
    page.get_by_role("combobox", name="scenes").select_option(scene.name)
    stands(page, lab, **scene.values)
    expect(page.get_by_text(scene.question)).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize("lab", LABS.values(), ids=lambda lab: lab.key)
def test_every_scene_shows_and_says_its_own_numbers(
    lab: Lab, open_lab: Callable[[str], Page], voila_server: str
) -> None:
    page = open_lab(f"{voila_server}voila/render/{lab.key}.ipynb")
    beside = LabPage(lab)  # its picture, as large, tells whether one scene looks other than the one before
    beside.pixels.value = page.locator("img.labkit-picture").evaluate("picture => picture.naturalWidth")
    for preset in lab.presets:
        before, drawn = source(page), beside.image.value
        page.get_by_role("combobox", name="scenes").select_option(preset.name)
        stands(page, lab, **preset.values)
        beside.show_preset(preset)
        if beside.image.value != drawn:
            expect(page.locator("img.labkit-picture")).not_to_have_attribute("src", before)
        expect(page.get_by_text(preset.question)).to_be_visible()
        parameters = lab.parameters.of(preset.values)
        for each in judged(parameters, lab.compute(parameters)):
            expect(page.locator(".labkit-verdict")).to_contain_text(each.diagnosis.row.label)


SILENT = {
    ("angles", "layer"),
    ("activation_functions", "reach"),
    ("batch_norm", "show"),
    ("mnist_comparison", "show"),
    ("symmetry", "layer"),
}
"""What these move is in the picture alone."""
UNSEEN = {("batch_norm", "activation"), ("symmetry", "activation")}
"""What these move before the first step is in the words alone."""
LATER = {"learning_rate", "rate", "step_shown", "noise", "seeds"}
"""In a lab that moves by itself these are seen once it has moved."""


def test_another_sweep_starts_in_its_own_middle(open_lab: Callable[[str], Page], voila_server: str) -> None:
    """A browser's slider that loses the levels it stands on says where it went: that is nobody's wish."""
    page = open_lab(f"{voila_server}voila/render/sweep_explorer.ipynb")
    stands(page, LABS["sweep_explorer"])
    page.get_by_role("slider", name="row").press("End")
    page.get_by_role("slider", name="column").press("End")
    stands(page, LABS["sweep_explorer"], row=12, column=16)
    page.get_by_role("combobox", name="sweep").select_option("tanh: the plane, measured")
    stands(page, LABS["sweep_explorer"], sweep="phases")
    page.wait_for_timeout(1000)  # what a browser has to say to it
    stands(page, LABS["sweep_explorer"], sweep="phases")
    expect(page.get_by_role("slider", name="row")).to_have_attribute("aria-valuenow", "5.0")


def test_a_menu_stays_in_its_column(open_lab: Callable[[str], Page], voila_server: str) -> None:
    page = open_lab(f"{voila_server}voila/render/sweep_explorer.ipynb")
    stands(page, LABS["sweep_explorer"])
    column = page.locator(".labkit-controls").bounding_box()
    menu = page.get_by_role("combobox", name="show").bounding_box()
    assert column is not None
    assert menu is not None
    assert menu["x"] + menu["width"] <= column["x"] + column["width"] + 1
