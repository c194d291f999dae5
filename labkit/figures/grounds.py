"""Drawn grounds of pictures by their looks: what this process drew last, and what its whole class has drawn.

The ground of a picture, its axes and ticks, takes several times as long as what moves on it. Students of a class move
the same sliders over the same axes: where LABKIT_GROUNDS of the environment names a folder, each ground is drawn once
for all of them.
"""

import hashlib
import os
import pickle
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from labkit.figures.png import inflate

VARIABLE = "LABKIT_GROUNDS"
_KEPT = 64  # of some 30 kB each: a slider goes to and fro over the same few limits
_SHARED = 2000


class Grounds:
    """The packed grounds of one figure; `name` tells it from other labs' figures."""

    def __init__(self, name: str = "") -> None:
        """None yet. Without a name nothing is shared."""
        self._name = name
        self._kept: LRUCache[Hashable, bytes] = LRUCache(_KEPT)

    def pixels(self, look: Hashable, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
        """The ground of this look, (height, width, 4), if there is a whole one."""
        file = self._file(look)
        if look not in self._kept and file is not None:
            with suppress(OSError):
                self._kept[look] = file.read_bytes()
        try:
            return np.frombuffer(inflate(self._kept[look]), np.uint8).reshape(shape) if look in self._kept else None
        except ValueError:  # damaged, or of another size: it is drawn again, for all
            del self._kept[look]
            if file is not None:
                with suppress(OSError):
                    file.unlink()
            return None

    def put(self, look: Hashable, packed: bytes) -> None:
        """Keep the ground of this look. What cannot be shared is kept here alone."""
        self._kept[look] = packed
        file = self._file(look)
        if file is None:
            return
        with suppress(OSError):  # a full disk, say: it is drawn again
            if len(list(file.parent.iterdir())) < _SHARED:
                part = file.with_suffix(f".{os.getpid()}")
                part.write_bytes(packed)
                part.replace(file)  # nobody reads half of it

    def clear(self) -> None:
        """Forget what this process has drawn."""
        self._kept.clear()

    def _file(self, look: Hashable) -> Path | None:
        folder = os.environ.get(VARIABLE)
        if not (folder and self._name):
            return None
        return Path(folder, hashlib.sha256(pickle.dumps((self._name, look))).hexdigest())
