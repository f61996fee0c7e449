# SPDX-License-Identifier: MIT
"""Spec of a stack that is made of images of many files; stacks of the same files are examined together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import printable_location
from ..base import ImageSpec, StackSource, StackSpec
from ..choices import AS_FOUND, Choices
from ..pixel_checks import check_stack_shape
from .examining import Examination, examine
from .source import ImageFilesSource

if TYPE_CHECKING:
    from ...options import Limits


@dataclass(frozen=True, eq=False)
class ImageFilesSpec(StackSpec):
    """A stack of images, each of them in a file, or in memory between such.

    Parameters
    ----------
    images : tuple of ImageSpec
        In the order of the stack.
    limits : Limits
        Of the whole stack; specs of images have their own.
    location : str
        How messages call it.
    notes, warnings : tuple of str
        Sentences about the stack that a person should know already.
    choices : Choices
        What metadata may leave out; the images are counted by their number, whatever the axis.
    """

    __module__ = "ndreg_preeval.stacks"

    images: tuple[ImageSpec, ...]
    limits: Limits
    location: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    choices: Choices = AS_FOUND
    together: _Together | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", Choices(*self.choices))
        if not self.location and self.images:
            first, count = printable_location(self.images[0].location), len(self.images) - 1
            more = f" and {count} more image{'s' * (count > 1)}" if count else ""
            object.__setattr__(self, "location", first + more)

    def __reduce__(self) -> tuple[Any, ...]:
        # What was examined stays: it is of this process.
        said = (self.notes, self.warnings)
        return (ImageFilesSpec, (self.images, self.limits, self.location, *said, tuple(self.choices)))

    @property
    def in_memory(self) -> bool:  # type: ignore[override]
        """Whether pixels of some images travel with the spec."""
        return any(image.in_memory for image in self.images)

    def reading_by(self, choices: Choices) -> ImageFilesSpec:
        """Return the same with the choices of the caller."""
        images = tuple(image.reading_by(choices) for image in self.images)
        return replace(self, images=images, choices=choices, together=None)

    def open(self) -> StackSource:
        """Examine every image; no pixel is read, and no file stays open.

        Raises
        ------
        OSError, KeyError
            When a file cannot be opened, or has no such image; names the image.
        TypeError, ValueError
            When something is no image, when the images differ in shape, or beyond the limits.
        """
        check_stack_shape((len(self.images), 1, 1))
        examined = None if self.together is None else self.together.take(self)
        if examined is None:
            examined = examine(self.images)
        return ImageFilesSource.of(self, examined)

    def open_again(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> StackSource:
        """Return the stack without looking at any image: each is examined when it is read."""
        if len(self.images) != shape[0]:
            return self.open()
        return ImageFilesSource(self, shape, dtype, [None] * shape[0])


class _Together:
    """Stacks whose images lie in the same files: what is found in a file is found for all of them."""

    def __init__(self, specs: Sequence[ImageFilesSpec]) -> None:
        self._images = [spec.images for spec in specs]
        self._found: dict[int, Examination] = {}

    def take(self, spec: ImageFilesSpec) -> Examination | None:
        """Return what is known of the images of a stack, the first time that it is asked for."""
        if self._images:
            n = len(spec.images)
            by_file = [images[index] for index in range(n) for images in self._images]
            found = examine(by_file, all_of_them=True)
            several = len(self._images)
            self._found = {id(images): found[k::several] for k, images in enumerate(self._images)}
            self._images = []
        return self._found.pop(id(spec.images), None)


def examined_together(specs: Sequence[StackSpec]) -> list[StackSpec]:
    """Return specs of which those whose images lie in the same files are examined together, in one pass.

    Ten maps per file are found by opening each file once.
    """
    families: dict[tuple[str, ...], list[int]] = {}
    for index, spec in enumerate(specs):
        if isinstance(spec, ImageFilesSpec) and not spec.in_memory:
            families.setdefault(tuple(image.file_path for image in spec.images), []).append(index)
    found = list(specs)
    for members in families.values():
        some = [spec for index in members if isinstance(spec := specs[index], ImageFilesSpec)]
        if len(some) > 1:
            together = _Together(some)
            for index, spec in zip(members, some, strict=True):
                found[index] = replace(spec, together=together)
    return found
