# SPDX-License-Identifier: MIT
"""One image of an HDF5 file, of a stack that is made of many: looked at once, then read beside HDF5 where it can be."""

from __future__ import annotations

import copy
import errno
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....errors import clip
from ...base import ImageSpec, KnownImage, Storage
from ...choices import AS_FOUND, Choices
from ...pixel_checks import FillValues, check_image_shape, check_sizes, filled_pixels, pixel_dtype, spare_axis
from ...regular_file import FileState
from ...selection import AxisRange, Indices, apply_slice, flips, format_slice
from ...uris import UriMeaning
from ..declared import Declared, read_declared
from ..files import OTHER_LOCKING
from ..locate import Files, locate
from ..metadata import Neighbours, nothing_beside
from ..readers import Placed, RawFile, Reader, Request, VirtualReader, open_reader
from ..source_files import open_agreeing
from ..storage_checks import check_storage
from ..stored_as import stored_as
from .alike import Alike, OrdinaryFile
from .straight import locate_straight, straight_way

if TYPE_CHECKING:
    import h5py

    from ....options import Limits


@dataclass(frozen=True)
class Hdf5ImageSpec(ImageSpec):
    """A dataset of one image, or one image of a dataset.

    Parameters
    ----------
    file_path : str
        Absolute, so that it means the same in another process.
    data_path : str
        Path of the dataset from the root of the file.
    limits : Limits
    indices : tuple of int, slice and ..., optional
        What to take of the dataset; two axes must be left, but for axes of length 1.
    location : str
        How messages call it.
    choices : Choices
        What metadata may leave out.
    """

    __module__ = "ndreg_preeval.stacks"

    file_path: str
    data_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = ""
    choices: Choices = AS_FOUND
    concurrent = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", Choices(*self.choices))
        if not self.location:
            text = str(UriMeaning(self.file_path, self.data_path, self.indices))
            object.__setattr__(self, "location", text)

    def __reduce__(self) -> tuple[Any, ...]:
        of_file = (self.file_path, self.data_path, self.limits, self.indices, self.location)
        return (Hdf5ImageSpec, (*of_file, tuple(self.choices)))

    def reading_by(self, choices: Choices) -> Hdf5ImageSpec:
        """Return the same with the choices of the caller."""
        return self if choices == self.choices else replace(self, choices=choices)

    def examine(self) -> KnownImage:
        """Open the file and check the dataset; raises as `ImageSpec.examine`."""
        (found,) = self.examine_with((), {})
        if isinstance(found, Exception):
            raise found
        return found

    def examine_with(
        self, others: Sequence[ImageSpec], remembered: dict[Any, Any]
    ) -> list[KnownImage | Exception]:
        """Examine images of one file, which is opened once."""
        found: list[KnownImage | Exception] = []
        with Files() as files:
            ordinary: dict[str, OrdinaryFile | None] = {}
            for spec in (self, *others):
                assert isinstance(spec, Hdf5ImageSpec)
                try:
                    found.append(spec._examine_in(files, ordinary, remembered))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is this image's
                    found.append(error)
        return found

    def _examine_in(
        self, files: Files, ordinary: dict[str, OrdinaryFile | None], remembered: dict[Any, Any]
    ) -> KnownImage:
        file = files.open(self.file_path)
        names = straight_way(self.data_path)
        dataset = locate_straight(file, names)
        if self.file_path not in ordinary:
            ordinary[self.file_path] = OrdinaryFile.of(file)
        opened = ordinary[self.file_path]
        if dataset is None or opened is None:
            return self._examine_fully(files)
        asked = (self.limits, format_slice(self.indices or ()), self.choices)
        like: tuple[Alike, _KnownDataset] | None = remembered.get(asked)
        reader = None if like is None else like[0].reader_of(opened, names, dataset)
        if like is not None and reader is not None:
            return like[1].of_alike(self, opened.state, reader)
        known = self._examine_fully(files)
        plain = known.plain
        if plain is not None and nothing_beside(file, names, dataset):
            remembered[asked] = (Alike(dataset, plain, known.axes, self.limits), known)
        return known

    def _examine_fully(self, files: Files) -> _KnownDataset:
        try:
            image = self._open_in(files)
        except OSError as error:
            if OTHER_LOCKING not in str(error):
                raise
            image = self.open()
        if image.other_locking:
            image.close()
            image = self.open()
        try:
            return _KnownDataset(self, image)
        finally:
            image.close()

    def open(self) -> OpenImage:
        """Open the file for this image alone."""
        return open_agreeing(self._open)

    def _open(self, lockings: Sequence[dict[str, Any]]) -> OpenImage:
        files = Files(lockings)
        try:
            return self._open_in(files, own=files)
        except BaseException:
            files.close()
            raise

    def _open_in(self, files: Files, own: Files | None = None) -> OpenImage:
        import h5py

        file = files.open(self.file_path)
        names = straight_way(self.data_path)
        dataset = locate_straight(file, names)
        if dataset is not None:
            above = h5py.Group(h5py.h5g.open(file.id, b"/".join(names[:-1]) or b"/"))
            return OpenImage(dataset, self, partial(Neighbours, files, dataset, above, alone=True), own)
        root = file["/"]
        path = "/" + self.data_path.strip("/")
        node = locate(files, root, path)
        found_in = None
        if node.name != path or node.file != root.file:  # a link led to it
            found_in = locate(files, root, path.rpartition("/")[0])
        return OpenImage(node, self, partial(Neighbours, files, node, found_in), own)


