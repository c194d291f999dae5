"""What the panel `Predict` says, in one place, and its results as a table and as a file. Everything is escaped here."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from urllib.parse import quote

from labkit.labs.tasks import Score, Task, total

Row = tuple[Task, Score | None]


@dataclass(frozen=True)
class Words:
    """Every text of the panel; a second language is a second one of these."""

    panel: str = "Predict: say what will happen, then look"
    task: str = "Task {number} of {count}: {name}"
    score: str = "Score so far: {total}"
    nothing: str = "There is no task for this lab."
    answer: str = "your answer"
    number: str = "your answer (a number)"
    no_number: str = "A number is wanted, such as 0.05 or 1e-7."
    commit: str = "Commit"
    back: str = "Back"
    next: str = "Next"
    results: str = "Results"
    end: str = "End"
    upload: str = "A set of your own (TOML)"
    read: str = "{count} tasks read, {here} of them about this lab."
    none_here: str = "{count} tasks read, none about this lab: they are about {labs}. The tasks stay as they were."
    refused: str = "The file was not taken: {error}. The tasks stay as they were."
    steps: str = "After {steps} steps: press play to watch them."
    open: str = "not answered"
    columns: tuple[str, ...] = ("task", "question", "you said", "it is", "verdict", "points")
    download: str = "Download results (CSV)"
    file: str = "labkit-results.csv"


WORDS = Words()
SYMBOLS = {"right": "✓ Right", "near": "≈ Near", "wrong": "✗ Wrong"}
"""A verdict as a sign and a word, so that no color is needed."""


def status(text: str) -> str:
    """A text that a screen reader announces; an empty one stands for silence."""
    return f'<p role="status">{escape(text)}</p>' if text else ""


def alert(text: str) -> str:
    """A text about something wrong."""
    return f'<p role="alert">{escape(text)}</p>'


def feedback(task: Task, found: Score) -> str:
    """The verdict, both numbers, the reason, and where to look."""
    steps = f" {WORDS.steps.format(steps=task.steps)}" if task.steps else ""
    said = f"{SYMBOLS[found.verdict]}. {found.words}."
    return f'<div role="status"><p><strong>{escape(said)}</strong></p><p>{escape(task.why + steps)}</p></div>'


def cells(task: Task, found: Score | None) -> tuple[str, ...]:
    """A task's row of the table of results."""
    if found is None:
        return task.name, task.question, WORDS.open, "", "", ""
    return task.name, task.question, found.given, found.truth, SYMBOLS[found.verdict], f"{found.points:g}"


def summary(rows: Sequence[Row]) -> str:
    """The table of all tasks, the score, and the link that keeps them."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in WORDS.columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells(*row))}</tr>" for row in rows)
    score = escape(WORDS.score.format(total=total([found for _, found in rows if found])))
    table = f"<table><caption>{score}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div role="status">{table}</div><p>{link(rows)}</p>'


def link(rows: Sequence[Row]) -> str:
    """A link that holds the file itself: no server is asked."""
    address = f"data:text/csv;charset=utf-8,{quote(chr(0xFEFF) + as_csv(rows))}"
    return f'<a download="{escape(WORDS.file)}" href="{address}">{escape(WORDS.download)}</a>'


def as_csv(rows: Sequence[Row]) -> str:
    """The results as CSV, a line a task, with its lab in front."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(("lab", *WORDS.columns))
    for task, found in rows:
        *said, points = cells(task, found)
        writer.writerow((task.lab, *map(_inert, said), points))
    return text.getvalue()


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; a number stays one."""
    try:
        float(cell)
    except ValueError:
        return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell
    return cell
