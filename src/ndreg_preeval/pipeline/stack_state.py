# SPDX-License-Identifier: MIT
"""Facts about a stack before and after its images were scored."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..options import Options, Precision
from ..stacks import Block, Choices, StackSource, StackSpec

Records = NDArray[np.void]


def joined_records(parts: Sequence[Records]) -> Records:
    """Return records of consecutive images as one array.

    By their bytes: numpy compares the types of such arrays field by field, 35 us for each of the parts,
    and a live scan has as many parts as images.
    """
    data = bytearray().join(part.data for part in parts)
    return np.frombuffer(data, core.PAIR_SCORE) if data else np.empty(0, core.PAIR_SCORE)


class FilesRead(NamedTuple):
    """Files that hold the pixels of a stack, as they were when they were opened."""

    number: int
    size: int
    """Bytes of all of them."""
    modified: int | None
    """When the latest was written to, in nanoseconds since 1970; None for files that are on no disk."""

    @classmethod
    def of(cls, source: StackSource) -> FilesRead | None:
        """Return what is known of the files of a stack; None where there are none."""
        states = source.files
        if not states:
            return None
        latest = max((state.modified for state in states if state.identity is not None), default=None)
        return cls(len(states), sum(state.size for state in states), latest)


class StackInfo(NamedTuple):
    """Facts about a stack that was opened; small and picklable."""

    shape: tuple[int, int, int]
    dtype: str
    location: str
    precision: Precision
    """The precision that was asked for."""
    reference_image: int
    images_per_chunk: int
    bytes_per_image: int
    warnings: tuple[str, ...]
    image_axis: int = 0
    """The axis that counts the images, of the three that are stored."""
    notes: tuple[str, ...] = ()
    """Warnings that need no Python warning."""
    masked: int = 0
    """Pixels of an image that the `mask` option and metadata of the file take out of every image."""
    declared: int = 0
    """Those of them that metadata of the file take out."""
    files: FilesRead | None = None

    @property
    def compared(self) -> int:
        """Number of images that are compared with another one."""
        return max(self.shape[0] - 1, 0)

    def with_warning(self, *texts: str) -> StackInfo:
        """Return the same with something more to be said about the stack."""
        return self._replace(warnings=(*self.warnings, *texts))

    def with_count(self, n: int) -> StackInfo:
        """Return the same with another number of images."""
        return self._replace(shape=(n, *self.shape[1:]))

    def without_place(self) -> StackInfo:
        """Return the same of images that come one by one, from nowhere in particular."""
        return self._replace(location="", images_per_chunk=1, files=None)

    @classmethod
    def of_failure(cls, location: str) -> StackInfo:
        """Return what is known of a stack that cannot be read: where it should be."""
        return cls((0, 0, 0), "", location, "double", 0, 1, 0, ())


class RangeScore(NamedTuple):
    """Numbers of the compared images of a range, in the order of the stack."""

    records: Records = np.empty(0, core.PAIR_SCORE)
    reference_record: Records | None = None
    """The reference image compared with itself, where the method asks for it."""
    reference_flags: int = 0
    """Core flags of the reference image, or of the first image read where each is compared with the last."""
    reference_invalid: int = 0
    """Invalid pixels of the same image."""
    kept: tuple[tuple[int, Block], ...] = ()
    """Images of a part of a stack that are looked at again when the whole is known, with their indices."""

    @classmethod
    def joined(cls, parts: list[RangeScore]) -> RangeScore:
        """Return the numbers of consecutive ranges of a stack as one."""
        records = joined_records([part.records for part in parts])
        kept = tuple(each for part in parts for each in part.kept)
        return parts[0]._replace(records=records, kept=kept)


def inspect_stack(source: StackSource, options: Options) -> StackInfo:
    """Check an open stack against the options.

    Raises
    ------
    ValueError
        When the mask does not fit or the stack lacks the reference image.
    """
    n, height, width = source.shape
    options.check_mask_shape((height, width))
    mask = options.mask if source.valid is None or options.mask is None else source.valid & options.mask
    mask = source.valid if mask is None else mask
    return StackInfo(
        shape=(n, height, width),
        dtype=_dtype_text(source.dtype),
        location=source.location,
        precision=options.precision,
        reference_image=options.reference_index(n),
        images_per_chunk=max(1, source.images_per_chunk),
        bytes_per_image=max(0, source.bytes_per_image),
        warnings=tuple(source.warnings),
        image_axis=source.image_axis,
        notes=tuple(source.notes),
        masked=_left_out(mask),
        declared=_left_out(source.valid),
        files=FilesRead.of(source),
    )


@functools.lru_cache(maxsize=32)
def _dtype_text(dtype: np.dtype[Any]) -> str:
    return str(dtype)  # which numpy makes anew each time, in Python


def _left_out(valid: NDArray[np.bool_] | None) -> int:
    return 0 if valid is None else int(valid.size - np.count_nonzero(valid))


def choices_of(options: Options) -> Choices:
    """Return what the options say of how stacks are read."""
    return Choices(
        image_axis=options.image_axis,
        declared_invalid=options.declared_invalid == "fill",
        projections=options.image_key == "projections",
        stacks_axis=options.stacks_axis,
    )


class Scored(NamedTuple):
    """All numbers of one stack."""

    info: StackInfo
    numbers: RangeScore


class Failed(NamedTuple):
    """Failure of a stack; the error names it."""

    error: Exception


class OpenStack(NamedTuple):
    """A stack that was opened and checked, or could not be."""

    name: Any
    spec: StackSpec
    info: StackInfo
    source: StackSource | None
    """Stacks in memory stay open, and files as long as there are few."""
    failed: Exception | None = None
    number: int = 0
    """Number of the stack among all stacks."""

    def with_warning(self, text: str) -> OpenStack:
        """Return the same with something to be said about the stack."""
        return self._replace(info=self.info.with_warning(text))

    def numbered(self, number: int) -> OpenStack:
        """Return the same with its number among all stacks."""
        return self._replace(number=number)

    @classmethod
    def of_failure(cls, name: Any, spec: StackSpec, error: Exception) -> OpenStack:
        """Return a stack that cannot be scored."""
        return cls(name, spec, StackInfo.of_failure(spec.location), None, error)


def goes_on_without(spec: StackSpec, error: Exception, options: Options) -> bool:
    """Return whether the other stacks are ranked although this one cannot be opened.

    One that nobody named by itself stops none of those that were found with it.
    """
    return options.goes_on_after(error) or (spec.found and not isinstance(error, MemoryError))


def open_as_known(spec: StackSpec, info: StackInfo) -> StackSource:
    """Open a stack again.

    Raises
    ------
    ValueError
        When its shape is no longer that; a file that is being written may have grown.
    """
    source = spec.open_again(info.shape, np.dtype(info.dtype))
    if source.shape[1:] != info.shape[1:] or source.shape[0] < info.shape[0]:
        source.close()
        raise ValueError(f"its shape changed from {info.shape} to {source.shape} while it was scored")
    return source
