"""Predict: the learner commits to an answer before the picture appears; then it is shown and scored.

The panel knows no page: it is given what shows a scene and what covers the picture.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import ipywidgets as widgets

from labkit.labs.task_file import MOST_BYTES, TaskError, read_tasks
from labkit.labs.tasks import Score, Task, score, total
from labkit.ui.drawers import Drawer
from labkit.ui.predict_words import WORDS, alert, feedback, status, summary


class Predict(Drawer):
    """The panel, out of sight until start(); `widget` is what is displayed.

    What was answered is kept for as long as the panel lives: leaving the mode and another file change nothing in it.
    """

    def __init__(
        self, tasks_for_lab: Sequence[Task], show_scene: Callable[[Mapping[str, Any]], None],
        hide: Callable[[bool], None], lab: str = "", ended: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Build the panel for the tasks of one lab (`lab`, where there are none yet).

        `show_scene(values)` sets the page; `hide(True)` covers its picture and caption; `ended()` hears of the end.
        """
        self.tasks: tuple[Task, ...] = tuple(tasks_for_lab)
        self._lab = self.tasks[0].lab if self.tasks else lab
        self._show_scene, self._hide, self._ended = show_scene, hide, ended
        self._done: dict[Task, tuple[Any, Score]] = {}
        self._number = 0
        self._make()

    @property
    def active(self) -> bool:
        """Whether the mode is on."""
        return bool(self.widget.layout.display != "none")

    @property
    def current(self) -> Task | None:
        """The task that is asked; None where the results are shown."""
        return self.tasks[self._number] if self._number < len(self.tasks) else None

    @property
    def scores(self) -> tuple[tuple[Task, Score | None], ...]:
        """Every task of the set with its score, None where it is not answered."""
        return tuple((task, self._done[task][1] if task in self._done else None) for task in self.tasks)

    def start(self) -> None:
        """Enter the mode, at the first task that is not answered; with none left, at the results."""
        self.widget.layout.display = ""
        left = [number for number, (_, found) in enumerate(self.scores) if found is None]
        self._go(left[0] if left else len(self.tasks))

    def end(self) -> None:
        """Leave the mode; the page is uncovered."""
        self.widget.layout.display = "none"
        self._hide(False)
        self._ended()

    def commit(self) -> None:
        """Take the answer: show the scene, score it, say why."""
        task, given = self.current, self._given()
        if task is None or given is None or task in self._done:
            return
        try:
            found = score(task, given)
        except (ValueError, ArithmeticError, OSError) as error:
            self.feedback.value = alert(str(error))
            return
        self._done[task] = given, found
        self._show_scene(task.values)
        self._hide(False)
        self._tell()
        self.next.focus()

    def load(self, content: bytes) -> None:
        """Take a teacher's file in place of the tasks; where it cannot be, say why and keep them."""
        try:
            if len(content) > MOST_BYTES:  # before it is copied
                raise TaskError(f"a file of tasks may have {MOST_BYTES} bytes, this one has {len(content)}")
            found = read_tasks(bytes(content))
        except TaskError as error:
            self.message.value = alert(WORDS.refused.format(error=error))
            return
        here = tuple(task for task in found if task.lab == self._lab)
        if not here:
            labs = ", ".join(dict.fromkeys(task.lab for task in found))
            self.message.value = alert(WORDS.none_here.format(count=len(found), labs=labs))
            return
        self.tasks = here
        self.start()
        self.message.value = status(WORDS.read.format(count=len(found), here=len(here)))

    def _make(self) -> None:
        self.title, self.question, self.feedback, self.message = (widgets.HTML() for _ in range(4))
        self.answer = widgets.VBox()
        self.back, self.commit_button, self.next, self.end_button = (
            _button(label, act)
            for label, act in (
                (WORDS.back, lambda: self._go(self._number - 1)), (WORDS.commit, self.commit),
                (WORDS.next, lambda: self._go(self._number + 1)), (WORDS.end, self.end),
            )
        )  # fmt: skip
        self.upload = widgets.FileUpload(accept=".toml", multiple=False, description=WORDS.upload)
        self.upload.layout.width = "auto"
        self.upload.observe(lambda change: self._on_upload(change.new), "value")
        buttons = widgets.HBox([self.back, self.commit_button, self.next, self.end_button, self.upload])
        parts = (self.title, self.question, self.answer, buttons, self.message, self.feedback)
        self.widget = widgets.VBox(parts)
        self.widget.layout.display = "none"
        for widget, name in ((self.widget, ""), (self.question, "-question"), (self.feedback, "-feedback")):
            widget.add_class(f"labkit-predict{name}")

    def _go(self, number: int) -> None:
        """Ask the task of this number, from 0; behind the last are the results."""
        self._number = min(max(number, 0), len(self.tasks))
        task = self.current
        self.message.value = ""
        if task is None:
            self._show_results()
            return
        self._hide(task not in self._done)
        self._show_scene(task.values)
        self.question.value = status(task.question + ("" if task.tolerance is None else f" ({task.tolerance.rule})"))
        self._box = self._answer_box(task)
        self.answer.children = (self._box,)
        self._box.observe(lambda _: self._on_answer(), "value")
        self._tell()
        if isinstance(self._box, widgets.Text):
            self._box.focus()

    def _answer_box(self, task: Task) -> Any:
        given = self._done[task][0] if task in self._done else None
        wide = {"layout": {"width": "auto"}, "style": {"description_width": "initial"}}
        if task.tolerance is not None:
            return widgets.Text(value="" if given is None else f"{given:g}", description=WORDS.number, **wide)
        options = [(option.text, place) for place, option in enumerate(task.options)]
        return widgets.RadioButtons(options=options, value=given, description=WORDS.answer, **wide)

    def _tell(self) -> None:
        """Title, verdict and buttons of the task that is asked."""
        task, count = self.current, len(self.tasks)
        assert task is not None
        done = [found for _, found in self.scores if found is not None]
        title = WORDS.task.format(number=self._number + 1, count=count, name=task.name)
        self.title.value = status(f"{title}. {WORDS.score.format(total=total(done))}")
        self.feedback.value = feedback(task, self._done[task][1]) if task in self._done else ""
        self._box.disabled = task in self._done
        self.back.disabled = self._number == 0
        self.next.disabled = False
        self.next.description = WORDS.results if self._number == count - 1 else WORDS.next
        self.commit_button.disabled = task in self._done or self._given() is None

    def _show_results(self) -> None:
        self._hide(False)
        self.title.value = status(WORDS.panel)
        self.question.value = ""
        self.answer.children = ()
        self.feedback.value = summary(self.scores) if self.tasks else status(WORDS.nothing)
        self.back.disabled = not self.tasks
        self.commit_button.disabled = self.next.disabled = True

    def _given(self) -> Any:
        """The answer as it stands: an option's place, a number, or None where there is none."""
        value = self._box.value if self.answer.children else None
        if not isinstance(value, str):
            return value
        try:
            number = float(value)
        except ValueError:
            return None
        return number if isfinite(number) else None

    def _on_answer(self) -> None:
        given = self._given()
        self.commit_button.disabled = given is None or self.current in self._done
        typed = isinstance(self._box, widgets.Text) and self._box.value.strip()
        self.message.value = status(WORDS.no_number) if typed and given is None else ""

    def _on_upload(self, files: Sequence[Any]) -> None:
        if files:
            self.load(files[0]["content"])
            self.upload.value = ()  # so that the same file, mended, can be taken again


def _button(label: str, act: Callable[[], None]) -> Any:
    button = widgets.Button(description=label)
    button.add_class("labkit-button")
    button.on_click(lambda _: act())
    return button
