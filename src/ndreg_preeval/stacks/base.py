# SPDX-License-Identifier: MIT
"""Stacks as the pipeline knows them, wherever their pixels are."""

from __future__ import annotations

import abc
import math
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .axes import AxisChoice, images_first
from .choices import Choices
from .regular_file import FileState


class Block(NamedTuple):
    """Some consecutive images of a stack."""

    images: NDArray[Any] | list[NDArray[Any]]
    """Array of shape (k, h, w), or k images of shape (h, w) that may differ in dtype and layout."""
    mask: NDArray[np.bool_] | None
    """True = valid pixel; (k, h, w) or None when all are."""
    declared: bool = False
    """Whether the mask is what metadata of the file declare: its pixels are filled, whatever else is refused."""

    def part(self, start: int, stop: int | None) -> Block:
        """Return some of the images; pixels are not copied."""
        some = slice(start, stop)
        return Block(self.images[some], None if self.mask is None else self.mask[some], self.declared)

    def image(self, index: int) -> Block:
        """Return one image, as a block of its own."""
        return self.part(index, index + 1 or None)

    def copy(self) -> Block:
        """Return a block that owns its memory."""
        mask = None if self.mask is None else self.mask.copy()
        return Block([np.array(image) for image in self.images], mask, self.declared)

    def after(self, other: Block | None) -> Block:
        """Return the images of another block, if any, and then these; pixels are not copied."""
        if other is None:
            return self
        mask = None
        if self.mask is not None or other.mask is not None:
            mask = np.concatenate([other.full_mask(), self.full_mask()])
        return Block([*other.images, *self.images], mask, self.declared or other.declared)

    def full_mask(self) -> NDArray[np.bool_]:
        """Return the mask, made where there is none."""
        if self.mask is not None:
            return self.mask
        return np.ones((len(self.images), *self.images[0].shape), dtype=np.bool_)


def joined(blocks: Sequence[Block]) -> Block:
    """Return blocks that follow each other as one; pixels are not copied."""
    whole = blocks[0]
    for block in blocks[1:]:
        whole = block.after(whole)
    return whole


class ReadTask(NamedTuple):
    """Part of reading a block that stands alone: a chunk, a page, a run of bytes."""

    run: Callable[[], None]
    """Reads and decodes it to its place in the block; raises OSError where it is damaged."""
    place: int = 0
    """Offset in its file, in bytes: tasks are run in this order."""
    owner: int = 0
    """Number of the first stack that needs it, of several that are read together."""

    def running(self, run: Callable[[], None]) -> ReadTask:
        """Return the same with another function to run."""
        return self._replace(run=run)


class PendingBlock(NamedTuple):
    """A block that is going to be read."""

    tasks: Sequence[ReadTask]
    """What has to be run, in any order."""
    block: Callable[[], Block]
    """Called once, when all tasks have run."""
    release: Callable[[], None] = lambda: None
    """Called once, when the block is no longer in use."""

    def read_here(self) -> Block:
        """Run all tasks in this thread, in the order of their places; return the block."""
        for task in sorted(self.tasks, key=lambda task: task.place):
            task.run()
        return self.block()


class Storage(NamedTuple):
    """How a stack, or an image, is stored, as far as its format tells without reading pixels."""

    chunks: tuple[int, ...] | None = None
    """Lengths of the parts that are read and decoded as one, along the axes of the stack or image."""
    layout: str = ""
    """A word for what has no chunks ("contiguous", "virtual"); empty where nobody knows."""
    compression: str = ""
    """Names of what compresses it ("shuffle+gzip"), "none", or empty where nobody knows."""
    stored: int | None = None
    """Bytes that hold its pixels, of a stack that is all that these hold."""

    def in_order(self, axis: int) -> Storage:
        """Return the same where an axis counts the images."""
        return self if self.chunks is None else self._replace(chunks=images_first(self.chunks, axis))

    def of_a_part(self) -> Storage:
        """Return the same of a stack that is a part of what is stored."""
        return self._replace(stored=None)


