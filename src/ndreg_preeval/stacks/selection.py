# SPDX-License-Identifier: MIT
"""The slice of a URI: text to indices, and indices applied to the shape of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import EllipsisType

from ..errors import shorten
from .pixel_checks import spare_axes

Index = int | slice | EllipsisType
Indices = tuple[Index, ...]


@dataclass(frozen=True)
class AxisRange:
    """Forward walk along one axis of a dataset: start, start + step, ... (count of them)."""

    start: int
    step: int
    count: int
    reverse: bool
    """Whether the indices are wanted in the opposite order: HDF5 itself only walks forward."""
    drop: bool
    """Whether it is a single index, which takes the axis away."""

    @property
    def stop(self) -> int:
        """One past the last index taken."""
        return self.start + (self.count - 1) * self.step + 1

    def part(self, start: int, stop: int) -> AxisRange:
        """Return the walk over results start <= i < stop of this walk."""
        count = stop - start
        first = self.count - stop if self.reverse else start
        return replace(self, start=self.start + first * self.step, count=count)


def parse_slice(text: str) -> Indices:
    """Read the text after ``slice=``: integers, ``start:stop:step`` and ``...`` between commas.

    Raises
    ------
    ValueError
        When the text is anything else.
    """
    try:
        items = tuple(_parse_item(item.strip()) for item in text.split(","))
        return check_slice(items)
    except ValueError:
        raise ValueError(
            f"slice={shorten(text)} is not valid: give integers, start:stop:step or ... between commas"
        ) from None


def check_slice(value: object) -> Indices:
    """Return the slice of a `DataUrl`, checked.

    Raises
    ------
    TypeError, ValueError
        When it holds anything but integers, slices and at most one ellipsis.
    """
    if isinstance(value, (int, slice, EllipsisType)):
        value = (value,)
    if not isinstance(value, Iterable):
        raise TypeError(f"a slice must be a tuple of integers, slices and ..., not {type(value).__name__}")
    items = tuple(value)
    for item in items:
        parts = (item.start, item.stop, item.step) if isinstance(item, slice) else (item,)
        whole = all(part is None or (isinstance(part, int) and not isinstance(part, bool)) for part in parts)
        if item is not Ellipsis and (item is None or not whole):
            raise TypeError(f"a slice must hold integers, slices and ..., not {shorten(item)}")
        if isinstance(item, slice) and item.step == 0:
            raise ValueError("the step of a slice must not be 0")
    if sum(item is Ellipsis for item in items) > 1:
        raise ValueError("a slice can hold one ... only")
    return items


def format_slice(indices: Indices) -> str:
    """Return the text that `parse_slice` reads as these indices."""
    return ",".join(_format_item(item) for item in indices)


def apply_slice(indices: Indices | None, shape: tuple[int, ...]) -> tuple[AxisRange, ...]:
    """Return what the indices take from each axis of a dataset.

    Raises
    ------
    ValueError
        When there are more indices than axes, when nothing is left, or beyond an axis; says "slice".
    """
    given = () if indices is None else indices
    text = "slice=" + shorten(format_slice(given))[1:-1]
    named = sum(item is not Ellipsis for item in given)
    if named > len(shape):
        raise ValueError(f"{text} has {named} indices, but the dataset has {len(shape)} axes: {shape}")
    return tuple(
        _axis(item, length, f"{text}, axis {axis}")
        for axis, (item, length) in enumerate(zip(_of_all_axes(given, len(shape)), shape, strict=True))
    )


def without_spare(axes: tuple[AxisRange, ...], wanted: int = 3, most: int = 1) -> tuple[AxisRange, ...]:
    """Drop axes of length 1 where up to `most` more are left than wanted."""
    kept = [index for index, axis in enumerate(axes) if not axis.drop]
    counts = tuple(axes[index].count for index in kept)
    spare = {kept[axis] for axis in spare_axes(counts, wanted, most)}
    return tuple(replace(axis, drop=True) if index in spare else axis for index, axis in enumerate(axes))


def with_index(indices: Indices | None, shape: tuple[int, ...], axis: int, index: int) -> Indices:
    """Return indices that also take one element of an axis, of those that they leave.

    >>> format_slice(with_index(parse_slice("0,...,::-1"), (2, 3, 4, 5), 2, 1))
    '0,:,:,3'
    """
    full = list(_of_all_axes(indices or (), len(shape)))
    kept = [number for number, item in enumerate(full) if not isinstance(item, int)]
    item = full[kept[axis]]
    assert isinstance(item, slice)
    full[kept[axis]] = range(shape[kept[axis]])[item][index]
    while full[-1] == slice(None):
        full.pop()
    return tuple(full)


def flips(axes: Iterable[AxisRange]) -> tuple[slice, ...]:
    """Return what turns axes round that were read forwards, and are asked for backwards."""
    return tuple(slice(None, None, -1 if axis.reverse else 1) for axis in axes)


def _of_all_axes(given: Indices, axes: int) -> Indices:
    """Take axes that are not named whole, where the ellipsis is or else at the end."""
    where = next((i for i, item in enumerate(given) if item is Ellipsis), len(given))
    filler: Indices = (slice(None),) * (axes - sum(item is not Ellipsis for item in given))
    return given[:where] + filler + given[where + 1 :]


def _axis(item: Index, length: int, text: str) -> AxisRange:
    if isinstance(item, int):
        index = item + length if item < 0 else item
        if not 0 <= index < length:
            raise ValueError(f"{text}: index {shorten(item)} is outside the {length} elements of the dataset")
        return AxisRange(index, 1, 1, reverse=False, drop=True)
    assert isinstance(item, slice)
    whole = range(length)[item]
    if len(whole) == 0 and length > 0:
        raise ValueError(f"{text}: nothing is left of the {length} elements of the dataset")
    reverse = whole.step < 0
    forward = whole[::-1] if reverse else whole
    return AxisRange(forward.start, forward.step, len(forward), reverse, drop=False)


def _parse_item(text: str) -> Index:
    if text == "...":
        return Ellipsis
    if ":" not in text:
        return _number(text)
    parts = [_number(part.strip()) if part.strip() else None for part in text.split(":")]
    if len(parts) > 3:
        raise ValueError
    return slice(*parts) if len(parts) == 3 else slice(parts[0], parts[1])


def _number(text: str) -> int:
    # int() also reads "1_0" and digits of other scripts; more than 18 digits index no dataset.
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise ValueError
    return int(text)


def _format_item(item: Index) -> str:
    if item is Ellipsis:
        return "..."
    if isinstance(item, int):
        return str(int(item))
    assert isinstance(item, slice)
    start, stop, step = ("" if part is None else str(part) for part in (item.start, item.stop, item.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")
