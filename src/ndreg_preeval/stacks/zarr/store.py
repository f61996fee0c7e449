# SPDX-License-Identifier: MIT
"""Stores of zarr on this machine: folders and zip archives, of which only regular files reach the library."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH112, PTH113, PTH116, PTH118

from __future__ import annotations

import errno
import functools
import importlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ...errors import clip
from ..regular_file import check_regular_file

if TYPE_CHECKING:
    from ...options import Limits

METADATA: Final = ("zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata")
"""Names of files that describe groups and arrays: one of the first three is in each of them."""

BLOSC_LENGTH: Final = slice(12, 16)
"""Place in a chunk of blosc of the number of its bytes."""

ENDINGS: Final = (".zarr", ".zspy", ".zarr.zip", ".zspy.zip", ".ozx")
"""Endings of names of stores, in lower case."""


def is_store(path: str) -> bool:
    """Return whether this is a folder with a group or an array of zarr, or a name that such have."""
    if path.lower().rstrip("/").endswith(ENDINGS):
        return True
    return any(os.path.isfile(os.path.join(path, name)) for name in METADATA[:3])


def description_of(path: str) -> str:
    """Return the regular file that tells what is at the root of a store: one in a folder, or the archive itself.

    Raises
    ------
    OSError
        When there is none, or it may not be read.
    """
    if os.path.isdir(path):
        there = [name for name in METADATA[:3] if os.path.lexists(os.path.join(path, name))]
        if not there:
            raise FileNotFoundError(
                errno.ENOENT, "this folder is no zarr group or array: it has no zarr.json", clip(path)
            )
        path = os.path.join(path, there[0])
    check_regular_file(path)
    return path


def load_zarr() -> Any:
    """Import zarr.

    Raises
    ------
    ImportError
        When it cannot be imported, or is too old; names the extra.
    """
    way = 'the extra "zarr" brings it: pip install "ndreg_preeval[zarr]"'
    try:
        zarr = importlib.import_module("zarr")
    except ImportError as error:
        raise type(error)(
            f"zarr stores are read by zarr, which cannot be imported ({clip(str(error), 300)}): {way}",
            name=error.name,
        ) from error
    if not hasattr(zarr, "create_array"):
        raise ImportError(f"zarr stores are read by zarr 3 or later, not {zarr.__version__}: {way}")
    return zarr


def open_store(path: str, limits: Limits) -> Any:
    """Return the group or array at the root of a store.

    Raises
    ------
    OSError
        When there is none, or its files are none that can be read.
    ValueError
        When it is damaged, or beyond the limits.
    """
    zarr = load_zarr()
    largest = limits.chunk_bytes
    if description_of(path) != path:
        return zarr.open(store=_classes()[0](path, largest), mode="r")
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                _check_size(entry.file_size, largest, entry.filename)
    except zipfile.BadZipFile as error:
        raise OSError(errno.EIO, f"it is no zip archive, or damaged: {error}", clip(path)) from error
    return zarr.open(store=_classes()[1](path, mode="r", read_only=True), mode="r")


def refuse_cut_chunks(array: Any) -> None:
    """Have the store look at the length of chunks by blosc, which reads beyond their end where they were cut."""
    metadata = array.metadata
    compressor = getattr(metadata, "compressor", None)
    codecs = [compressor] if compressor is not None else list(getattr(metadata, "codecs", ()))
    if codecs and "blosc" in type(codecs[-1]).__name__.lower() and hasattr(array.store, "of_blosc"):
        array.store.of_blosc.add(f"{array.path.strip('/')}/".lstrip("/"))


def stored_bytes(array: Any, enough: float) -> int:
    """Return how many bytes the chunks of an array have in its store; no more are counted than are enough."""
    total = 0
    for size in _chunk_sizes(array):
        total += size
        if total >= enough:
            break
    return total


def compression_of(array: Any) -> str:
    """Return the names of the codecs that make chunks shorter or bring their bytes into another order, "none" without."""
    codecs = (*getattr(array, "filters", ()), *getattr(array, "compressors", ()))
    return "+".join(map(_codec_name, codecs)) or "none"


def _codec_name(codec: Any) -> str:
    told = getattr(codec, "codec_id", "")  # of numcodecs, as format 2 has them
    if not told and hasattr(codec, "to_dict"):
        told = codec.to_dict().get("name", "")
    name = str(told or type(codec).__name__).removeprefix("numcodecs.").lower()
    inner = getattr(codec, "cname", "")
    return f"{name}({getattr(inner, 'value', inner)})" if inner else name


def has_chunks(array: Any) -> bool:
    """Return whether any chunk of an array was written: what was not is read as its fill value."""
    return next(_chunk_sizes(array), None) is not None


def _chunk_sizes(array: Any) -> Iterator[int]:
    store, path = array.store, array.path.strip("/")
    root = getattr(store, "root", None)
    if root is None:
        prefix = f"{path}/" if path else ""
        with zipfile.ZipFile(store.path) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if name.startswith(prefix) and name.rpartition("/")[2] not in ("", *METADATA):
                    yield entry.compress_size
        return
    for folder, _, names in os.walk(os.path.join(root, path)):
        for name in names:
            if name not in METADATA:
                try:
                    yield os.stat(os.path.join(folder, name)).st_size
                except OSError:
                    continue


def _check_size(size: int, largest: int | None, name: str) -> None:
    # Data that do not compress take some more when they are compressed.
    if largest is not None and size > largest + (1 << 20):
        raise ValueError(
            f"{clip(name, 100)} in the zarr store has {size} bytes, more than the limit of {largest}: "
            "raise Limits.chunk_bytes to allow it"
        )


@functools.cache
def _classes() -> tuple[Any, Any]:
    """Classes of stores, made where zarr is there: of folders, and of zip archives."""
    storage: Any = importlib.import_module("zarr.storage")

    class CheckedStore(storage.LocalStore):  # type: ignore[misc]
        """A folder whose files are looked at before they are opened: a pipe would never end."""

        def __init__(self, root: Any, largest: int | None) -> None:
            super().__init__(root, read_only=True)
            self._largest = largest
            self.of_blosc: set[str] = set()
            """Paths of arrays whose chunks are compressed by blosc."""

        def with_read_only(self, read_only: bool = False) -> CheckedStore:  # noqa: ARG002
            return type(self)(self.root, self._largest)

        def _check(self, key: str, byte_range: Any) -> None:
            path = os.path.join(self.root, key)
            try:
                status = os.stat(path)
            except OSError:
                return  # a chunk that was never written, for one
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
                check_regular_file(path)
            if byte_range is None:
                _check_size(status.st_size, self._largest, key)

        def _whole(self, key: str, byte_range: Any, found: Any) -> Any:
            if (
                found is None
                or byte_range is not None
                or not any(key.startswith(path) for path in self.of_blosc)
            ):
                return found
            content = found.to_bytes()
            if key.rpartition("/")[2] in METADATA:
                return found
            says = (
                int.from_bytes(content[BLOSC_LENGTH], "little") if len(content) >= BLOSC_LENGTH.stop else -1
            )
            if says != len(content):
                raise OSError(
                    errno.EIO,
                    f"the chunk {clip(key, 100)} is damaged: it has {len(content)} bytes, and should have {says}"
                    if says >= 0
                    else f"the chunk {clip(key, 100)} is damaged: it has {len(content)} bytes",
                )
            return found

        async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
            self._check(key, byte_range)
            return self._whole(key, byte_range, await super().get(key, prototype, byte_range))

        def get_sync(self, key: str, *, prototype: Any = None, byte_range: Any = None) -> Any:
            self._check(key, byte_range)
            return self._whole(
                key, byte_range, super().get_sync(key, prototype=prototype, byte_range=byte_range)
            )

        async def get_partial_values(self, prototype: Any, key_ranges: Iterable[tuple[str, Any]]) -> Any:
            wanted = list(key_ranges)
            for key, byte_range in wanted:
                self._check(key, byte_range)
            return await super().get_partial_values(prototype, wanted)

    return CheckedStore, storage.ZipStore
