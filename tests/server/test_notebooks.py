"""Where notebooks lie, and the user's copies of them."""

from pathlib import Path

import pytest

from labkit.server import notebooks
from labkit.server.errors import CommandError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "one.ipynb").write_text("first")
    (folder / "two.ipynb").write_text("second")
    (folder / "notes.txt").write_text("not a notebook")
    return folder


def test_notebooks_are_copied_and_nothing_else(source: Path, tmp_path: Path) -> None:
    copied = notebooks.copy_notebooks(source, tmp_path / "mine")
    assert copied.kept == ()
    assert {path.name for path in copied.folder.iterdir()} == {"one.ipynb", "two.ipynb", notebooks.RECORD}


def test_what_the_user_changed_is_kept_and_named(source: Path, tmp_path: Path) -> None:
    mine = notebooks.copy_notebooks(source, tmp_path / "mine").folder
    (mine / "one.ipynb").write_text("my own")
    (source / "one.ipynb").write_text("first, mended")
    assert notebooks.copy_notebooks(source, mine).kept == ("one.ipynb",)
    assert (mine / "one.ipynb").read_text() == "my own"


def test_what_the_user_left_alone_follows_the_package(source: Path, tmp_path: Path) -> None:
    mine = notebooks.copy_notebooks(source, tmp_path / "mine").folder
    (source / "two.ipynb").write_text("second, mended")
    assert notebooks.copy_notebooks(source, mine).kept == ()
    assert (mine / "two.ipynb").read_text() == "second, mended"


def test_a_file_of_that_name_from_elsewhere_is_kept(source: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "one.ipynb").write_text("from elsewhere")
    assert notebooks.copy_notebooks(source, mine).kept == ("one.ipynb",)
    assert (mine / "one.ipynb").read_text() == "from elsewhere"


def test_a_damaged_record_keeps_what_differs(source: Path, tmp_path: Path) -> None:
    mine = notebooks.copy_notebooks(source, tmp_path / "mine").folder
    (mine / notebooks.RECORD).write_text("{")
    (source / "one.ipynb").write_text("first, mended")
    assert notebooks.copy_notebooks(source, mine).kept == ("one.ipynb",)


def test_the_folder_above_must_exist(source: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="must lie in a folder that exists"):
        notebooks.copy_notebooks(source, tmp_path / "no" / "such")


def test_a_checkout_works_on_its_own_notebooks(monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path) -> None:
    source.rename(tmp_path / "notebooks")
    monkeypatch.setattr(notebooks, "package_folder", lambda: tmp_path / "labkit")
    assert notebooks.working_folder(None).folder == tmp_path / "notebooks"
    assert notebooks.working_folder(tmp_path / "mine").folder == tmp_path / "mine"


def test_an_installed_package_copies_beside_the_user(
    monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path
) -> None:
    package = tmp_path / "labkit"
    package.mkdir()
    source.rename(package / "notebooks")
    monkeypatch.setattr(notebooks, "package_folder", lambda: package)
    monkeypatch.chdir(tmp_path)
    assert notebooks.working_folder(None).folder == tmp_path / "labkit-notebooks"
    assert (tmp_path / "labkit-notebooks" / "one.ipynb").is_file()
