"""Arrays that lie one after the other in one vector, so that an optimizer's step is a few operations on all of them."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Name = tuple[str, int]
"""What an array is, and of which layer."""
Shapes = Mapping[Name, tuple[int, ...]]


class Flat:
    """A vector and its parts by name, as views; zero where no vector is given. Copies keep the parts views."""

    def __init__(self, shapes: Shapes, vector: Array | None = None) -> None:
        """Lay the parts out in the order of `shapes`."""
        self.shapes = dict(shapes)
        self.vector = np.zeros(sum(map(prod, self.shapes.values()))) if vector is None else vector
        self._parts: dict[Name, Array] = {}
        start = 0
        for name, shape in self.shapes.items():
            self._parts[name] = self.vector[start : start + prod(shape)].reshape(shape)
            start += prod(shape)

    def __getitem__(self, name: Name) -> Array:
        """The part of this name, to be read and written."""
        return self._parts[name]

    def __contains__(self, name: Name) -> bool:
        """Whether there is such a part."""
        return name in self._parts

    def __reduce__(self) -> tuple[type["Flat"], tuple[Shapes, Array]]:
        """Pickled and copied as the vector: views would come back as arrays of their own."""
        return Flat, (self.shapes, self.vector)


class Scratch(dict[Any, Any]):
    """Work arrays, kept from step to step; a copy of it is empty, and at most `most` entries are kept."""

    most = 6

    def get_or_make(self, key: Any, make: Callable[[], Any]) -> Any:
        """What is kept under this key, made where it is missing."""
        if key not in self:
            if len(self) == self.most:
                self.clear()
            self[key] = make()
        return self[key]

    def __reduce__(self) -> tuple[type["Scratch"], tuple[()]]:
        """Nothing of it is pickled or copied."""
        return Scratch, ()
