# SPDX-License-Identifier: MIT
"""A stack of images that lie in many files, each of which is opened when it is read, and closed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, printable_location, shorten
from ..base import Block, BufferPool, KnownImage, PendingBlock, ReadTask, StackSource, Storage
from ..pixel_checks import check_sizes
from ..regular_file import FileState, changed_files, check_not_cut
from .examining import Examination
from .patterns import read_pattern
from .wildcards import STACK, has_wildcards

if TYPE_CHECKING:
    from .spec import ImageFilesSpec

TASK_BYTES: Final = 512 << 10
"""Target size of a read task, in bytes: small images are read several at a time."""

MAX_SAID: Final = 3
"""Largest number of images that are named where several have the same to be said."""


class ImageFilesSource(StackSource):
    """Images of many files, or in memory between such.

    Parameters
    ----------
    spec : ImageFilesSpec
    shape : tuple of 3 int
        (n, height, width).
    dtype : numpy.dtype
        Common dtype of the images.
    known : sequence of KnownImage or None
        What is known of each image; None for one that is examined when it is read.
    """

    notes: tuple[str, ...]

    def __init__(
        self,
        spec: ImageFilesSpec,
        shape: tuple[int, int, int],
        dtype: np.dtype[Any],
        known: Sequence[KnownImage | None],
    ) -> None:
        self._images = spec.images
        self._known = list(known)
        self.shape = shape
        self.dtype = dtype
        self.location: str = spec.location
        self.bytes_per_image: int = shape[1] * shape[2] * dtype.itemsize
        self.concurrent: bool = all(image.concurrent for image in spec.images)
        # An image that is examined when it is read may need what one that was stored with filters needs.
        self.working_bytes: int = max(
            (self.bytes_per_image if each is None else each.working_bytes for each in known), default=0
        )
        self.notes = spec.notes
        self.warnings: tuple[str, ...] = spec.warnings
        if spec.choices.image_axis not in (None, 0, -3):
            self.notes += (
                f"image_axis={spec.choices.image_axis} does not apply to it: images one by one count themselves.",
            )
        self._remembered: dict[Any, Any] = {}
        self._lock = threading.Lock()
        self._said: dict[str, None] = {}
        self._changed: dict[int, None] = {}

    @classmethod
    def of(cls, spec: ImageFilesSpec, examined: Examination) -> ImageFilesSource:
        """Return the source of images that were examined.

        Raises
        ------
        Exception
            The first error among what was found; ValueError when the images differ in shape, or are
            beyond the limits.
        """
        known: list[KnownImage] = []
        dtypes: dict[np.dtype[Any], None] = {}
        for index, each in enumerate(examined):
            with naming(_place(spec, index)):
                if isinstance(each, Exception):
                    raise _with_way_out(each, spec) if index else each
                if known and each.shape != known[0].shape:
                    raise ValueError(
                        f"all images must have the shape {known[0].shape} of the first "
                        f"({printable_location(spec.images[0].location)}), not {each.shape}"
                    )
            known.append(each)
            dtypes[each.dtype] = None
        # result_type alone would lose the byte order of a dtype that all share.
        common = np.result_type(*dtypes) if len(dtypes) > 1 else next(iter(dtypes))
        shape = (len(known), *known[0].shape)
        if any(each.states for each in known):
            held = sum(
                _bytes(each) for each, image in zip(known, spec.images, strict=True) if image.in_memory
            )
            files = {state.path: state.size for each in known for state in each.states}
            check_sizes(shape, common.itemsize, held + sum(files.values()), spec.limits)
        found = cls(spec, shape, common, known)
        found.notes += said_of_images([each.notes for each in known])
        found.warnings += said_of_images([each.warnings for each in known])
        return found

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop; errors name the first image at fault."""
        return self.start_reading(start, stop).read_here()

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read images start <= i < stop, a few by each task."""
        buffers = buffers or BufferPool()
        out: NDArray[Any] = buffers.take((stop - start, *self.shape[1:]), self.dtype)
        some = _Images(self, out, start)
        each = max(1, TASK_BYTES // max(1, self.bytes_per_image))
        tasks = [
            ReadTask(functools.partial(some.read, first, min(first + each, stop)), first)
            for first in range(start, stop, each)
        ]
        return PendingBlock(tasks, some.block, lambda: buffers.give_back(out))

    def read_image(
        self, index: int, row: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None, bool]:
        """Read an image to its row of a block.

        Returns
        -------
        pixels : (h, w) array
            The row, or a view of its memory in the dtype of this image.
        mask : (h, w) bool array or None
            True = valid.
        declared : bool
            Whether the mask is what metadata declare.
        """
        with naming(f"{printable_location(self._images[index].location)}, image {index}"):
            known = self._known[index]
            # Its places in the file may be others now.
            if known is not None and changed_files(known.states):
                self._note_change(index, known.states)
                known = None
            if known is None:
                (found,) = self._images[index].examine_with((), self._remembered)
                if isinstance(found, Exception):
                    raise found
                known = found
                self._check(known)
            pixels = row if known.dtype == row.dtype else _as_dtype(row, known.dtype)
            mask = known.read(pixels)
            check_not_cut(known.states)
            if changed_files(known.states):
                self._note_change(index, known.states)
            if known.said_while_reading:
                with self._lock:
                    self._said.update(dict.fromkeys(known.said_while_reading))
            return pixels, mask, known.declared

    def warnings_while_reading(self) -> tuple[str, ...]:
        """What was declared and met, and which files were written to meanwhile."""
        said = tuple(sorted(self._said))
        if not self._changed:
            return said
        some = sorted(self._changed)
        first = printable_location(self._images[some[0]].location)
        more = f" and {len(some) - 1} more" if len(some) > 1 else ""
        verb = (
            "were changed while the stack was read: their images are"
            if more
            else ("was changed while the stack was read: its image is")
        )
        return (*said, f"{first}{more} {verb} taken as found when read.")

    @property
    def files(self) -> Sequence[FileState]:
        """The files of the images that were examined before any was read."""
        known = [each for each in self._known if each is not None]
        return list({state.path: state for each in known for state in each.states}.values())

    def how_read(self) -> str:
        """Return that each image is a file of its own."""
        kinds = sorted({type(each).__name__ for each in self._known if each is not None})
        by = f" by {', '.join(kinds)}" if kinds else ""
        return f"{len(self._known)} images in files, each opened when it is read, and closed{by}"

    def storage(self) -> Storage:
        """Return how its images are stored; of the first one where that takes opening files again."""
        known = [each for each in self._known if each is not None]
        if len(known) < len(self._known):
            return Storage()
        some = known[:1] if known[0].opens_for_storage else known
        found = [each.storage() for each in some]
        chunks = {each.chunks for each in found}
        compressions = {each.compression for each in found}
        sizes = [each.stored for each in found if each.stored is not None]
        first = found[0].chunks
        return Storage(
            (1, *first) if first is not None and len(chunks) == 1 else None,
            found[0].layout if len(chunks) == 1 else "",
            found[0].compression if len(compressions) == 1 else "several",
            sum(sizes) if len(sizes) == len(known) else None,
        )

    def _check(self, known: KnownImage) -> None:
        if known.shape != self.shape[1:]:
            raise ValueError(
                f"its shape is {known.shape}, not {self.shape[1:]} as that of the others: the file was changed "
                "while the stack was read"
            )
        if known.dtype.itemsize > self.dtype.itemsize:
            raise ValueError(
                f"its pixels are {known.dtype}, and those of the stack were {self.dtype}: the file was changed "
                "while the stack was read"
            )

    def _note_change(self, index: int, states: Sequence[FileState]) -> None:
        with self._lock:
            if states:
                self._changed[index] = None


class _Images:
    """Images of a block, on their way into its memory."""

    def __init__(self, source: ImageFilesSource, out: NDArray[Any], start: int) -> None:
        self._source = source
        self._out = out
        self._start = start
        self._images: list[NDArray[Any]] = list(out)
        self._masks: dict[int, tuple[NDArray[np.bool_], bool]] = {}

    def read(self, first: int, last: int) -> None:
        """Read images first <= i < last."""
        for index in range(first, last):
            at = index - self._start
            pixels, mask, declared = self._source.read_image(index, self._out[at])
            self._images[at] = pixels
            if mask is not None:
                self._masks[at] = mask, declared

    def block(self) -> Block:
        """Return the block, when all are read."""
        alike = all(image.dtype == self._out.dtype for image in self._images)
        images = self._out if alike else self._images
        if not self._masks:
            return Block(images, None)
        valid = np.ones(self._out.shape, dtype=np.bool_)
        for at, (mask, _) in self._masks.items():
            valid[at] = mask
        return Block(images, valid, declared=any(declared for _, declared in self._masks.values()))


def said_of_images(said: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Say what there is to say of images: once where it is the same for several."""
    where: dict[str, list[int]] = {}
    for index, texts in enumerate(said):
        for text in texts:
            where.setdefault(text, []).append(index)
    found = []
    for text, numbers in where.items():
        if len(numbers) == len(said):
            found.append(f"Each image: {text}" if len(said) > 1 else text)
            continue
        named = ", ".join(map(str, numbers[:MAX_SAID])) + (", ..." if len(numbers) > MAX_SAID else "")
        found.append(f"Image{'s' * (len(numbers) > 1)} {named}: {text}")
    return tuple(found)


def _place(spec: ImageFilesSpec, index: int) -> str:
    return f"{printable_location(spec.images[index].location)}, image {index}"


def _as_dtype(row: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """View memory of an image as one of a dtype that takes no more."""
    return row.reshape(-1).view(np.uint8)[: row.size * dtype.itemsize].view(dtype).reshape(row.shape)


def _bytes(known: KnownImage) -> int:
    return known.shape[0] * known.shape[1] * known.dtype.itemsize


def _with_way_out(error: Exception, spec: ImageFilesSpec) -> Exception:
    """Return an error with what to write where some files of a pattern have a dataset, and others have not."""
    listed = spec.location.startswith(printable_location(spec.images[0].location))
    if listed or type(error) is not KeyError or not str(error.args[0]).startswith("there is no "):
        return error
    try:
        pattern = read_pattern(spec.location)
    except (ValueError, TypeError):
        return error
    if pattern is None or not pattern.path or has_wildcards(pattern.path):
        return error
    text = pattern.meaning(pattern.file, f"{pattern.path.rpartition('/')[0]}/{STACK}")
    return KeyError(
        f"{error.args[0]}; {shorten(str(text))} leaves out files without that name, with a warning"
    )
