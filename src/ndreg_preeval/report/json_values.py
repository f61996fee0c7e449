# SPDX-License-Identifier: MIT
"""Values of JSON that nobody trusts, with their places: whatever is wrong is told by a ValueError that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import shorten

LARGEST: Final = 2**63


class JsonValue:
    """A value of JSON and its place ("stacks[2].images.peak").

    Parameters
    ----------
    value : object
        As `json.loads` gives it.
    place : str
        Where it is.
    """

    __slots__ = ("place", "value")

    def __init__(self, value: Any, place: str = "") -> None:
        self.value: Any = value
        self.place: str = place

    def refuse(self, rule: str) -> NoReturn:
        """Raise ValueError: it must be something else."""
        raise ValueError(
            f"this is no ranking: {self.place or 'it'} must be {rule}, not {shorten(self.value)}"
        )

    def __getitem__(self, name: str) -> JsonValue:
        found = self.get(name)
        if found is None:
            raise ValueError(f"this is no ranking: {self._inner(name)} is missing")
        return found

    def get(self, name: str) -> JsonValue | None:
        """Return a member of an object; None where it has none of that name."""
        if not isinstance(self.value, dict):
            self.refuse("an object")
        return JsonValue(self.value[name], self._inner(name)) if name in self.value else None

    def _inner(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def members(self) -> list[str]:
        """Return the names of the members of an object."""
        if not isinstance(self.value, dict):
            self.refuse("an object")
        return [str(name) for name in self.value]

    def __iter__(self) -> Iterator[JsonValue]:
        if not isinstance(self.value, list):
            self.refuse("a list")
        for index, each in enumerate(self.value):
            yield JsonValue(each, f"{self.place}[{index}]")

    @property
    def is_null(self) -> bool:
        """Whether it is null."""
        return self.value is None

    def text(self) -> str:
        """Return a text."""
        return self.value if isinstance(self.value, str) else self.refuse("a text")

    def texts(self) -> tuple[str, ...]:
        """Return texts."""
        return tuple(each.text() for each in self)

    def boolean(self) -> bool:
        """Return true or false."""
        return self.value if isinstance(self.value, bool) else self.refuse("true or false")

    def integer(self, least: int = 0, below: int = LARGEST) -> int:
        """Return a whole number of this range."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not least <= self.value < below:
            self.refuse(f"a whole number from {least}" + (f" to {below - 1}" if below < LARGEST else ""))
        return self.value

    def number(self) -> float:
        """Return a number; NaN for null."""
        found: float = self._numbers([self.value])[0]
        return found

    def numbers(self, length: int) -> NDArray[np.float64]:
        """Return this many numbers; NaN for null."""
        return self._numbers(self._list(length))

    def integers(
        self, length: int, least: int = -LARGEST, below: int = LARGEST, dtype: Any = np.int64
    ) -> NDArray[Any]:
        """Return this many whole numbers of a range."""
        values = self._list(length)
        if not all(type(value) is int and least <= value < below for value in values):
            self.refuse(f"whole numbers from {least} to {below - 1}")
        return np.array(values, dtype=dtype)

    def booleans(self, length: int) -> NDArray[np.bool_]:
        """Return this many times true or false."""
        values = self._list(length)
        if not all(isinstance(value, bool) for value in values):
            self.refuse("a list of true and false")
        return np.array(values, dtype=np.bool_)

    def each(self, length: int, read: Callable[[JsonValue], int], dtype: Any) -> NDArray[Any]:
        """Return what is read of this many values."""
        self._list(length)
        return np.array([read(value) for value in self], dtype=dtype)

    def _list(self, length: int) -> list[Any]:
        if not isinstance(self.value, list) or len(self.value) != length:
            self.refuse(f"a list of {length} values")
        return self.value

    def _numbers(self, values: list[Any]) -> NDArray[np.float64]:
        if not all(value is None or type(value) is float or type(value) is int for value in values):
            self.refuse("a number or null" if values is not self.value else "a list of numbers or nulls")
        try:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        except OverflowError:
            self.refuse("of numbers that a float can hold")
