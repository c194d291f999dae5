"""The panel that asks before it shows, driven without a browser."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from urllib.parse import unquote

import ipywidgets as widgets
import pytest

from labkit.labs.task_file import MOST_BYTES, read_tasks
from labkit.ui.predict import Predict
from labkit.ui.predict_words import as_csv

TEXT = """
[[task]]
name = "A <b>choice</b>"
lab = "softmax"
question = "Is <script> run?"
values = {scale = 0.0}
measure = "probability"
at = 1
options = [{text = "less", to = 0.2}, {text = "a <i>quarter</i>", from = 0.2, to = 0.3}]
why = "Equal & logits."

[[task]]
name = "=A number"
lab = "softmax"
question = "How large?"
values = {shift = 10}
measure = "probability"
at = 1
factor = 1.1
why = "As before."
"""
CHOICE, NUMBER = read_tasks(TEXT, check=False)
TRUTH = 0.643914  # e^2 / (e^2 + e + e^-1 + 1)


class Stage:
    """What a page does for the panel, written down."""

    def __init__(self) -> None:
        self.scenes: list[dict[str, Any]] = []
        self.hidden = False
        self.ends = 0

    def panel(self, *tasks: Any) -> Predict:
        return Predict(tasks, lambda v: self.scenes.append(dict(v)), self.hide, lab="softmax", ended=self.end)

    def hide(self, hidden: bool) -> None:
        self.hidden = hidden

    def end(self) -> None:
        self.ends += 1


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def panel(stage: Stage) -> Predict:
    found = stage.panel(CHOICE, NUMBER)
    found.start()
    return found


def answered(panel: Predict, value: Any) -> None:
    panel.answer.children[0].value = value
    panel.commit_button.click()


def test_the_picture_is_covered_from_the_start_until_an_answer_is_given(panel: Predict, stage: Stage) -> None:
    assert (stage.hidden, stage.scenes) == (True, [{"scale": 0.0}])
    assert panel.commit_button.disabled
    panel.commit()
    assert stage.hidden
    panel.answer.children[0].value = 0
    assert stage.hidden
    assert not panel.commit_button.disabled
    panel.commit_button.click()
    assert not stage.hidden


def test_a_right_choice_has_a_point_and_a_wrong_one_none(panel: Predict) -> None:
    answered(panel, 1)
    assert [found and (found.points, found.verdict) for _, found in panel.scores] == [(1.0, "right"), None]
    assert "✓ Right" in panel.feedback.value
    assert "Equal &amp; logits." in panel.feedback.value
    assert "1 of 1" in panel.title.value


@pytest.mark.parametrize(
    ("given", "verdict", "sign", "points"),
    [(TRUTH, "right", "✓", 1.0), (TRUTH * 1.15, "near", "≈", 0.5), (0.1, "wrong", "✗", 0.0), (-1, "wrong", "✗", 0.0)],
)
def test_a_number_is_right_near_or_wrong(panel: Predict, given: float, verdict: str, sign: str, points: float) -> None:
    panel.next.click()
    answered(panel, str(given))
    found = panel.scores[1][1]
    assert found is not None
    assert (found.verdict, found.points) == (verdict, points)
    assert sign in panel.feedback.value
    assert "it is 0.644" in panel.feedback.value


@pytest.mark.parametrize("text", ["", "large", "nan", "inf", "1,5"])
def test_what_is_no_number_cannot_be_committed(panel: Predict, stage: Stage, text: str) -> None:
    panel.next.click()
    panel.answer.children[0].value = "1"
    panel.answer.children[0].value = text
    assert panel.commit_button.disabled
    assert ("A number is wanted" in panel.message.value) == bool(text)
    panel.commit()
    assert stage.hidden


def test_the_scene_of_the_task_is_shown_though_the_controls_were_moved(panel: Predict, stage: Stage) -> None:
    stage.scenes.clear()
    answered(panel, 0)
    assert stage.scenes == [{"scale": 0.0}]


def test_an_answer_stays_when_another_task_is_asked_and_when_the_mode_is_left(panel: Predict, stage: Stage) -> None:
    answered(panel, 0)
    panel.next.click()
    assert stage.hidden
    panel.back.click()
    box = panel.answer.children[0]
    assert (box.value, box.disabled, panel.commit_button.disabled, stage.hidden) == (0, True, True, False)
    assert "✗ Wrong" in panel.feedback.value
    panel.end_button.click()
    assert (panel.active, stage.hidden, stage.ends) == (False, False, 1)
    panel.start()
    assert (panel.active, panel.current) == (True, NUMBER)
    assert panel.scores[0][1] is not None


def test_an_answer_is_given_once(panel: Predict) -> None:
    answered(panel, 0)
    panel.answer.children[0].value = 1
    panel.commit()
    found = panel.scores[0][1]
    assert found is not None
    assert found.verdict == "wrong"


def test_the_results_are_a_table_and_a_file_that_holds_it(panel: Predict) -> None:
    answered(panel, 1)
    panel.next.click()
    panel.next.click()
    assert panel.current is None
    shown = panel.feedback.value
    assert shown.count("<tr>") == 3
    assert "not answered" in shown
    address = shown.split('href="')[1].split('"')[0]
    kind, data = address.split(",", 1)
    assert kind == "data:text/csv;charset=utf-8"
    rows = list(csv.DictReader(StringIO(unquote(data).removeprefix("\ufeff"))))
    assert [(row["lab"], row["verdict"], row["points"]) for row in rows] == [
        ("softmax", "✓ Right", "1"), ("softmax", "", ""),
    ]  # fmt: skip
    assert 'download="labkit-results.csv"' in shown


def test_a_cell_is_no_formula_for_a_spreadsheet(panel: Predict) -> None:
    panel.next.click()
    answered(panel, "-2")
    rows = list(csv.DictReader(StringIO(as_csv(panel.scores))))
    assert (rows[1]["task"], rows[1]["you said"]) == ("'=A number", "-2")


def test_markup_is_shown_as_text(panel: Predict) -> None:
    answered(panel, 1)
    asked = [each.value for each in (panel.title, panel.question, panel.feedback)]
    panel.next.click()
    panel.next.click()
    said = "".join([*asked, panel.feedback.value])
    assert "A &lt;b&gt;choice" in panel.feedback.value
    assert "Is &lt;script&gt; run?" in said
    assert "a &lt;i&gt;quarter" in said
    assert not any(mark in said for mark in ("<script", "<b>", "<i>"))


def upload(panel: Predict, content: bytes) -> None:
    panel.upload.value = ({"name": "a.toml", "type": "", "size": len(content), "content": memoryview(content),
                           "last_modified": datetime.now(UTC)},)  # fmt: skip


def test_a_teachers_file_takes_the_place_of_the_tasks_and_what_was_answered_is_kept(panel: Predict) -> None:
    answered(panel, 1)
    upload(panel, TEXT.replace("=A number", "Another").encode())
    assert [task.name for task in panel.tasks] == ["A <b>choice</b>", "Another"]
    assert "2 tasks read, 2 of them about this lab." in panel.message.value
    assert panel.current is panel.tasks[1]
    assert panel.upload.value == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[[task]", "not TOML"),
        (b"\xff\xfe", "UTF-8"),
        (b"#" * (MOST_BYTES + 1), "64000 bytes"),
        (TEXT.replace("scale = 0.0", "scale = 1e9").encode(), "values: all logits times must lie in [0, 100]"),
        (TEXT.replace("softmax", "<img>").encode(), "&lt;img&gt;"),
    ],
    ids=["broken", "bytes", "large", "bounds", "markup"],
)
def test_a_file_that_cannot_be_taken_is_refused_with_its_mistake(panel: Predict, content: bytes, said: str) -> None:
    upload(panel, content)
    assert 'role="alert"' in panel.message.value
    assert said in panel.message.value
    assert panel.tasks == (CHOICE, NUMBER)


def test_a_file_about_other_labs_leaves_the_tasks(panel: Predict) -> None:
    other = """[[task]]
        name = "n"
        lab = "chain_rule"
        question = "q"
        measure = "slope"
        at = 1
        within = 1
        why = "w"
    """
    upload(panel, other.encode())
    assert "none about this lab: they are about chain_rule" in panel.message.value
    assert panel.tasks == (CHOICE, NUMBER)


def test_a_lab_without_tasks_says_so_and_takes_a_file(stage: Stage) -> None:
    panel = stage.panel()
    panel.start()
    assert "There is no task" in panel.feedback.value
    panel.commit()
    upload(panel, TEXT.encode())
    assert panel.tasks == (CHOICE, NUMBER)


def test_every_control_has_a_name_and_every_message_is_announced(panel: Predict) -> None:
    assert isinstance(panel.answer.children[0], widgets.RadioButtons)
    answered(panel, 1)
    assert all('role="status"' in each.value for each in (panel.title, panel.question, panel.feedback))
    buttons = (panel.back, panel.commit_button, panel.next, panel.end_button, panel.upload)
    assert all(each.description for each in (*buttons, panel.answer.children[0]))