class OpenImage:
    """An open dataset of which one image is taken.

    Parameters
    ----------
    dataset : h5py.Dataset
    spec : Hdf5ImageSpec
    neighbours : callable
        Gives what is beside it.
    own : Files, optional
        Closed with it.
    """

    declared: Declared
    other_locking: bool

    def __init__(
        self,
        dataset: h5py.Dataset,
        spec: Hdf5ImageSpec,
        neighbours: Callable[[], Neighbours],
        own: Files | None,
    ) -> None:
        import h5py

        self._own = own
        self.dataset = dataset
        if not isinstance(dataset, h5py.Dataset):
            raise TypeError("this is a group, not a dataset: give the path of one dataset in it")
        if dataset.shape is None:
            raise ValueError("the dataset is empty: it has no shape")
        try:
            self.stored_dtype: np.dtype[Any] = dataset.dtype
        except TypeError as error:  # bit fields and the like, which numpy has not
            raise TypeError(f"the pixels are of an HDF5 type that numpy has not: {error}") from error
        self.dtype: np.dtype[Any] = pixel_dtype(self.stored_dtype)
        shape: tuple[int, ...] = dataset.shape
        self.axes: tuple[AxisRange, ...] = (
            _whole(shape) if spec.indices is None else _of_one_image(shape, spec.indices)
        )
        kept = [axis for axis, each in enumerate(self.axes) if not each.drop]
        self.shape: tuple[int, int] = check_image_shape(tuple(self.axes[axis].count for axis in kept))
        self.states: tuple[FileState, ...] = tuple(check_storage(dataset, spec.limits))
        stored = sum(state.size for state in self.states)
        check_sizes((1, *self.shape), self.stored_dtype.itemsize, stored, spec.limits)
        dropped = [axis for axis, each in enumerate(self.axes) if each.drop]
        # The axis that counts the images of the dataset, where it has several.
        self.counting_axis: int | None = max(dropped, key=lambda axis: dataset.shape[axis], default=None)
        self.reader: Reader = open_reader(dataset, self.axes, self.counting_axis or 0, self.states[0])
        try:
            self.other_locking = isinstance(self.reader, VirtualReader) and self.reader.other_locking
            self.declared = Declared(FillValues())
            if spec.choices.declared_invalid:
                of_dataset = (self.dtype, self.axes, self.counting_axis, spec.limits)
                self.declared = read_declared(dataset, neighbours(), *of_dataset)
        except BaseException:
            self.reader.close()
            raise

    def close(self) -> None:
        """Close the files that were opened for it."""
        self.reader.close()
        if self._own is not None:
            self._own.close()


