# SPDX-License-Identifier: MIT
"""Memory for images that is used again: the system takes long to give pages that nobody had before."""

from __future__ import annotations

import math
import threading

import numpy as np
from numpy.typing import NDArray


class Rooms:
    """Lends arrays, and keeps those that come back for the next who asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[NDArray[np.uint8]] = []
        self._lent: dict[int, NDArray[np.uint8]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype) -> NDArray:  # type: ignore[type-arg]
        """Return an array of any content."""
        size = math.prod(shape) * dtype.itemsize
        with self._lock:
            fitting = [each for each in self._free if size <= len(each) <= 2 * size]
            if fitting:
                found = min(fitting, key=len)
                self._free = [each for each in self._free if each is not found]
            else:
                self._free.clear()  # of another size: they would only take memory
                found = np.empty(size, np.uint8)
            room: NDArray = found[:size].view(dtype).reshape(shape)  # type: ignore[type-arg]
            self._lent[id(room)] = found
        return room

    def give_back(self, room: NDArray) -> None:  # type: ignore[type-arg]
        """Take an array that nobody looks at any more."""
        with self._lock:
            found = self._lent.pop(id(room), None)
            if found is not None:
                self._free.append(found)

    def clear(self) -> None:
        """Let go of everything; arrays that are lent live as long as somebody looks at them."""
        with self._lock:
            self._free.clear()
            self._lent.clear()
