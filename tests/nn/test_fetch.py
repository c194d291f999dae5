"""Fetching MNIST from a server of our own: what is fetched, and what is said and left when it fails."""

import _thread
import errno
import functools
import gzip
import hashlib
import os
import re
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import time

import numpy as np
import pooch
import pytest

from labkit.nn import fetch, mnist
from labkit.nn.datasets import learnable
from labkit.server.cli import main


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.tobytes()


def digits(samples, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (samples, 28, 28), np.uint8), (np.arange(samples) % 10).astype(np.uint8)


@pytest.fixture
def content(monkeypatch):
    """Four small files of the known form, whose hashes are the known ones."""
    arrays = (*digits(60, 0), *digits(20, 1))
    files = dict(zip(mnist.FILES, map(idx, arrays), strict=True))
    monkeypatch.setattr(mnist, "FILES", {name: hashlib.sha256(file).hexdigest() for name, file in files.items()})
    monkeypatch.setattr(fetch, "FILES", mnist.FILES)
    return files


@pytest.fixture
def server(content, monkeypatch):
    """Serves the files packed; `server.change` maps the packed bytes to those that are sent, under the full length."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            packed = gzip.compress(content[self.path.strip("/").removesuffix(".gz")])
            server.asked.append(self.path)
            self.send_response(200)
            sent = server.change(packed)
            self.send_header("Content-Length", str(len(packed) if packed.startswith(sent) else len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.change, server.asked = lambda packed: packed, []
    threading.Thread(target=functools.partial(server.serve_forever, 0.01), daemon=True).start()
    monkeypatch.setattr(fetch, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    mnist._read.cache_clear()
    learnable.cache_clear()
    yield tmp_path / "data" / "mnist"
    mnist._read.cache_clear()
    learnable.cache_clear()


def refused(capsys):
    assert main(["data", "mnist"]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("labkit: ")]
    assert len(lines) == 1
    return lines[0]


def test_what_is_fetched_is_the_set(server, place, content, capsys):
    assert main(["data", "mnist"]) == 0
    out, err = capsys.readouterr()
    assert out == f"labkit keeps the full MNIST set in {place}\n"
    assert "100%" in err  # the progress bar
    assert sorted(path.name for path in place.iterdir()) == sorted(content)
    data = learnable("mnist", 0, False, 1.0)
    images, labels = digits(60, 0)
    np.testing.assert_allclose(data.train.inputs(slice(None)), images.reshape(60, 784) / 255, rtol=1e-15)
    np.testing.assert_array_equal(data.train.y, labels)
    np.testing.assert_array_equal(data.test.y, digits(20, 1)[1])


def test_only_what_is_missing_or_damaged_is_fetched_again(server, place, content):
    fetch.fetch_mnist(progress=False)
    first, second, *_ = content
    (place / first).unlink()
    (place / second).write_bytes(b"cut")
    server.asked.clear()
    fetch.fetch_mnist(progress=False)
    assert server.asked == [f"/{first}.gz", f"/{second}.gz"]
    assert (place / second).read_bytes() == content[second]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda packed: packed[:-9], "cannot be fetched"),  # the connection is cut
        (lambda packed: packed[:40] + bytes([packed[40] ^ 255]) + packed[41:], "cut or damaged"),
        (lambda packed: b"<html>not here</html>" * len(packed), "cut or damaged"),
        (lambda packed: gzip.compress(b"another file" * len(packed)), "is not the known file"),
    ],
    ids=["cut", "damaged", "page", "another"],
)
def test_what_is_not_the_known_file_is_refused_and_leaves_nothing(server, place, change, words, capsys):
    server.change = change
    assert words in refused(capsys)
    assert list(place.iterdir()) == []


def test_a_failure_keeps_the_files_that_came_before(server, place, content, capsys):
    names = list(content)
    server.change = lambda packed: packed if len(server.asked) <= 2 else packed[:-9]
    refused(capsys)
    assert sorted(path.name for path in place.iterdir()) == sorted(names[:2])


@pytest.mark.usefixtures("content")
def test_no_network_is_said(place, monkeypatch, capsys):
    monkeypatch.setattr(fetch, "ADDRESS", "http://127.0.0.1:9/")
    assert "cannot be fetched (ConnectionError): try again, or take 'mnist_small'" in refused(capsys)
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("content")
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "file"))
    assert "cannot be written to" in refused(capsys)
    assert "LABKIT_DATA" in refused(capsys)


OPERATIONS = [
    (fetch.Path, "mkdir"), (fetch.Path, "write_bytes"), (fetch, "TemporaryDirectory"), (fetch.os, "replace"),
    (pooch.HTTPDownloader, "__call__"),
]  # fmt: skip


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENOENT, errno.EDQUOT])
@pytest.mark.parametrize(("where", "operation"), OPERATIONS, ids=lambda each: getattr(each, "__name__", each))
def test_a_folder_that_cannot_be_written_to_is_said_whatever_the_reason(
    place, where, operation, number, monkeypatch, capsys
):
    def no(*_, **__):
        raise OSError(number, os.strerror(number))

    place.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(where, operation, no)
        said = refused(capsys)
    why = f"cannot be written to ({os.strerror(number)})"
    assert said == f"labkit: the folder {place} {why}: name another in LABKIT_DATA"
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("server")
def test_a_folder_in_a_files_place_is_said(place, content, capsys):
    (place / list(content)[1]).mkdir(parents=True)
    assert "train-labels-idx1-ubyte must be a file, and is a folder: remove it" in refused(capsys)


@pytest.mark.usefixtures("server")
def test_a_file_that_cannot_be_read_is_said(place, content, monkeypatch, capsys):
    def no(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    place.mkdir(parents=True)
    monkeypatch.setattr(fetch.Path, "read_bytes", no)
    assert "train-images-idx3-ubyte cannot be read (Permission denied): remove it" in refused(capsys)


@pytest.mark.usefixtures("server")
def test_what_a_killed_fetch_left_is_removed_and_a_running_one_is_let_be(place, content):
    for name, age in ((".fetching-old", 3600), (".fetching-now", 0)):
        (place / name).mkdir(parents=True)
        (place / name / "half").write_bytes(b"half")
        for path in (place / name / "half", place / name):
            os.utime(path, (time() - age, time() - age))
    fetch.fetch_mnist(progress=False)
    assert sorted(path.name for path in place.iterdir()) == sorted([".fetching-now", *content])


@pytest.fixture
def ctrl_c():
    """It raises here as at a terminal, though what started the tests may have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_stops_the_fetch_with_a_word_and_leaves_nothing(server, place, capsys):
    def stop(packed):
        _thread.interrupt_main()
        return packed

    server.change = stop
    assert main(["data", "mnist"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "labkit: stopped"
    assert [path for path in place.iterdir() if path.name.startswith(".")] == []


def test_it_is_kept_in_the_users_cache_folder(monkeypatch):
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    assert mnist.folder() == pooch.os_cache("labkit") / "mnist"
    monkeypatch.setenv("LABKIT_DATA", "~/digits")
    assert mnist.folder() == Path.home() / "digits" / "mnist"


def test_where_it_is_missing_the_small_one_is_offered_without_the_servers_paths(place):
    message = (
        "the full MNIST set is not here: fetch it with `labkit data mnist`, or take 'mnist_small', which is shipped"
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
        learnable("mnist", 0, False, 1.0)


@pytest.mark.usefixtures("server")
def test_another_folder_is_another_set_and_another_seed_the_same(place, monkeypatch):
    fetch.fetch_mnist(progress=False)
    data = learnable("mnist", 0, False, 1.0)
    assert learnable("mnist", 1, False, 1.0) is data
    monkeypatch.setenv("LABKIT_DATA", str(place / "elsewhere"))
    with pytest.raises(FileNotFoundError, match="is not here"):
        learnable("mnist", 0, False, 1.0)


@pytest.mark.usefixtures("server")
def test_a_damaged_file_of_the_set_is_said_to_be_damaged(place, content):
    fetch.fetch_mnist(progress=False)
    (place / list(content)[2]).write_bytes(b"cut")
    with pytest.raises(OSError, match=r"^t10k-images-idx3-ubyte is damaged: fetch it again with `labkit data mnist`"):
        learnable("mnist", 0, False, 1.0)