class _KnownDataset(KnownImage):
    """A dataset that was closed again.

    Where the bytes lie at a few known places, it is read there, in any thread; else through HDF5, opened again.
    """

    def __init__(self, spec: Hdf5ImageSpec, image: OpenImage) -> None:
        self._spec = spec
        self.shape = image.shape
        self.dtype = image.dtype
        self._stored_dtype = image.stored_dtype
        self.states = image.states
        self.notes = image.declared.notes
        self.warnings = image.declared.warnings
        self.axes = image.axes
        self._counting_axis = image.counting_axis or 0
        # Masks of images are read with them.
        self._reader: Placed | None = None if image.declared.masks else image.reader.detached(image.axes)
        self.working_bytes = image.reader.working_bytes
        self._declared = image.declared._replace(valid=None, masks=())
        self._valid = None if image.declared.valid is None else _packed(image.declared.valid)

    opens_for_storage = True

    def storage(self) -> Storage:
        """Return how the dataset is stored; the file is opened for it."""
        image = self._spec.open()
        try:
            kept = [axis for axis, each in enumerate(image.axes) if not each.drop]
            return stored_as(image.dataset, kept, math.prod(image.dataset.shape) == math.prod(image.shape))
        finally:
            image.close()

    @property
    def plain(self) -> Placed | None:
        """The reader, where its places are known and nothing is declared of the pixels."""
        if self._reader is None or self._valid is not None or self.notes or self.warnings:
            return None
        return None if self._declared.values or self._declared.least is not None else self._reader

    def of_alike(self, spec: Hdf5ImageSpec, state: FileState, reader: Placed) -> _KnownDataset:
        """Return the same of another image that is stored alike."""
        found = copy.copy(self)
        found._spec, found.states, found._reader = spec, (state,), reader
        return found

    def read(self, out: NDArray[Any]) -> NDArray[np.bool_] | None:
        if self._reader is None:
            with_hdf5 = self._spec.open()
            try:
                if with_hdf5.shape != self.shape or with_hdf5.dtype != self.dtype:
                    raise OSError(
                        errno.EIO, "the file was changed while it was read", clip(self._spec.file_path)
                    )
                self._fill(with_hdf5.reader, out)
                return self._mask(with_hdf5.declared, out)
            finally:
                with_hdf5.close()
        state = self.states[0]
        raw = RawFile.open(state.path, state.identity)
        if raw is None:
            self._raise_why()
            raise OSError(errno.EIO, "the file was replaced while it was read", clip(state.path))
        try:
            self._fill(self._reader.on(raw), out)
        finally:
            raw.close()
        return self._mask(self._declared, out)

    def _raise_why(self) -> None:
        """Raise what keeps the file from being opened, if that is so."""
        with open(self.states[0].path, "rb"):  # noqa: PTH123 - names of files are taken as they come
            pass

    def _fill(self, reader: Reader, out: NDArray[Any]) -> None:
        counts = tuple(axis.count for axis in self.axes)
        direct = out.dtype == self._stored_dtype
        place = out if direct else np.empty(self.shape, self._stored_dtype)
        tasks = reader.tasks([Request(self.axes, place.reshape(counts))])
        for task in sorted(tasks, key=lambda task: task.place):
            task.run()
        if any(axis.reverse for axis in self.axes):
            kept = [axis for axis in self.axes if not axis.drop]
            place[...] = place[flips(kept)].copy()
        if not direct:
            out[...] = place

    def _mask(self, declared: Declared, pixels: NDArray[Any]) -> NDArray[np.bool_] | None:
        mask = None if self._valid is None else _unpacked(self._valid, self.shape)
        met = []
        for name, hit in declared.find(pixels[np.newaxis], self.axes, self._counting_axis).items():
            met.append(name)
            mask = ~hit[0] if mask is None else mask & ~hit[0]
        self.said_while_reading = filled_pixels(met)
        return mask


@functools.lru_cache(maxsize=64)
def _whole(shape: tuple[int, ...]) -> tuple[AxisRange, ...]:
    return _of_one_image(shape, None)


def _of_one_image(shape: tuple[int, ...], indices: Indices | None) -> tuple[AxisRange, ...]:
    """Return what is taken of each axis; axes of length 1 are dropped where more than two are left.

    Raises
    ------
    ValueError
        When it is not one image.
    """
    found = list(apply_slice(indices, shape))
    while True:
        kept = [axis for axis, each in enumerate(found) if not each.drop]
        counts = tuple(found[axis].count for axis in kept)
        if len(kept) < 3:
            return tuple(found)
        spare = spare_axis(counts, len(kept) - 1)
        if spare is None:
            break
        found[kept[spare]] = replace(found[kept[spare]], drop=True)
    cut = f"slice={format_slice(indices)} of the shape {shape}: " if indices else ""
    if len(counts) > 3:
        raise ValueError(
            f"{cut}one image is wanted, not something of the shape {counts}: take one by &slice="
        )
    example = ",".join(["0"] * (len(shape) - 2)) if indices is None else "0"
    raise ValueError(
        f"{cut}one image is wanted, and this is a stack of the shape {counts}: take one of its "
        f"{counts[0]} images, as in &slice={example}, or name it alone as a stack"
    )


def _packed(valid: NDArray[np.bool_]) -> bytes:
    """Make a mask small: many files are known at a time."""
    return _shared(np.packbits(valid).tobytes())


@functools.lru_cache(maxsize=8)
def _shared(packed: bytes) -> bytes:
    """Return the mask that is equal and known already: files of one detector have the same."""
    return packed


def _unpacked(packed: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    bits = np.frombuffer(packed, np.uint8)
    return np.unpackbits(bits, count=math.prod(shape)).reshape(shape).astype(np.bool_)
