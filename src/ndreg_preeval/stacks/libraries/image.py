# SPDX-License-Identifier: MIT
"""One image in a file that a library reads: of a stack that is made of files, or a mask."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..base import ImageSpec, KnownImage, Storage
from ..pixel_checks import check_image_shape, check_sizes, pixel_dtype
from ..regular_file import FileState
from ..selection import AxisRange, Indices, apply_slice, without_spare
from .base import LibraryFile, LibraryFormat, format_named
from .source import open_library_file, read_part, storage_of

if TYPE_CHECKING:
    from ...options import Limits


@dataclass(frozen=True)
class LibraryImageSpec(ImageSpec):
    """One image in a file; the parameters are those of `LibrarySpec`."""

    __module__ = "ndreg_preeval.stacks"

    format_name: str
    file_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = field(default="", compare=False)
    data_path: str = ""
    declared_invalid: bool = True
    """Whether pixels that the file declares invalid are left out."""

    concurrent = True

    def __reduce__(self) -> tuple[Any, ...]:
        of_file = (self.format_name, self.file_path, self.limits, self.indices, self.location, self.data_path)
        return (LibraryImageSpec, (*of_file, self.declared_invalid))

    def examine_with(
        self, others: Sequence[ImageSpec], remembered: dict[Any, Any]
    ) -> list[KnownImage | Exception]:
        """Examine this image and others in the same file, which is opened once where they are parts of one array."""
        alike = [each for each in others if isinstance(each, LibraryImageSpec) and each._file == self._file]
        if not others or len(alike) < len(others):
            return super().examine_with(others, remembered)
        of = format_named(self.format_name)
        try:
            states, file = open_library_file(of, self.file_path, self.data_path, self.limits)
        except Exception:  # noqa: BLE001 - each image has an error of its own, which names it
            return super().examine_with(others, remembered)
        try:
            return [_known(spec, file, states) for spec in (self, *alike)]
        finally:
            file.close()

    @property
    def _file(self) -> tuple[Any, ...]:
        return (self.format_name, self.file_path, self.data_path, self.limits)

    def examine(self) -> KnownLibraryImage:
        """Open the file, look at what it declares, and close it; raises as `LibrarySpec.open`."""
        of = format_named(self.format_name)
        states, file = open_library_file(of, self.file_path, self.data_path, self.limits)
        try:
            return KnownLibraryImage(self, file, states)
        finally:
            file.close()


class KnownLibraryImage(KnownImage):
    """An image that was examined; the file is opened again for its pixels."""

    def __init__(self, spec: LibraryImageSpec, file: LibraryFile, states: tuple[FileState, ...]) -> None:
        self._spec = spec
        self._axes = _axes_of(spec, file, states)
        self.shape: tuple[int, int] = check_image_shape(
            tuple(axis.count for axis in self._axes if not axis.drop)
        )
        self.dtype: np.dtype[Any] = pixel_dtype(file.dtype)
        self.states = states
        self.notes: tuple[str, ...] = file.notes
        self.warnings: tuple[str, ...] = file.warnings
        self._was = (file.shape, file.dtype)
        # Some ask for the size of every chunk, which is for those who want to know.
        self.opens_for_storage: bool = type(file).storage is not LibraryFile.storage
        self._stored = None if self.opens_for_storage else storage_of(file, self._axes, states)
        self._file = file if file.reopens else None

    def storage(self) -> Storage:
        """Return how the image is stored; a file that asks for the sizes of its chunks is opened for it."""
        found = self._stored
        if found is None:
            of, spec = format_named(self._spec.format_name), self._spec
            states, file = open_library_file(of, spec.file_path, spec.data_path, spec.limits)
            try:
                found = storage_of(file, self._axes, states)
            finally:
                file.close()
        if found.chunks is None:
            return found
        kept = (length for length, axis in zip(found.chunks, self._axes, strict=True) if not axis.drop)
        return found._replace(chunks=tuple(kept))

    def read(self, out: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Read the pixels to a place of this shape and dtype; raises OSError as `read_part`."""
        of = format_named(self._spec.format_name)
        path = self._spec.file_path
        file = None if self._file is None else self._file.again()
        if file is None:
            _, file = open_library_file(of, path, self._spec.data_path, self._spec.limits)
        try:
            if (file.shape, file.dtype) != self._was:
                raise OSError(
                    errno.EIO,
                    "the file was written to since it was looked at: it has another image",
                    clip(path),
                )
            place = out if out.flags.c_contiguous else None
            pixels = read_part(of, file, self._axes, path, place)
            if pixels is not place:
                out[...] = pixels
            found = file.fill_values.find(out) if self._spec.declared_invalid else None
            return ~np.logical_or.reduce(list(found.values())) if found else None
        finally:
            file.close()


def _known(
    spec: LibraryImageSpec, file: LibraryFile, states: tuple[FileState, ...]
) -> KnownImage | Exception:
    try:
        return KnownLibraryImage(spec, file, states)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this image's
        return error


def read_image(of: type[LibraryFormat], spec: LibraryImageSpec) -> NDArray[Any]:
    """Return the pixels of one image, (h, w); raises as `LibrarySpec.open`."""
    states, file = open_library_file(of, spec.file_path, spec.data_path, spec.limits)
    try:
        return np.array(read_part(of, file, _axes_of(spec, file, states), spec.file_path))
    finally:
        file.close()


def _axes_of(
    spec: LibraryImageSpec, file: LibraryFile, states: tuple[FileState, ...]
) -> tuple[AxisRange, ...]:
    """What is taken of a file: two axes, and its sizes are within the limits."""
    axes = apply_slice(spec.indices, file.shape)
    while sum(not axis.drop for axis in axes) > 2:
        fewer = without_spare(axes, sum(not axis.drop for axis in axes) - 1)
        if fewer == axes:
            break
        axes = fewer
    height, width = check_image_shape(tuple(axis.count for axis in axes if not axis.drop))
    stored = sum(state.size for state in states) if file.stored is None else file.stored
    check_sizes((1, height, width), pixel_dtype(file.dtype).itemsize, stored, spec.limits)
    return axes
