# SPDX-License-Identifier: MIT
"""Stacks in files that a library reads, some images at a time, and what it gives checked."""

from __future__ import annotations

import contextlib
import errno
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, naming, printable_location, shorten
from ..axes import choose_axis, images_first
from ..base import Block, BufferPool, PendingBlock, ReadTask, StackSource, StackSpec, Storage
from ..choices import AS_FOUND, Choices
from ..pixel_checks import (
    FillValues,
    as_pixels,
    check_sizes,
    check_stack_shape,
    filled_pixels,
    pixel_dtype,
)
from ..rearranged import MovedAxisSource
from ..regular_file import FileState, changed_files, check_not_cut
from ..selection import AxisRange, Indices, apply_slice, flips, format_slice, without_spare
from .base import INDEX, LOCKS, LibraryFile, LibraryFormat, errors_of_library, format_named

if TYPE_CHECKING:
    from ...options import Limits

_Part = tuple[int, int, int] | None
"""Part of the images: an axis of the file, and where it starts and stops; None for all of them."""

TASK_BYTES: Final = 4 << 20
"""Target size of a read task, in bytes, unless one image or one row of chunks has more."""


@dataclass(frozen=True)
class LibrarySpec(StackSpec):
    """A stack in a file that a library reads.

    Parameters
    ----------
    format_name : str
        Name of the format: the library is looked up by it.
    file_path : str
        Absolute, so that it means the same in another process.
    limits : Limits
    indices : tuple of int, slice and ..., optional
        What to take of the file; what is left must have 3 axes.
    location : str
        How messages call it.
    choices : Choices
        The axis that counts the images.
    data_path : str
        Path in the file, empty where it has none.
    """

    __module__ = "ndreg_preeval.stacks"

    format_name: str
    file_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = field(default="", compare=False)
    choices: Choices = AS_FOUND
    data_path: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", Choices(*self.choices))
        if not self.location:
            path = f"{self.file_path}::{self.data_path}" if self.data_path else self.file_path
            cut = "" if self.indices is None else f"?slice={format_slice(self.indices)}"
            object.__setattr__(self, "location", path + cut)

    def __reduce__(self) -> tuple[Any, ...]:
        of_file = (self.format_name, self.file_path, self.limits, self.indices, self.location)
        return (LibrarySpec, (*of_file, tuple(self.choices), self.data_path))

    def reading_by(self, choices: Choices) -> LibrarySpec:
        """Return the same with the choices of the caller; an axis of the URI stays."""
        return replace(self, choices=choices.of_uri(self.choices.image_axis))

    def open(self) -> StackSource:
        """Open the file; no more is read than the library reads for that.

        Raises
        ------
        OSError
            When it cannot be read, or the library makes nothing of it.
        ImportError
            When the library is missing; names the extra.
        TypeError, ValueError
            When what it holds is no stack of grey images, or beyond the limits.
        """
        with naming(printable_location(self.location)):
            of = format_named(self.format_name)
            states, file = open_library_file(of, self.file_path, self.data_path, self.limits)
            try:
                source = LibrarySource(of, file, self, states)
            except BaseException:
                file.close()
                raise
        moved = source.image_axis if file.chunks is None else 0
        return MovedAxisSource(source, moved) if moved else source