class StackSource(abc.ABC):
    """An open stack: n images of h x w pixels, read block by block.

    Used as a context manager; whatever was opened is closed on exit.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    """Common dtype of the images."""
    location: str = ""
    """Place that the pixels come from ("file.h5::/entry/Ca-K"), empty for memory."""
    images_per_chunk: int = 1
    """Blocks that start and stop at multiples of this decode no chunk twice."""
    bytes_per_image: int
    """Memory that one image of a block takes; 0 when reading makes no copy."""
    image_axis: int = 0
    """The axis that counts the images, of the three that are stored."""
    valid: NDArray[np.bool_] | None = None
    """(h, w), True = valid: pixels that metadata declare invalid in every image; blocks have it in their masks."""
    warnings: tuple[str, ...] = ()
    """Sentences about this stack that a person should know, found while opening it."""
    notes: tuple[str, ...] = ()
    """The same, where no warning is needed."""
    concurrent: bool = False
    """Whether tasks may run in any thread, several at a time; else the caller's thread runs them."""
    exclusive: bool = False
    """Whether tasks wait for each other: one thread is enough for them."""
    working_bytes: int = 0
    """Memory that running one task takes, besides its place in the block."""

    @abc.abstractmethod
    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop. Errors name the first image at fault where they can."""

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:  # noqa: ARG002
        """Prepare to read images start <= i < stop, by several tasks where the storage allows.

        Called in the caller's thread, also while tasks of other blocks run. Memory for the
        images comes from `buffers`, where sources need any.
        """
        found: list[Block] = []
        return PendingBlock([ReadTask(lambda: found.append(self.read(start, stop)))], lambda: found[0])

    def shares_reads_with(self, other: StackSource) -> bool:  # noqa: ARG002
        """Return whether this stack and another one are read together for less than one after the other.

        Those that are have a method ``start_reading_together(sources, start, stop, buffers)``.
        """
        return False

    def how_read(self) -> str:
        """Return how pixels are read, by which libraries and why, in words for the log."""
        return (
            "pixels in memory, taken as they are"
            if not self.bytes_per_image
            else "pixels in memory, copied block by block"
        )

    def warnings_while_reading(self) -> tuple[str, ...]:
        """What a person should know about this stack, found while reading it."""
        return ()

    @property
    def files(self) -> Sequence[FileState]:
        """The files that hold the pixels, as they were when they were opened; none for memory."""
        return ()

    def storage(self) -> Storage:
        """Return how it is stored, as far as that is known; no pixel is read."""
        return Storage()

    def tell(self, choice: AxisChoice) -> None:
        """Note which axis counts the images, and what a person should know of that."""
        self.image_axis = choice.axis
        if choice.note:
            self.notes = (*self.notes, choice.note)
        if choice.warning:
            self.warnings = (*self.warnings, choice.warning)

    def close(self) -> None:  # noqa: B027 - in-memory stacks have nothing to close
        """Close what was opened; safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class StackSpec(abc.ABC):
    """The spec for opening a stack; nothing is open yet. Specs of files pickle small."""

    location: str = ""
    """As in `StackSource`; known before opening."""
    in_memory: bool = False
    """True when the pixels travel with the spec (pickling it would copy them)."""
    found: bool = False
    """Whether it is one of several that were found in a file or group: nobody named it by itself."""

    @abc.abstractmethod
    def open(self) -> StackSource:
        """Open and check shape and dtype.

        Raises TypeError or ValueError for what is no stack, KeyError and OSError for files.
        """

    def open_again(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> StackSource:  # noqa: ARG002
        """Open a stack that was opened before, perhaps in another process: what is not read need not be checked.

        Parameters
        ----------
        shape : tuple of 3 int
            As it was then.
        dtype : numpy.dtype
            As it was then.
        """
        return self.open()

    def reading_by(self, choices: Choices) -> StackSpec:  # noqa: ARG002
        """Return the same with what the caller chose of how stacks are read, where there is a choice."""
        return self

    def held(self) -> Any:
        """Return the stack as a caller could give it: its URI, or the object that holds it."""
        return self.location

    def several(self, stacks_axis: int | None) -> list[tuple[str, StackSpec]]:  # noqa: ARG002
        """Return the specs of the stacks that an axis counts, by name, of an object that the caller holds.

        The list is empty where it is one stack. Raises ValueError for an axis that is none, or leaves no
        stack. What a URI stands for is told by its backend.
        """
        return []


class ImageSpec(abc.ABC):
    """One image of a stack that is made of files: nothing is open before, between and after the calls.

    Specs pickle small. Both calls may come from any thread where `concurrent` says so.
    """

    location: str
    """How messages call it ("im_007.tif", "scan_7.h5::/1.1/Ca")."""
    file_path: str
    """The file to open first, as an absolute path."""
    concurrent: bool = False
    """Whether several threads may call at a time, of this image and of others."""
    in_memory: bool = False
    """True when the pixels travel with the spec, and no file holds them."""

    def reading_by(self, choices: Choices) -> ImageSpec:  # noqa: ARG002
        """Return the same with what the caller chose of how stacks are read, where there is a choice."""
        return self

    def examine_with(
        self,
        others: Sequence[ImageSpec],
        remembered: dict[Any, Any],  # noqa: ARG002
    ) -> list[KnownImage | Exception]:
        """Examine this image and others in the same file; what goes wrong with one is given instead of it.

        Formats that have many images in a file open it once. What is the same in most files of a stack they may
        keep in `remembered`, which is the same object for all of them.
        """
        found: list[KnownImage | Exception] = []
        for spec in (self, *others):
            try:
                found.append(spec.examine())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this image's
                found.append(error)
        return found

    @abc.abstractmethod
    def examine(self) -> KnownImage:
        """Open the file, learn what the image is, and close it; no pixel is read.

        Raises
        ------
        OSError, KeyError
            When the file cannot be opened, or has no such image.
        TypeError, ValueError
            When what is there is not one image, or beyond the limits.
        ImportError
            When a library is missing; names the extra.
        """


class KnownImage(abc.ABC):
    """An image that was examined: what it is, and how its pixels are read. It keeps no file open."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    """Type of the pixels as they are read."""
    states: tuple[FileState, ...] = ()
    """The files that hold it, as they were."""
    notes: tuple[str, ...] = ()
    """Sentences about this image that a person should know, found while examining it."""
    warnings: tuple[str, ...] = ()
    """The same, of which a person should be warned."""
    declared: bool = True
    """Whether the mask that `read` returns is what metadata declare; else it is the caller's own."""
    working_bytes: int = 0
    """Memory that reading it takes, besides its place."""
    said_while_reading: tuple[str, ...] = ()
    """Sentences of which a person should be warned, found by `read`."""
    opens_for_storage: bool = False
    """Whether `storage` has to open the file again: it is then asked of one image of a stack."""

    @abc.abstractmethod
    def read(self, out: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Read the pixels, (h, w), to a place of this shape and dtype; opens and closes what it needs.

        The caller asks whether the files are as they were (`states`), before and after.
        Returns the mask, (h, w), True = valid, of pixels that metadata declare invalid; None where all are valid.
        Raises OSError where the file is damaged, cut off or another one than was examined.
        """

    def storage(self) -> Storage:
        """Return how it is stored, as far as that is known; no pixel is read."""
        return Storage()


class FailedSpec(StackSpec):
    """A stack that could not even be looked for; opening it raises what went wrong."""

    __module__ = "ndreg_preeval.stacks"

    def __init__(self, error: Exception, location: str = "") -> None:
        self.error = error
        self.location = location

    def open(self) -> StackSource:
        """Raise the error."""
        raise self.error


class BufferPool:
    """Lends arrays, and keeps those that come back for the next who asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[NDArray[np.uint8]] = []
        self._lent: dict[int, NDArray[np.uint8]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return an array of any content."""
        size = math.prod(shape) * dtype.itemsize
        with self._lock:
            fitting = [each for each in self._free if size <= len(each) <= 2 * size]
            if fitting:
                found = min(fitting, key=len)
                self._free = [each for each in self._free if each is not found]
            else:
                self._free.clear()  # of another size: they would only take memory
                found = np.empty(size, np.uint8)
            out: NDArray[Any] = found[:size].view(dtype).reshape(shape)
            self._lent[id(out)] = found
        return out

    def give_back(self, out: NDArray[Any]) -> None:
        """Take an array that is not used any more."""
        with self._lock:
            found = self._lent.pop(id(out), None)
            if found is not None:
                self._free.append(found)

    def clear(self) -> None:
        """Let go of everything; arrays that are lent live as long as they are used."""
        with self._lock:
            self._free.clear()
            self._lent.clear()
