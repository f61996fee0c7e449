# SPDX-License-Identifier: MIT
"""Stacks in TIFF files: pages, strips and tiles are read and decoded by tasks in any thread."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119

from __future__ import annotations

import copy
import errno
import functools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, naming, printable_location
from ..axes import choose_axis
from ..base import Block, BufferPool, PendingBlock, ReadTask, StackSource, StackSpec, Storage
from ..choices import AS_FOUND, Choices
from ..pixel_checks import check_sizes, check_stack_shape
from ..rearranged import MovedAxisSource
from ..regular_file import FileState, changed_files, check_regular_file, open_without_waiting
from ..selection import AxisRange, Indices, apply_slice, flips, format_slice
from ..uris import UriMeaning
from .contents import ways_out
from .layout import Image, Layout, read_layout

if TYPE_CHECKING:
    from ...options import Limits

RUN_BYTES: Final = 4 << 20
"""Target size of the plain pixels that one task reads, in bytes."""

DECODED_BYTES: Final = 1 << 20
"""Target size of the pixels that one task decodes, in bytes, unless one segment has more."""


@dataclass(frozen=True)
class TiffSpec(StackSpec):
    """A stack in a TIFF file: the images of one of its series.

    Parameters
    ----------
    file_path : str
        Absolute, so that it means the same in another process.
    limits : Limits
    indices : tuple of int, slice and ..., optional
        What to take of the series; what is left must have 3 axes, the images whole or cropped.
    location : str
        How messages call it.
    choices : Choices
        The axis that counts the images.
    series : int, optional
        The series of the file; else the only one that is a stack.
    """

    __module__ = "ndreg_preeval.stacks"

    file_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = field(default="", compare=False)
    choices: Choices = AS_FOUND
    series: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", Choices(*self.choices))
        if not self.location:
            meaning = UriMeaning(self.file_path, "", self.indices, series=self.series)
            object.__setattr__(self, "location", str(meaning))

    def __reduce__(self) -> tuple[Any, ...]:
        of_file = (self.file_path, self.limits, self.indices, self.location)
        return (TiffSpec, (*of_file, tuple(self.choices), self.series))

    def reading_by(self, choices: Choices) -> TiffSpec:
        """Return the same with the choices of the caller; an axis of the URI stays."""
        return replace(self, choices=choices.of_uri(self.choices.image_axis))

    def open(self) -> StackSource:
        """Open the file and look at all its pages; no pixel is read.

        Raises
        ------
        OSError
            FileNotFoundError, PermissionError, ...: when the file cannot be read, is no TIFF file,
            is cut off or damaged, or when a decoder is missing.
        ModuleNotFoundError
            When tifffile is not installed.
        TypeError, ValueError
            When what it holds is no stack of grey images, or beyond the limits.
        """
        source = self._open()
        return MovedAxisSource(source, source.image_axis) if source.image_axis else source

    def open_image(self) -> StackSource:
        """Open a file of one image as a stack of that; raises as `open` does."""
        source = replace(self, choices=Choices(0))._open(one=True)
        if source.shape[0] == 1:
            return source
        source.close()
        raise ValueError(f"{printable_location(self.location)}: it must be one image, not {source.shape[0]}")

    def open_images(self) -> TiffSource:
        """Open a file of one image or several, whatever counts them; raises as `open` does, but names no image."""
        return self._open_file(one=True)

    def _open(self, *, one: bool = False) -> TiffSource:
        with naming(printable_location(self.location)):
            return self._open_file(one=one)

    def _open_file(self, *, one: bool) -> TiffSource:
        check_regular_file(self.file_path)
        file = open_regular(self.file_path)
        try:
            return TiffSource(file, self, one=one)
        except (OSError, ValueError, TypeError) as error:
            file.close()
            raise _as_error_of_file(error, self.file_path) from error
        except BaseException:
            file.close()
            raise


class TiffSource(StackSource):
    """An open TIFF file; it is read without moving a position that threads would share.

    It reads pages, along the first axis, whichever axis counts the images (`image_axis`).
    """

    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    concurrent = True

    def __init__(self, file: IO[bytes], spec: TiffSpec, *, one: bool = False) -> None:
        self._file = file
        self._named = True
        status = os.fstat(file.fileno())
        size = status.st_size
        self.state: FileState = FileState(
            spec.file_path, size, (status.st_dev, status.st_ino), status.st_mtime_ns
        )
        self.location: str = spec.location
        samples = spec.choices.image_axis is not None and not one
        name = os.path.basename(spec.file_path)
        layout = read_layout(file, name, size, number=spec.series, samples=samples, one=one)
        self._layout = layout
        self.dtype: np.dtype[Any] = layout.dtype
        axes = _apply(spec.indices, layout)
        kept = tuple(axis.count for axis in axes if not axis.drop)
        if one and len(kept) == 2:
            kept = (1, *kept)
        if spec.indices is None and len(kept) > 3:
            raise ValueError(
                f"a stack must have the shape (n, height, width), and the images of this file have the axes "
                f"{layout.axes} of lengths {kept}: {ways_out(layout.axes, layout.shape)}"
            )
        with naming(
            f"slice={format_slice(spec.indices)} of the shape {layout.shape}" if spec.indices else ""
        ):
            self.shape: tuple[int, int, int] = check_stack_shape(kept)
            if axes[-1].drop or axes[-2].drop:
                raise ValueError("an image keeps its height and width, which are the last two axes")
        names = [name for name, axis in zip(layout.axis_names, axes, strict=True) if not axis.drop]
        choice = choose_axis(self.shape, names, spec.choices.image_axis)
        self.warnings, self.notes = layout.warnings, layout.notes
        self.tell(choice)
        whole = (self.shape[0], layout.shape[-2], layout.shape[-1])
        check_sizes(whole, self.dtype.itemsize, size, spec.limits)
        _check_segment(layout, spec.limits)
        numbers = np.arange(len(layout.images)).reshape(layout.shape[:-2])
        self._images = [layout.images[i] for i in numbers[_forward(axes[:-2])][flips(axes[:-2])].ravel()]
        self._crop = tuple(axes[-2:])
        self.whole: tuple[int, ...] = layout.shape[-2:]
        self.bytes_per_image: int = math.prod(self.whole) * self.dtype.itemsize
        self.working_bytes: int = 0 if layout.decode is None else layout.largest

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop.

        Raises
        ------
        OSError
            When a page is damaged, or the file was cut meanwhile; names the image.
        """
        return self.start_reading(start, stop).read_here()

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read images start <= i < stop; errors of the tasks are those of `read`."""
        buffers = buffers or BufferPool()
        block: NDArray[Any] = buffers.take((stop - start, *self.whole), self.dtype)
        tasks = self._tasks(block, start)
        return PendingBlock(
            tasks, lambda: Block(self._cropped(block), None), lambda: buffers.give_back(block)
        )

    def on(self, file: IO[bytes]) -> TiffSource:
        """Return the same of the file opened again, which stays open; errors do not name images."""
        found = copy.copy(self)
        found._file = file
        found._named = False
        return found

    def read_into(self, out: NDArray[Any]) -> None:
        """Read the first image to its place; raises as `read` does."""
        direct = out.shape == self.whole and out.flags.c_contiguous
        block = out[np.newaxis] if direct else np.empty((1, *self.whole), self.dtype)
        for task in self._tasks(block, 0):
            task.run()
        if not direct or any(axis.reverse for axis in self._crop):
            out[...] = self._cropped(block)[0].copy()

    def _tasks(self, block: NDArray[Any], start: int) -> list[ReadTask]:
        return list(self._plain(block, start) if self._layout.decode is None else self._coded(block, start))

    def _cropped(self, block: NDArray[Any]) -> NDArray[Any]:
        """What is wanted of whole images, in the direction that is wanted."""
        return block[(slice(None), *_forward(self._crop))][(slice(None), *flips(self._crop))]

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Whether the file was written to meanwhile."""
        if not changed_files([self.state]):
            return ()
        return (
            f"{printable_location(self.location)} was changed while it was read: its pages were read where they were.",
        )

    @property
    def files(self) -> tuple[FileState, ...]:
        """The file."""
        return (self.state,)

    def how_read(self) -> str:
        """Return what reads pages."""
        return f"pages of TIFF found by tifffile, compression {self.storage().compression or 'unknown'}, read in any thread"

    def storage(self) -> Storage:
        """Return the strips or tiles, and how they are stored."""
        height, width = (min(pair) for pair in zip(self._layout.segment, self.whole, strict=True))
        stored = sum(int(image.counts.sum()) for image in self._images)
        found = Storage((1, height, width), "", self._layout.compression, stored)
        return found if self.whole == self.shape[1:] else found.of_a_part()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()

    def _plain(self, block: NDArray[Any], start: int) -> Iterator[ReadTask]:
        """Runs of bytes that are pixels, across images where these lie one after the other."""
        memory = block.view(np.uint8).reshape(-1).data
        first = end = position = length = 0
        runs: list[tuple[int, int, int]] = []
        for image in self._images[start : start + len(block)]:
            for offset, count in zip(image.offsets.tolist(), image.counts.tolist(), strict=True):
                if offset != end:
                    runs.append((first, position - length, length))
                    first, length = offset, 0
                position += count
                length += count
                end = offset + count
        runs.append((first, position - length, length))
        for offset, at, length in runs:
            for done in range(0, length, RUN_BYTES):
                part = memory[at + done : at + min(done + RUN_BYTES, length)]
                run = functools.partial(self._fill, part, offset + done, start, at + done)
                yield ReadTask(run, offset + done)

    def _fill(self, part: memoryview, offset: int, start: int, at: int) -> None:
        done = 0
        while done < len(part):
            index = start + (at + done) // self.bytes_per_image
            with naming(self._name(index)):
                got = os.preadv(self._file.fileno(), [part[done:]], offset + done)
                if got == 0:
                    raise OSError(f"the file ends at byte {offset + done}: it was cut while it was read")
            done += got

    def _coded(self, block: NDArray[Any], start: int) -> Iterator[ReadTask]:
        """Segments to be decoded, small ones several at a time."""
        height, width = self._layout.segment
        each = max(1, DECODED_BYTES // (height * width * self.dtype.itemsize))
        images = self._images[start : start + len(block)]
        jobs = [(at, which) for at, image in enumerate(images) for which in range(len(image.offsets))]
        for first in range(0, len(jobs), each):
            at, which = jobs[first]
            run = functools.partial(self._decode, block, start, jobs[first : first + each])
            yield ReadTask(run, int(images[at].offsets[which]))

    def _name(self, index: int) -> str:
        return f"{printable_location(self.location)}, image {index}" if self._named else ""

    def _decode(self, block: NDArray[Any], start: int, jobs: list[tuple[int, int]]) -> None:
        for at, which in jobs:
            image = self._images[start + at]
            with naming(self._name(start + at)):
                data = os.pread(self._file.fileno(), int(image.counts[which]), int(image.offsets[which]))
                if len(data) < image.counts[which]:
                    raise OSError(f"segment {which} was cut while the file was read")
                try:
                    _decode_segment(block[at], data, which, image, self._layout)
                except (MemoryError, OSError):
                    raise
                except Exception as error:
                    raise OSError(f"segment {which} is damaged: {clip(str(error), 500)}") from error


def _decode_segment(pixels: NDArray[Any], data: bytes, which: int, image: Image, layout: Layout) -> None:
    assert layout.decode is not None
    # A JPEG decoder takes grey for what is missing.
    if layout.jpeg and data.rstrip(b"\0")[-2:] != b"\xff\xd9":
        raise OSError(f"segment {which} is damaged: it has no end")
    values, (_, _, y, x, _), _ = layout.decode(data, which, jpegtables=image.tables, jpegheader=layout.header)
    rows, columns = (
        min(a, b) for a, b in zip(layout.segment, (pixels.shape[0] - y, pixels.shape[1] - x), strict=True)
    )
    if values.dtype != pixels.dtype or not (
        values.ndim == 4 and values.shape[1] >= rows and values.shape[2] >= columns and values.shape[3] == 1
    ):
        raise OSError(
            f"segment {which} is damaged: it holds {values.dtype} of the shape {values.shape}, "
            f"not {pixels.dtype} of {rows} x {columns}"
        )
    pixels[y : y + rows, x : x + columns] = values[0, :rows, :columns, 0]


def open_regular(path: str) -> IO[bytes]:
    """Open a file that was found to be a regular one."""
    return open(path, "rb", opener=open_without_waiting)


def _as_error_of_file(error: Exception, path: str) -> Exception:
    """Give an OSError that has none the name of the file, as those of the system have."""
    if type(error) is OSError and error.errno is None:
        return OSError(errno.EIO, str(error), clip(path))
    return error


def _check_segment(layout: Layout, limits: Limits) -> None:
    wanted = math.prod(layout.segment) * layout.dtype.itemsize
    if layout.decode is not None and limits.chunk_bytes is not None and wanted > limits.chunk_bytes:
        raise ValueError(
            f"one segment of {layout.segment[0]} x {layout.segment[1]} takes {wanted} bytes, more than the "
            f"limit of {limits.chunk_bytes}: raise Limits.chunk_bytes to allow it"
        )


def _apply(indices: Indices | None, layout: Layout) -> tuple[AxisRange, ...]:
    """Apply a slice of the axes of more than one element, or, where that gives no stack, of all axes of the file."""
    if indices is not None and layout.own_shape != layout.shape:
        for shape, kept in ((layout.shape, range(len(layout.shape))), (layout.own_shape, layout.kept)):
            try:
                found = apply_slice(indices, shape)
            except ValueError:
                continue
            axes = tuple(found[axis] for axis in kept)
            if sum(not axis.drop for axis in axes) == 3 and not (axes[-1].drop or axes[-2].drop):
                return axes
    return apply_slice(indices, layout.shape)


def _forward(axes: tuple[AxisRange, ...]) -> tuple[slice, ...]:
    return tuple(slice(axis.start, axis.stop, axis.step) for axis in axes)
