# SPDX-License-Identifier: MIT
"""The axis that counts stacks (elements, channels), of something with one axis more than a stack has."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ...errors import shorten
from ...text import printable
from ..selection import Indices, apply_slice, with_index
from ..uris import UriMeaning
from .image_axis import axis_of_names

STACKS: Final = (
    *("element", "elements", "channel", "channels", "c", "line", "lines", "detector", "detectors"),
    *("roi", "rois", "component", "components", "species", "band", "bands", "stack", "stacks"),
)
"""Names of axes that count stacks where another axis counts images, whatever their case."""

MAX_STACKS: Final = 10_000
"""Largest number of stacks that one axis counts."""

MAX_STACKS_BY_NAME: Final = 256
"""The same where only a name says so: the channels of a detector can be thousands."""

MAX_LABEL: Final = 100
"""Longest name of a stack that is taken from a file, in characters."""


def _no_labels(_: int) -> None:
    return None


class StoredAxes(NamedTuple):
    """Axes of something that may hold several stacks, as they are stored."""

    shape: tuple[int, ...]
    names: Sequence[str | None]
    """Of all axes, None for those without."""
    labels: Callable[[int], Sequence[Any] | None] = _no_labels
    """Texts along an axis, as many as it has elements; None where there are none."""

    def left_by(self, indices: Indices | None) -> StoredAxes:
        """Return the axes that a slice leaves; raises ValueError as `apply_slice` does."""
        axes = apply_slice(indices, self.shape)
        kept = [axis for axis, each in enumerate(axes) if not each.drop]

        def labels(axis: int) -> list[Any] | None:
            walk, found = axes[kept[axis]], self.labels(kept[axis])
            if found is None or len(found) != self.shape[kept[axis]]:
                return None
            some = list(found)[walk.start : walk.stop : walk.step]
            return some[::-1] if walk.reverse else some

        return StoredAxes(
            tuple(axes[axis].count for axis in kept), [self.names[axis] for axis in kept], labels
        )


def find_stacks_axis(axes: StoredAxes, asked: int | None) -> int | None:
    """Return the axis that counts stacks; None where it is one stack, or nothing says which.

    Parameters
    ----------
    axes : StoredAxes
    asked : int, optional
        The axis that the caller wants, negative counting from the end; else names decide.

    Raises
    ------
    ValueError
        When the axis that was asked for is none, or leaves no stack; when it counts no stacks.
    """
    n = len(axes.shape)
    if n < 4:
        return None
    if asked is None:
        found = _by_names(axes)
        if found is not None and axes.shape[found] == 0:
            raise ValueError(
                f"there is no stack: axis {found}, {axes.names[found]!r}, of {axes.shape} has none"
            )
        return found
    what = f"stacks_axis={asked} of the shape {shorten(axes.shape)}"
    if not -n <= asked < n:
        raise ValueError(f"{what}: there are {n} axes, 0 to {n - 1} or, from the end, -1 to {-n}")
    axis = asked % n
    left = axes.shape[:axis] + axes.shape[axis + 1 :]
    if sum(length != 1 for length in left) > 3 or n > 5:
        raise ValueError(
            f"{what}: the axes {left} are left, and a stack has three; take some of them by a slice "
            "first, in a URI as in &slice=0&stacks=0"
        )
    if axes.shape[axis] == 0:
        raise ValueError(f"{what}: there is no stack, the length of this axis is 0")
    if axes.shape[axis] > MAX_STACKS:
        raise ValueError(f"{what}: it would count {axes.shape[axis]} stacks, more than {MAX_STACKS}")
    return axis


def stack_names(axes: StoredAxes, axis: int) -> list[str]:
    """Return the names of the stacks along an axis: its labels, where these tell them apart, or numbers."""
    found = axes.labels(axis)
    if found is not None and len(found) == axes.shape[axis]:
        texts = [_as_name(label) for label in found]
        if all(texts) and len(set(texts)) == len(texts):
            return texts
    return [str(number) for number in range(axes.shape[axis])]


def split_meaning(meaning: UriMeaning, axes: StoredAxes, asked: int | None) -> list[UriMeaning]:
    """Return one meaning for each stack that a dataset or file holds; itself where that is one.

    Parameters
    ----------
    meaning : UriMeaning
        An axis that it says goes first.
    axes : StoredAxes
        All axes, as its slice counts them.
    asked : int, optional
        The axis that the caller wants.

    Raises
    ------
    ValueError
        As `find_stacks_axis`; and when the URI asks for stacks where there are but three axes.
    """
    said = meaning.stacks_axis is not None
    try:
        left = axes.left_by(meaning.indices)
    except ValueError:
        if said:
            raise
        return [meaning]  # told when it is opened
    axis = find_stacks_axis(left, meaning.stacks_axis if said else asked)
    if axis is None:
        if said:
            raise ValueError(
                f"stacks={meaning.stacks_axis} needs one axis more than a stack has, and these are "
                f"{len(left.shape)}: {left.shape}"
            )
        return [meaning]
    return [
        meaning._replace(
            indices=with_index(meaning.indices, axes.shape, axis, number), stacks_axis=None, label=name
        )
        for number, name in enumerate(stack_names(left, axis))
    ]


def _by_names(axes: StoredAxes) -> int | None:
    kept = [axis for axis, length in enumerate(axes.shape) if length != 1]
    if len(kept) != 4 or len(axes.shape) > 5 or len(axes.names) != len(axes.shape):
        return None
    counting = [axis for axis in kept if _counts_stacks(axes.names[axis])]
    if len(counting) != 1 or axes.shape[counting[0]] > MAX_STACKS_BY_NAME:
        return None
    others = [axes.names[axis] for axis in kept if axis != counting[0]]
    return counting[0] if axis_of_names(others) is not None else None


def _counts_stacks(name: str | None) -> bool:
    """Return whether an axis of this name counts stacks: ``"element"``, ``"channel_names"``."""
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name or "").lower())
    return any(word in STACKS for word in words)


def _as_name(label: Any) -> str:
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    if not isinstance(label, str):
        return ""
    return printable(label.strip().replace("/", "_"), MAX_LABEL)
