# SPDX-License-Identifier: MIT
"""Objects that pass for arrays, honest ones and hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class GetItemOnly:
    """A sequence of images by ``__len__`` and ``__getitem__`` alone."""

    def __init__(self, stack: NDArray[Any]) -> None:
        self._stack = stack

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: int) -> Any:
        return self._stack[index]


class ArrayProtocol:
    """Has ``__array__`` and nothing else."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._array if dtype is None else self._array.astype(dtype)


class ArrayInterface:
    """Has ``__array_interface__`` and keeps the memory alive."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = np.ascontiguousarray(array)
        self.__array_interface__ = self._array.__array_interface__


class XarrayLike(ArrayProtocol):
    """What duck-typed labelled arrays have in common."""

    dims = ("image", "y", "x")

    @property
    def values(self) -> NDArray[Any]:
        return self._array

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._array.dtype

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Any) -> XarrayLike:
        return XarrayLike(self._array[index])


class HostileSubclass(np.ndarray[Any, Any]):
    """An ndarray whose hooks misbehave."""

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("hostile __array_ufunc__")

    def __getitem__(self, index: Any) -> Any:
        return "not an image"

    def __array_finalize__(self, parent: Any) -> None:
        self.owner = parent


class ChangingShape:
    """A sequence whose images shrink after they were looked at once."""

    def __init__(self, stack: NDArray[Any]) -> None:
        self._stack = stack
        self._asked = 0

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: int) -> NDArray[Any]:
        self._asked += 1
        image: NDArray[Any] = self._stack[index]
        return image if self._asked <= len(self._stack) + 1 else image[:3, :2].copy()


class ShrinkingArray:
    """Claims a shape; ``__array__`` gives less of it each time it is asked."""

    def __init__(self, stack: NDArray[Any]) -> None:
        self._stack = stack
        self._asked = 0
        self.shape = stack.shape
        self.dtype = stack.dtype
        self.ndim = stack.ndim

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        return np.asarray(self._less()[index])

    def _less(self) -> NDArray[Any]:
        self._asked += 1
        n = max(1, len(self._stack[0]) - 8 * self._asked)
        return np.ascontiguousarray(self._stack[:, :n])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._less() if dtype is None else self._less().astype(dtype)


class Raising:
    """A sequence that fails at one image."""

    def __init__(self, stack: NDArray[Any], at: int, error: Callable[[], BaseException]) -> None:
        self._stack = stack
        self._at = at
        self._error = error

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: int) -> Any:
        if index >= len(self._stack):
            raise IndexError(index)
        if index == self._at:
            raise self._error()
        return self._stack[index]


class OutOfMemory:
    """``__array__`` that finds no memory."""

    shape = (4, 32, 40)
    dtype = np.dtype("f8")
    ndim = 3

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: Any) -> Any:
        raise MemoryError("no memory for these images")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        raise MemoryError("no memory for these images")