class LibrarySource(StackSource):
    """An open file, read in any thread, one at a time where its library bears no more.

    Without chunks it is read along its first axis, whichever axis counts the images (`image_axis`).
    """

    shape: tuple[int, int, int]
    bytes_per_image: int

    concurrent = True

    def __init__(
        self, of: type[LibraryFormat], file: LibraryFile, spec: LibrarySpec, states: tuple[FileState, ...]
    ) -> None:
        self.location: str = spec.location
        self._of = of
        self._file = file
        self._path = spec.file_path
        self._states = states
        self.dtype: np.dtype[Any] = pixel_dtype(file.dtype)
        self.exclusive: bool = not file.concurrent
        # Formats of named axes, as OME-Zarr, have them all, of whatever length.
        most = 2 if file.axis_names is not None and any(file.axis_names) else 1
        axes = without_spare(apply_slice(spec.indices, file.shape), most=most)
        kept = [index for index, axis in enumerate(axes) if not axis.drop]
        cut = f"slice={format_slice(spec.indices)} of the shape {file.shape}" if spec.indices else ""
        names = None
        if file.axis_names is not None and len(file.axis_names) == len(file.shape):
            names = [file.axis_names[index] for index in kept]
        with naming(cut):
            stored_shape = check_stack_shape(tuple(axes[index].count for index in kept), names)
        self.warnings: tuple[str, ...] = file.warnings
        self.notes: tuple[str, ...] = file.notes
        choice = choose_axis(stored_shape, names, spec.choices.image_axis)
        self.tell(choice)
        axis = 0 if file.chunks is None else choice.axis
        n, height, width = self.shape = check_stack_shape(images_first(stored_shape, axis))
        stored = sum(state.size for state in states) if file.stored is None else file.stored
        check_sizes(images_first(stored_shape, choice.axis), self.dtype.itemsize, stored, spec.limits)  # type: ignore[arg-type]
        if (
            not file.crops and file.chunks is None and len(file.shape) > 2
        ):  # whole images are read, whatever is cut out of them
            check_sizes((1, *file.shape[-2:]), self.dtype.itemsize, stored, spec.limits)  # type: ignore[arg-type]
        self._axes = axes
        self._kept = kept
        self._counting = kept[axis]
        self.bytes_per_image = height * width * self.dtype.itemsize
        self._fill_values = file.fill_values if spec.choices.declared_invalid else FillValues()
        self._declarations_met: dict[str, None] = {}
        if self._fill_values:
            self.bytes_per_image += height * width  # its mask
        if file.chunks is not None:
            self.images_per_chunk: int = max(1, min(n, file.chunks[kept[axis]] // axes[kept[axis]].step))

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop.

        Raises
        ------
        OSError
            When the library fails, or gives something else than it declared; names the image.
        """
        return self.start_reading(start, stop).read_here()

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read images start <= i < stop, a few MiB at a time."""
        buffers = buffers or BufferPool()
        out: NDArray[Any] = buffers.take((stop - start, *self.shape[1:]), self.dtype)
        row = self.images_per_chunk
        length = row * max(1, TASK_BYTES // (row * self.bytes_per_image))
        borders = [start, *range((start // length + 1) * length, stop, length), stop]
        tasks = [
            ReadTask(partial(self._fill, out[first - start : last - start], first, last, part), first)
            for first, last in itertools.pairwise(borders)
            for part in self._parts(last - first)
        ]
        return PendingBlock(tasks, lambda: self._block(out), lambda: buffers.give_back(out))

    def _block(self, out: NDArray[Any]) -> Block:
        """Pixels that were read, and which of them the file declares to be none."""
        found = self._fill_values.find(out)
        self._declarations_met.update(dict.fromkeys(found))
        mask = ~np.logical_or.reduce(list(found.values())) if found else None
        return Block(out, mask, declared=mask is not None)

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Whether a file was written to meanwhile, and which declared values were met."""
        told = filled_pixels(self._declarations_met)
        if changed_files(self._states):
            told += (f"{printable_location(self.location)} was changed while it was read.",)
        return told

    @property
    def files(self) -> Sequence[FileState]:
        """The file, or what describes a folder."""
        return self._states

    def how_read(self) -> str:
        """Return which library reads the file."""
        return f"{self._of.name} files, read by {' and '.join(self._of.modules) or 'numpy'}"

    def storage(self) -> Storage:
        """Return how the array is stored."""
        found = storage_of(self._file, self._axes, self._states)
        if found.chunks is not None:
            found = found._replace(chunks=tuple(found.chunks[index] for index in self._kept))
        return found.in_order(self._kept.index(self._counting))

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with errors_of_library(self._of, self._path):
            self._file.close()

    def _parts(self, images: int) -> list[_Part]:
        """Cut images that share chunks into parts of a few MiB, along another axis: at borders of chunks."""
        if self._file.chunks is None or images * self.bytes_per_image <= TASK_BYTES:
            return [None]
        chunks, axes = self._file.chunks, self._axes
        others = [index for index in self._kept if index != self._counting]
        across = max(others, key=lambda index: len(_borders(axes[index], chunks[index])))
        count = axes[across].count
        least = max(1, TASK_BYTES * count // (images * self.bytes_per_image))
        kept = [0]
        for border in _borders(axes[across], chunks[across]):
            if border - kept[-1] >= least:
                kept.append(border)
        return [(across, *part) for part in itertools.pairwise([*kept, count])]

    def _fill(self, out: NDArray[Any], start: int, stop: int, part: _Part) -> None:
        try:
            self._read_into(out, start, stop, part)
        except (OSError, ValueError):
            if stop == start + 1 or self._file.chunks is not None:
                raise
            for index in range(start, stop):  # one of them may have the fault
                self._read_into(out[index - start : index - start + 1], index, index + 1, part)
            raise  # whatever a second try gives

    def _read_into(self, out: NDArray[Any], start: int, stop: int, part: _Part) -> None:
        which = f"image {start}" if stop == start + 1 else f"images {start} to {stop - 1}"
        with naming(f"{printable_location(self.location)}, {which}"):
            axes = list(self._axes)
            axes[self._counting] = axes[self._counting].part(start, stop)
            if part is not None:
                across, first, last = part
                axes[across] = axes[across].part(first, last)
                where = [index for index in self._kept if index != self._counting].index(across)
                out = out[:, first:last] if where == 0 else out[:, :, first:last]
            place = out if self._counting == self._kept[0] and out.flags.c_contiguous else None
            pixels = read_part(self._of, self._file, axes, self._path, place)
            if pixels is not place:
                check_not_cut(self._states)
                out[...] = np.moveaxis(pixels, self._kept.index(self._counting), 0)


def open_library_file(
    of: type[LibraryFormat], path: str, data_path: str, limits: Limits
) -> tuple[tuple[FileState, ...], LibraryFile]:
    """Open a file by its library, after it was looked at; raises as `LibrarySpec.open`."""
    states = of.states(path)
    of.load()
    with errors_of_library(of, path), contextlib.nullcontext() if of.safe_to_open else lock_of(of):
        file = of.open_file(path, data_path, limits)
    return states, file


def lock_of(of: type[LibraryFormat]) -> contextlib.AbstractContextManager[Any]:
    """Return what lets one thread at a time use the library of a format."""
    return LOCKS[of.name]


def storage_of(file: LibraryFile, axes: Sequence[AxisRange], states: Sequence[FileState]) -> Storage:
    """Return how a file is stored: with its size, where all of it is taken and it has nothing else."""
    found = file.storage()
    if tuple(axis.count for axis in axes) != tuple(file.shape):
        return found.of_a_part()
    return found if found.stored is not None else found._replace(stored=sum(state.size for state in states))


def read_part(
    of: type[LibraryFormat],
    file: LibraryFile,
    axes: Sequence[AxisRange],
    path: str,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return what axes take of a file, those that drop left out, in the type that its pixels are read as.

    It is `out`, where that is given and the file can be read right there.

    Raises
    ------
    OSError
        When the library fails, or gives another shape or type than the file declares.
    """
    index: INDEX = tuple(
        axis.start if axis.drop else slice(axis.start, axis.stop, axis.step) for axis in axes
    )
    one_at_a_time = contextlib.nullcontext() if file.concurrent else lock_of(of)
    forward = not any(axis.reverse for axis in axes)
    with errors_of_library(of, path), one_at_a_time:
        if out is not None and forward and out.dtype == file.dtype and file.read_into(index, out):
            return out
        found = np.asarray(file.read(index))
    kept = [axis for axis in axes if not axis.drop]
    shape = tuple(axis.count for axis in kept)
    if found.shape != shape or found.dtype.newbyteorder("=") != file.dtype.newbyteorder("="):
        raise OSError(
            errno.EIO,
            f"it is damaged: {found.dtype} of the shape {shorten(found.shape)} was read, "
            f"not {file.dtype} of the shape {shape}",
            clip(path),
        )
    return as_pixels(found[flips(kept)])


def _borders(axis: AxisRange, chunk: int) -> list[int]:
    """Borders of chunks within an axis, counted as its results are."""
    edges = range(chunk * (axis.start // chunk + 1), axis.stop, chunk)
    found = {-(-(edge - axis.start) // axis.step) for edge in edges} - {0, axis.count}
    return sorted(axis.count - border for border in found) if axis.reverse else sorted(found)
