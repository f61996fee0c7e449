# SPDX-License-Identifier: MIT
"""An open stack in an HDF5 file: checked first, read in blocks aligned to chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, printable_location
from ..axes import choose_axis, images_first
from ..base import Block, BufferPool, PendingBlock, ReadTask, StackSource, Storage
from ..choices import Choices
from ..pixel_checks import (
    FillValues,
    NoImages,
    as_pixels,
    check_sizes,
    check_stack_shape,
    filled_pixels,
    pixel_dtype,
)
from ..regular_file import FileState, changed_files, check_not_cut
from ..selection import AxisRange, Indices, apply_slice, flips, format_slice, without_spare
from .axis_names import axis_names, likely_axis
from .declared import Declared, read_declared
from .image_key import ImageKey, read_key, select_projections
from .locate import Files
from .metadata import Neighbours
from .readers import Request, VirtualReader, how_read, open_reader
from .storage_checks import check_storage
from .stored_as import stored_as

if TYPE_CHECKING:
    import h5py

    from ...options import Limits

KEEP_BYTES: Final = 64 << 20
"""Largest size of images kept that were decoded along with others, in bytes: the next block holds them."""


class Hdf5Source(StackSource):
    """An open dataset, or the three axes that a slice leaves of it."""

    bytes_per_image: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    images_per_chunk: int
    other_locking: bool

    concurrent = True

    def __init__(
        self,
        dataset: h5py.Dataset,
        limits: Limits,
        indices: Indices | None,
        location: str,
        files: Files,
        choices: Choices,
        found_in: h5py.Group | None = None,
    ) -> None:
        import h5py

        self._files = files
        self.location = location
        if not isinstance(dataset, h5py.Dataset):
            raise TypeError("this is a group, not a dataset: give the path of one dataset in it")
        if dataset.shape is None:
            raise ValueError("the dataset is empty: it has no shape")
        self.dtype: np.dtype[Any] = pixel_dtype(_dtype(dataset))
        self.stored_dtype: Any = dataset.dtype
        self.own_shape: tuple[int, ...] = dataset.shape
        self._axes = without_spare(apply_slice(indices, dataset.shape))
        kept = [index for index, axis in enumerate(self._axes) if not axis.drop]
        if choices.of_series and len(kept) == 3 and self._axes[kept[0]].count == 0:
            raise NoImages
        neighbours = Neighbours(files, dataset, found_in)
        said: list[str] = []
        names = axis_names(dataset, neighbours, said)
        self.axis_names: list[str | None] = [names[index] for index in kept]
        """Of the three axes that are stored, None for those without."""
        with naming(f"slice={format_slice(indices)} of the shape {dataset.shape}" if indices else ""):
            stored_shape = check_stack_shape(
                tuple(self._axes[index].count for index in kept), self.axis_names
            )
        self.warnings += tuple(said if choices.image_axis is None or choices.of_series else ())
        self.likely_axis: int | None = likely_axis(dataset, kept)
        """The axis that something else than names says to count the images."""
        choice = choose_axis(stored_shape, self.axis_names, choices.image_axis, self.likely_axis)
        self.tell(choice)
        self.shape: tuple[int, int, int] = check_stack_shape(images_first(stored_shape, choice.axis))
        n, height, width = self.shape
        self.stored: list[FileState] = check_storage(dataset, limits)
        stored = sum(state.size for state in self.stored)
        check_sizes(self.shape, dataset.dtype.itemsize, stored, limits)
        self.counting_axis: int = kept[choice.axis]
        step = self._axes[self.counting_axis].step
        self._chunks: tuple[int, ...] | None = dataset.chunks
        self.images_per_chunk = 1
        if self._chunks is not None:
            self.images_per_chunk = max(1, min(n, self._chunks[self.counting_axis] // step))
        elif choice.axis == 2:
            self.images_per_chunk = n  # every run of bytes holds pixels of all images
        self.bytes_per_image = height * width * self.dtype.itemsize
        self._reader = open_reader(dataset, self._axes, self.counting_axis, self.stored[0])
        self.working_bytes: int = self._reader.working_bytes
        self.exclusive: bool = not self._reader.concurrent
        self.other_locking = False
        """Whether a source of a virtual dataset is open with other locking than its own file."""
        if isinstance(self._reader, VirtualReader):
            self.other_locking = self._reader.other_locking
            if self._reader.images_per_chunk > 1:
                self.images_per_chunk = max(1, min(n, self._reader.images_per_chunk // step))
        self._neighbours = neighbours if choices.projections else None
        self._declared = Declared(FillValues())
        if choices.declared_invalid:
            of_dataset = (self.dtype, self._axes, self.counting_axis, limits)
            self._declared = read_declared(dataset, neighbours, *of_dataset)
        self.bytes_per_image += height * width * self._declared.bytes_per_pixel
        self.has_masks: bool = self._declared.bytes_per_pixel > 0 or self._declared.valid is not None
        """Whether blocks have masks."""
        self.declarations_met: dict[str, None] = {}
        """What declares pixels invalid that were read."""
        self.valid: NDArray[np.bool_] | None = self._declared.valid
        self.notes += self._declared.notes
        self.warnings += self._declared.warnings
        self._identity = (self.stored[0].path, self.stored[0].identity, dataset.name)
        self._own_writer = dataset.file.mode != "r"
        self._dataset: h5py.Dataset | None = dataset
        self._kept: tuple[int, int, Block] | None = None

    def projections(self) -> StackSource:
        """Return what an image_key leaves of this stack: itself, where there is none."""
        axis, length = self._axes[self.counting_axis], self.own_shape[self.counting_axis]
        return select_projections(self.image_key(), axis, length).of(self)

    def image_key(self) -> ImageKey | None:
        """Read what says which images are projections; None where it is not wanted, or not there."""
        return None if self._neighbours is None else read_key(self._neighbours)

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read a block, chunk by chunk."""
        tasks, (block,) = self.start_reading_together([self], start, stop, buffers)
        return PendingBlock(tasks, block, block.release)

    def start_reading_together(
        self, sources: Sequence[Hdf5Source], start: int, stop: int, buffers: BufferPool | None = None
    ) -> tuple[list[ReadTask], list[Finish]]:
        """Prepare to read the same range of stacks that share chunks of this one's dataset.

        Returns
        -------
        list of ReadTask
            Each chunk once, whoever needs it.
        list of Finish
            Give the block of each source when all tasks have run.
        """
        buffers = buffers or BufferPool()
        requests, blocks = [], []
        for source in sources:
            axes = list(source._axes)
            axis = source.counting_axis
            axes[axis] = axes[axis].part(start, stop)
            counts = tuple(each.count for each in axes)
            out = buffers.take(images_first(counts, axis), source.stored_dtype)
            requests.append(Request(tuple(axes), np.moveaxis(out, 0, axis)))
            blocks.append(Finish(source, out, buffers, axes, start, stop))
        with naming(f"{printable_location(self.location)}, images {start} to {stop - 1}"):
            tasks = self._reader.tasks(requests)
        named = [task.running(_Named(task.run, sources[task.owner], start, stop)) for task in tasks]
        return named, blocks

    def shares_reads_with(self, other: StackSource) -> bool:
        """Return whether both stacks have chunks in common: each is then decoded once for both."""
        if not isinstance(other, Hdf5Source) or self._chunks is None:
            return False
        if self._identity != other._identity or self.counting_axis != other.counting_axis:
            return False
        return all(
            own.start // length <= (their.stop - 1) // length
            and their.start // length <= (own.stop - 1) // length
            for own, their, length in zip(self._axes, other._axes, self._chunks, strict=True)
        )

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop.

        Raises
        ------
        OSError
            When a chunk is damaged, or the file was changed meanwhile; names the images.
        """
        if self._kept is None or not self._kept[0] <= start < stop <= self._kept[1]:
            self._kept = None  # before reading: the memory of two blocks is not needed at once
            first, last = self._aligned(start, stop)
            block = self.start_reading(first, last).read_here()
            if (first, last) == (start, stop):
                return block
            self._kept = (first, last, block)
        first, _, block = self._kept
        return block.part(start - first, stop - first)

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Which declared values were met, and whether the file was written to meanwhile."""
        filled = filled_pixels(self.declarations_met)
        changed = changed_files(self.stored)
        if not changed or self._own_writer:
            return filled
        text = (
            f"{printable_location(changed[0])} was changed while it was read: the {self.shape[0]} images that it "
            "held at the start were ranked, as they were found."
        )
        return (*filled, text)

    @property
    def files(self) -> Sequence[FileState]:
        """The file, and those that a virtual dataset or external storage refers to."""
        return list({state.path: state for state in self.stored}.values())

    def how_read(self) -> str:
        """Return which reader fits the dataset, and why."""
        return "closed" if self._dataset is None else how_read(self._reader, self._dataset)

    def storage(self) -> Storage:
        """Return how the dataset is stored."""
        if self._dataset is None:
            return Storage()
        kept = [index for index, axis in enumerate(self._axes) if not axis.drop]
        whole = tuple(axis.count for axis in self._axes) == self.own_shape
        return stored_as(self._dataset, kept, whole).in_order(kept.index(self.counting_axis))

    def close(self) -> None:
        """Close the files this source opened; safe to call twice."""
        self._kept = self._dataset = None
        self._reader.close()
        self._files.close()

    def _aligned(self, start: int, stop: int) -> tuple[int, int]:
        """Widen a range to whole chunks, where that is cheap: their images are decoded anyway."""
        per_chunk = self.images_per_chunk
        first = start // per_chunk * per_chunk
        last = min(-(-stop // per_chunk) * per_chunk, self.shape[0])
        wide = (last - first) * self.bytes_per_image
        return (first, last) if per_chunk > 1 and wide <= KEEP_BYTES else (start, stop)

    def finish(self, pixels: NDArray[Any], axes: list[AxisRange], count: int) -> Block:
        """Return the block that tasks have filled, in the order and shape that were asked for."""
        check_not_cut(self.stored)
        order = [axes[self.counting_axis], *axes[: self.counting_axis], *axes[self.counting_axis + 1 :]]
        found = as_pixels(pixels[flips(order)].reshape((count, *self.shape[1:])))
        mask = None if self.valid is None else np.broadcast_to(self.valid, found.shape)
        for name, hit in self._declared.find(found, axes, self.counting_axis).items():
            self.declarations_met[name] = None
            mask = ~hit if mask is None else mask & ~hit
        return Block(found, mask, declared=mask is not None)


class _Named:
    """Runs a task; errors name the file, the dataset and the images."""

    __slots__ = ("_run", "_source", "_start", "_stop")

    def __init__(self, run: Callable[[], None], source: Hdf5Source, start: int, stop: int) -> None:
        self._run = run
        self._source = source
        self._start = start
        self._stop = stop

    def __call__(self) -> None:
        with naming(f"{printable_location(self._source.location)}, images {self._start} to {self._stop - 1}"):
            self._run()


class Finish:
    """Gives a block when all its tasks have run, and takes its memory back."""

    def __init__(
        self,
        source: Hdf5Source,
        out: NDArray[Any],
        buffers: BufferPool,
        axes: list[AxisRange],
        start: int,
        stop: int,
    ) -> None:
        self._source = source
        self._out = out
        self._buffers = buffers
        self._axes = axes
        self._start = start
        self._stop = stop

    def __call__(self) -> Block:
        with naming(f"{printable_location(self._source.location)}, images {self._start} to {self._stop - 1}"):
            return self._source.finish(self._out, self._axes, self._stop - self._start)

    def release(self) -> None:
        """Let the memory be used again."""
        self._buffers.give_back(self._out)


def _dtype(dataset: h5py.Dataset) -> np.dtype[Any]:
    try:
        return dataset.dtype  # type: ignore[no-any-return]
    except TypeError as error:  # bit fields and the like, which numpy has not
        raise TypeError(f"the pixels are of an HDF5 type that numpy has not: {error}") from error
