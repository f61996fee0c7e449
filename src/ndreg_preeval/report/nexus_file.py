# SPDX-License-Identifier: MIT
"""The place of a ranking in a NeXus file: new groups appear whole or not at all, others are left alone."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH100, PTH110, PTH112, PTH120

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..atomic_write import replacing
from ..errors import clip, shorten
from ..stacks import (
    LOCKING,
    UriMeaning,
    check_regular_file,
    format_uri,
    is_data_url,
    open_file,
    parse_uri,
    uri_text,
)

if TYPE_CHECKING:
    from h5py import File, Group

PROGRAM: Final = "ndreg_preeval"

ENTRY: Final = "entry"
PROCESS: Final = "ranking"
"""Name of the group where the URL does not say it."""

SLACK: Final = 1 << 16
"""Growth of a file beyond what is put into it, in bytes: indices of the groups that exist."""


class Target(NamedTuple):
    """A group of a file, there or not."""

    file: str
    parts: tuple[str, ...]
    """Names from the root down to the group; two or more."""

    def __str__(self) -> str:
        return format_uri(self.file, self.path)

    @property
    def path(self) -> str:
        """Path of the group in the file."""
        return "/" + "/".join(self.parts)


def find_target(url: Any, *, overwrite: bool = False) -> Target:
    """Return where a URL leads, once it is sure that it can be written to.

    Parameters
    ----------
    url : str, os.PathLike or silx.io.url.DataUrl
        A file, or a file and the path of a group, read as URIs of stacks are. Without a path the group
        is ``/entry/ranking``; a path of one name is that of the entry.
    overwrite : bool
        Whether a ranking that is there may be replaced.

    Raises
    ------
    TypeError, ValueError
        When it is no URL, has a slice, or its path leads through what is no group.
    FileExistsError
        When the group exists, and `overwrite` is False or this package did not write it.
    OSError
        When the folder is missing, or the file is no HDF5 file or cannot be written.
    """
    target = _parse(url)
    if not os.path.exists(target.file):
        _check_folder(target.file)
        return target
    check_regular_file(target.file)
    if not os.access(target.file, os.W_OK):
        raise PermissionError(errno.EACCES, "may not be written", clip(target.file))
    if not _has_signature(target.file):
        told = "exists and is no HDF5 file, to which a ranking could be added; choose another name"
        raise OSError(errno.EINVAL, told, clip(target.file))
    with open_file(target.file) as file:
        _place(file, target, overwrite)
    return target


def _has_signature(file: str) -> bool:
    import h5py

    return bool(h5py.is_hdf5(file))


def mark_group(group: Group, nx_class: str, default: str | None = None) -> None:
    """Make a group one of a NeXus class; `default` leads to what is to be plotted."""
    group.attrs["NX_class"] = nx_class
    if default is not None:
        group.attrs["default"] = default


@contextlib.contextmanager
def memory_file() -> Iterator[File]:
    """Open a new HDF5 file that is on no disk: what goes wrong while it is filled harms no file."""
    import h5py

    name = f"{PROGRAM}-{secrets.token_hex(8)}"  # HDF5 takes files of one name for one file
    with h5py.File(name, "w", driver="core", backing_store=False, block_size=1 << 20) as file:
        yield file


def publish(memory: File, target: Target, *, overwrite: bool = False) -> None:
    """Put the group of a file in memory where it belongs.

    A new file comes into being whole, by renaming. In an existing file the group, and those above it
    that are missing, are copied under a name of their own and get their name when all is there; the
    groups above gain the attribute ``default`` where they have none.

    Parameters
    ----------
    memory : h5py.File
        From `memory_file`, with all groups from the root to the target.
    target : Target
    overwrite : bool
        As in `find_target`.
    """
    memory.flush()
    if os.path.exists(target.file):
        with _open_to_write(target.file) as file:
            _append(memory, file, target, overwrite)
        return
    _check_folder(target.file)
    image = memory.id.get_file_image()
    with replacing(target.file, overwrite=False) as temporary:
        Path(temporary).write_bytes(image)


def _parse(url: Any) -> Target:
    meanings = parse_uri(url)
    meaning = meanings[0]
    if not os.path.exists(meaning.file):
        meaning = _new_file(url, meanings)
    if meaning.problem:
        raise ValueError(f"{shorten(uri_text(url))}: {meaning.problem}")
    if meaning.indices is not None:
        raise ValueError(f"{shorten(uri_text(url))} has a slice: a ranking is written to a group")
    parts = tuple(part for part in meaning.path.split("/") if part not in ("", "."))
    for part in parts:
        if part != part.encode("utf-8", "replace").decode():
            raise ValueError(f"{shorten(part)} can be no name of a group: it is no text in UTF-8")
    if len(parts) < 2:
        parts = (*(parts or (ENTRY,)), PROCESS)
    return Target(meaning.file, parts)


def _new_file(url: Any, meanings: list[UriMeaning]) -> UriMeaning:
    """Without a file that tells, a lone question mark belongs to the name of the file."""
    text = uri_text(url)
    if is_data_url(url) or text.lower().startswith("silx:"):
        return meanings[0]
    kept = [each for each in meanings if not (each.path and text == f"{each.file}?{each.path}")]
    return kept[0]


def _check_folder(path: str) -> None:
    folder = os.path.dirname(os.path.abspath(os.path.realpath(path)))
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            errno.ENOENT, f"{clip(path)!r} cannot be written: its folder does not exist", clip(folder)
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(
            errno.EACCES, f"{clip(path)!r} cannot be written: its folder may not be written to", clip(folder)
        )


def _open_to_write(path: str) -> File:
    import h5py

    check_regular_file(path)
    for options in LOCKING:
        try:
            return h5py.File(path, "r+", **options)
        except OSError as error:
            reason = error
            if "flag values don't match" not in str(error):
                break
    raise OSError(
        reason.errno or errno.EIO,
        f"cannot be opened for writing (is it open elsewhere?): {clip(str(reason), 500)}",
        clip(path),
    ) from reason


def _place(file: File, target: Target, overwrite: bool) -> tuple[list[Group], bool]:
    """Groups of the path that exist, root first, without the target; and whether that exists."""
    import h5py

    groups = [file["/"]]
    number = h5py.h5o.get_info(groups[0].id).fileno
    for depth, name in enumerate(target.parts):
        if not groups[-1].id.links.exists(name.encode()):
            return groups, False
        if depth == len(target.parts) - 1:
            break
        path = format_uri(target.file, "/" + "/".join(target.parts[: depth + 1]))
        # Links to other files are not followed: they are not the file that was named.
        outside = groups[-1].id.links.get_info(name.encode()).type == h5py.h5l.TYPE_EXTERNAL
        node = None if outside else groups[-1].get(name)
        if node is None and not outside:
            raise ValueError(f"{shorten(path)} is a broken link: no group can be made below it")
        if node is None or h5py.h5o.get_info(node.id).fileno != number:
            raise ValueError(f"{shorten(path)} leads to another file: name that file")
        if not isinstance(node, h5py.Group):
            raise ValueError(  # noqa: TRY004 - the kind of the argument is right, what it names is not
                f"{shorten(path)} is no group: no group can be made below it"
            )
        groups.append(node)
    if not overwrite:
        raise FileExistsError(
            errno.EEXIST,
            f"the group {clip(target.path)!r} exists already: choose another, or overwrite it (overwrite=True, --overwrite)",
            clip(target.file),
        )
    if not _is_ours(groups[-1], target.parts[-1]):
        raise FileExistsError(
            errno.EEXIST,
            f"{clip(target.path)!r} exists and is no ranking that {PROGRAM} wrote: it is not overwritten",
            clip(target.file),
        )
    return groups, True


def _is_ours(parent: Any, name: str) -> bool:
    import h5py

    group = parent.get(name)
    if not isinstance(group, h5py.Group) or group.attrs.get("NX_class") != "NXprocess":
        return False
    program = group.get("program")
    return isinstance(program, h5py.Dataset) and program.shape == () and program[()] == PROGRAM.encode()


def _append(memory: File, file: File, target: Target, overwrite: bool) -> None:
    groups, exists = _place(file, target, overwrite)
    _reserve(file, memory.id.get_filesize() + SLACK)
    parent, depth = groups[-1], len(groups) - 1
    name = target.parts[depth]
    token = secrets.token_hex(8)
    new, old = f".{PROGRAM}-{token}.part", f".{PROGRAM}-{token}.old"
    try:
        memory.copy(memory["/".join(target.parts[: depth + 1])], parent, name=new)
        file.flush()
        if exists:
            parent.move(name, old)
        parent.move(new, name)
    except BaseException:
        if new in parent:
            del parent[new]
        if exists and old in parent:
            parent.move(old, name)
        raise
    if exists:
        del parent[old]
    if "default" in memory.attrs:
        for group, below in zip(groups, target.parts, strict=False):
            if "default" not in group.attrs:
                group.attrs["default"] = below
    file.flush()


def _reserve(file: File, size: int) -> None:
    """Raise OSError when the file cannot grow by as much: HDF5 may spoil a file it cannot write to."""
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is None:
        return
    from h5py._objects import phil

    with phil:  # Another thread must not write to the file until it has its length again.
        descriptor = file.id.get_vfd_handle()
        before = os.fstat(descriptor).st_size
        try:
            allocate(descriptor, before, size)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS}:
                raise OSError(
                    error.errno, f"cannot grow by {size} bytes ({error.strerror})", clip(str(file.filename))
                ) from error
        finally:
            os.ftruncate(descriptor, before)
