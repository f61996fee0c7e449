# SPDX-License-Identifier: MIT
"""One image in memory, among others that lie in files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base import ImageSpec, KnownImage
from .source import ImagesSource


class ArrayImageSpec(ImageSpec):
    """An array (h, w), or what can be converted to one: whatever a list of images may hold.

    Parameters
    ----------
    value : object
        Never copied, and looked at when the stack is opened.
    """

    __module__ = "ndreg_preeval.stacks"

    location = "an array"
    file_path = ""
    in_memory = True

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def concurrent(self) -> bool:  # type: ignore[override]
        """Whether it is an array: other objects are asked by one thread."""
        return isinstance(self.value, np.ndarray)

    def examine(self) -> KnownImage:
        """Check shape and dtype; raises TypeError or ValueError for what is no image."""
        return _KnownArray(self.value)


class _KnownArray(KnownImage):
    declared = False

    def __init__(self, value: Any) -> None:
        self._source = ImagesSource((value,))
        self.shape = self._source.shape[1:]
        self.dtype = self._source.dtype

    def read(self, out: NDArray[Any]) -> NDArray[np.bool_] | None:
        block = self._source.read(0, 1)
        out[...] = block.images[0]
        return None if block.mask is None else block.mask[0]
