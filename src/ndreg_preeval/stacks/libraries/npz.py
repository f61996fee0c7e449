# SPDX-License-Identifier: MIT
"""NumPy's .npz archives: each array a stack by its name, read in its order, never unpickled."""

from __future__ import annotations

import errno
import math
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, shorten
from ..pixel_checks import refuse_above, spare_axis
from ..regular_file import open_without_waiting
from .base import INDEX, LibraryFile, LibraryFormat, NotRead
from .npy_header import HEAD_BYTES, Header, check_complete, read_header, to_stored

if TYPE_CHECKING:
    import zipfile

    from ...options import Limits

MOST_AT_ONCE: Final = 16 << 20
"""Longest table of contents that is read, in bytes: of some hundred thousand arrays."""

KEPT_BYTES: Final = 64 << 20
"""Planes kept that were decoded on the way to others, in bytes: threads ask for neighbours in any order."""

METHODS: Final = {0: "stored", 8: "deflate", 12: "bzip2", 14: "LZMA"}
ENCRYPTED: Final = 1
LISTED: Final = 16
MOST_LOOKED_AT: Final = 64


class _Bounded:
    """A file for zipfile, which reads as many bytes at once as a table of contents claims to have."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb", opener=open_without_waiting)  # noqa: SIM115 - the archive closes it
        self.seek, self.tell, self.close = self._file.seek, self._file.tell, self._file.close
        self.name = path

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > MOST_AT_ONCE:
            raise OSError(
                errno.EIO, f"it is damaged, or has more than {MOST_AT_ONCE} bytes of names", clip(self.name)
            )
        return self._file.read(size)


class Archive:
    """An open archive and the headers of its arrays."""

    def __init__(self, path: str) -> None:
        import zipfile

        self.path = path
        self._file = _Bounded(path)
        try:
            self._zip = zipfile.ZipFile(self._file)
            self.members: dict[str, zipfile.ZipInfo] = self._read_members()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._zip.close()
        self._file.close()

    def named(self, path: str) -> str:
        """Return the name of the array that a path names, with or without its ending; raises NotRead without such."""
        name = path.strip("/")
        known = name if name in self.members else name.removesuffix(".npy")
        if known not in self.members:
            names = ", ".join(shorten(each, 60) for each in list(self.members)[:LISTED])
            raise NotRead(KeyError(f"the archive has no array {shorten(name)}, but {names or 'none at all'}"))
        return known

    def header(self, name: str) -> Header:
        """Return what an array is, by its name; raises OSError where it is damaged, NotRead where it is no numbers."""
        info = self.members[name]
        of = f"array {shorten(name)}"
        if info.flag_bits & ENCRYPTED:
            raise ValueError(f"{of} is encrypted")
        if info.compress_type not in METHODS:
            raise ValueError(f"{of} is compressed by the method {info.compress_type}, which no NumPy writes")
        with self.open(name) as member:
            header = read_header(member.read(HEAD_BYTES), self.path)
        check_complete(header, info.file_size, self.path, f"{of} of the archive")
        if info.file_size > header.offset + header.nbytes:
            raise OSError(
                errno.EIO,
                f"{of} is damaged: the archive has {info.file_size} bytes of it, "
                f"not {header.offset + header.nbytes}",
                clip(self.path),
            )
        return header

    def open(self, name: str) -> IO[bytes]:
        """Open the stream of an array, from its header on."""
        return self._zip.open(self.members[name])

    def stacks(self, stacks_axis: int | None = None) -> tuple[list[str], str]:
        """Return the names of the arrays that are stacks, or hold some along an axis, and what the others are.

        Damaged arrays are among the stacks.
        """
        found, others = [], []
        wanted = (3,) if stacks_axis is None else (3, 4)
        for name in self.members:
            try:
                header = self.header(name)
            except OSError:
                found.append(name)  # it may be one: it fails when it is opened
                continue
            except (ValueError, NotRead) as error:
                others.append(f"{shorten(name, 60)} ({clip(str(error), 200)})")
                continue
            shape = header.shape
            if (
                (len(shape) in wanted or spare_axis(shape, 3) is not None)
                and header.dtype.kind in "biuf"
                and 0 not in shape
            ):
                found.append(name)
            else:
                others.append(f"{shorten(name, 60)} {shape}")
        more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
        return found, ", ".join(others[:LISTED]) + more

    def _read_members(self) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename.removesuffix(".npy")
            if name == info.filename:
                continue  # nothing that numpy wrote
            if name in found:
                raise OSError(errno.EIO, f"it is damaged: it has two arrays {shorten(name)}", clip(self.path))
            found[name] = info
        return found


class NpzFile(LibraryFile):
    """An array of an archive: its planes, in the order of the file, are decoded one after the other."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __init__(self, path: str, name: str, limits: Limits) -> None:
        self._archive = Archive(path)
        try:
            self._name = known = self._archive.named(name)
            self._header = header = self._archive.header(known)
            self.stored: int | None = self._archive.members[known].compress_size
            method = METHODS.get(self._archive.members[known].compress_type, "")
            self.compression: str = {"stored": "none"}.get(method, method.lower())
            self._plane_shape = header.stored_shape[1:]
            self._plane_bytes = math.prod(self._plane_shape) * header.dtype.itemsize
            _check_sizes(header, self.stored, self._plane_bytes, limits)
            others = self._archive.stacks()[1] if len(self._archive.members) <= MOST_LOOKED_AT else ""
        except BaseException:
            self._archive.close()
            raise
        if others and len(header.shape) > 2:
            self.notes: tuple[str, ...] = (f"Its archive also holds {others}: no stacks.",)
        self.shape, self.dtype = header.shape, header.dtype
        if header.by_columns and len(self.shape) > 1:
            self.chunks: tuple[int, ...] | None = (*self.shape[:-1], 1)
        self._count = header.stored_shape[0] if header.stored_shape else 1
        self._stream: IO[bytes] | None = None
        self._next = 0
        self._kept: dict[int, NDArray[Any]] = {}

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the pixels."""
        first, *rest = to_stored(index, self._header)
        planes = [first] if isinstance(first, int) else range(first.start, first.stop, first.step)
        parts = [self._plane(plane)[tuple(rest)] for plane in planes]
        out = parts[0] if isinstance(first, int) else np.stack(parts)
        return out.transpose() if self._header.by_columns else out

    def close(self) -> None:
        """Close the archive; safe to call twice."""
        if self._stream is not None:
            self._stream.close()
        self._archive.close()

    def _plane(self, wanted: int) -> NDArray[Any]:
        """Return what follows one element of the first axis: of those that were kept, or decoded now."""
        if wanted in self._kept:
            return self._kept.pop(wanted)
        if self._stream is None or wanted < self._next:
            if self._stream is not None:
                self._stream.close()
            self._stream, self._next = self._archive.open(self._name), 0
            _read(self._stream, self._header.offset)
        while True:
            plane = np.frombuffer(_read(self._stream, self._plane_bytes), self.dtype).reshape(
                self._plane_shape
            )
            at, self._next = self._next, self._next + 1
            if self._next == self._count:
                self._stream.read(1)  # there is none, but zipfile compares the checksum at the end
            if at == wanted:
                return plane
            self._kept[at] = plane
            while len(self._kept) > 1 and len(self._kept) * self._plane_bytes > KEPT_BYTES:
                del self._kept[min(self._kept)]


class NpzFormat(LibraryFormat):
    """NumPy's archives of several arrays."""

    name = "NumPy archive"
    safe_to_open = True
    endings: ClassVar[tuple[str, ...]] = (".npz",)
    many_axes = True

    @classmethod
    def begins(cls, head: bytes) -> bool:
        """Return whether it is a zip file whose first member is an array."""
        return head.startswith(b"PK\x03\x04") and head[30 : 30 + head[26]].endswith(b".npy")

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> NpzFile:
        """Open an archive for one of its arrays."""
        return NpzFile(path, data_path, limits)


def _check_sizes(header: Header, stored: int, plane_bytes: int, limits: Limits) -> None:
    """Planes are decoded whole: one must not take more than an image may."""
    what = f"a part of the shape {header.stored_shape[1:]}, as the array is decoded,"
    refuse_above("image_bytes", plane_bytes, limits.image_bytes, what)
    if limits.ratio is not None and header.nbytes > max(limits.ratio_floor, limits.ratio * stored):
        raise ValueError(
            f"the array of shape {header.shape} declares {header.nbytes} bytes, more than {limits.ratio} times the "
            f"{stored} bytes that hold it: raise Limits.ratio if it is to be trusted"
        )


def _read(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise OSError(f"an array ends {size - len(found)} bytes before it should")
    return found
