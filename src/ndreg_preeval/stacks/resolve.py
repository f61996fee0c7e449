# SPDX-License-Identifier: MIT
"""The caller's argument, whatever its form, as specs for opening stacks."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH122

from __future__ import annotations

import collections.abc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from ..errors import naming_stack, shorten
from .base import FailedSpec, StackSpec
from .hdf5 import DatasetSpec, Files, UriSpec, is_dataset
from .memory import ArraySpec
from .names import relative_names, short_names, unique_names
from .regular_file import absolute
from .selection import format_slice
from .tiff import TiffSpec, is_tiff
from .uris import UriMeaning, is_data_url, is_uri, parse_uri, uri_text

if TYPE_CHECKING:
    from ..options import Limits

SNAPSHOT_TRIES: Final = 100

EXPECTED: Final = (
    "image_stacks must be a mapping {name: stack}, a sequence of URIs, or the URI of a group of stacks"
)


def resolve_stacks(
    image_stacks: Any, *, limits: Limits, keep_going: bool = False
) -> list[tuple[Any, StackSpec]]:
    """Return a spec for every stack, in the caller's order, under the caller's own keys.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        A mapping may mix arrays, sequences of images, h5py datasets and URIs (str, Path, DataUrl).
        A URI in it that names an NXdata group, or a group holding such, stands for all its stacks:
        they are called ``key/name``, or just ``key`` where there is one. A sequence holds URIs
        only: its stacks are called by their paths relative to the common parent. A single URI must
        name a group or a file; see `find_stacks` for what it holds.
    limits : Limits
        Handed on to the specs of files.
    keep_going : bool
        A stack of a mapping or sequence that leads nowhere becomes a spec that says so when it
        is opened.

    Returns
    -------
    list of (key, StackSpec)
        A list, since a dict would compare the keys again, which are the caller's objects.

    Raises
    ------
    TypeError
        When the argument, or what stands for a stack, is of the wrong kind.
    ValueError
        When there is no stack, or a URI has no meaning.
    KeyError, OSError
        When a URI leads nowhere.
    """
    if is_uri(image_stacks):
        return _resolve_bare(image_stacks, limits)
    if isinstance(image_stacks, collections.abc.Mapping):
        items = _snapshot(image_stacks)
        if not items:
            raise ValueError("image_stacks holds no stack")
        pairs: list[tuple[Any, StackSpec]] = []
        with _Opened() as opened:
            for key, value in items:
                try:
                    pairs += _resolve_item(key, value, limits, opened)
                except Exception as error:
                    if not keep_going:
                        raise
                    pairs.append((key, FailedSpec(error, _location(value))))
        return pairs
    return _resolve_sequence(_uri_items(image_stacks), limits, keep_going)


def resolve_stack(value: Any, *, name: object = "", limits: Limits) -> StackSpec:
    """Return the spec for one stack.

    Parameters
    ----------
    value : array, sequence of images, h5py dataset or URI
        A URI may name a group that holds exactly one stack.
    name : object
        How messages call the stack.
    limits : Limits

    Raises
    ------
    TypeError, ValueError, KeyError, OSError
        As `resolve_stacks`.
    """
    with _Opened() as opened:
        pairs = _resolve_item(name, value, limits, opened)
    if len(pairs) != 1:
        with naming_stack(name):
            raise ValueError(f"{shorten(uri_text(value))} holds {len(pairs)} stacks: name one of them")
    return pairs[0][1]


class _Opened:
    """The files of the URI looked at last: neighbours in a mapping often share a file."""

    def __init__(self) -> None:
        self._files = Files()
        self._file = ""

    def files(self, meanings: list[UriMeaning]) -> Files:
        """Return the open files if these meanings are of the same file, or close them first."""
        if meanings[0].file != self._file:
            self._files.close()
            self._file = meanings[0].file
        return self._files

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


def _resolve_item(key: Any, value: Any, limits: Limits, opened: _Opened) -> list[tuple[Any, StackSpec]]:
    with naming_stack(key, _location(value)):
        if not is_uri(value):
            return [(key, DatasetSpec(value, limits) if is_dataset(value) else ArraySpec(value))]
        meanings = parse_uri(value)
        if not _names_tiff(meanings) and not any(meaning.path.strip("/") for meaning in meanings):
            _check_file(meanings, opened)
            raise ValueError(f"{shorten(uri_text(value))} names no dataset: give file::/path/of/dataset")
        found = _expand(meanings, opened.files(meanings), plain=False)
        if len(found) == 1:
            return [(key, _spec(found[0], limits))]
        names = short_names([meaning.path for meaning in found])
        text = key if isinstance(key, str) else repr(key)
        return [
            (f"{text}/{name}", _spec(meaning, limits)) for name, meaning in zip(names, found, strict=True)
        ]


def _resolve_sequence(items: list[Any], limits: Limits, keep_going: bool) -> list[tuple[Any, StackSpec]]:
    if not items:
        raise ValueError("image_stacks holds no stack")
    found: list[UriMeaning] = []
    lost: dict[int, Exception] = {}
    with _Opened() as opened:
        for index, value in enumerate(items):
            with naming_stack(index, _location(value)):
                meanings = parse_uri(value)
                try:
                    found += _expand(meanings, opened.files(meanings), plain=True)
                except Exception as error:
                    if not keep_going:
                        raise
                    lost[len(found)] = error
                    found.append(meanings[0])
    names = unique_names(_with_tiff_paths(found))
    specs: list[StackSpec] = [
        FailedSpec(lost[index], str(meaning)) if index in lost else _spec(meaning, limits)
        for index, meaning in enumerate(found)
    ]
    return list(zip(names, specs, strict=True))


def _resolve_bare(value: Any, limits: Limits) -> list[tuple[Any, StackSpec]]:
    from .hdf5 import select_meaning

    meanings = parse_uri(value)
    kind = "DataUrl" if is_data_url(value) else type(value).__name__
    with _Opened() as opened, naming_stack(uri_text(value)):
        if _names_tiff(meanings):
            raise ValueError(
                f"this {kind} names one TIFF stack, and a ranking needs several: {EXPECTED}, not one stack"
            )
        files = opened.files(meanings)
        meaning, node = select_meaning(meanings, files)
        import h5py  # not before a file was opened, which tells why it cannot be imported

        if isinstance(node, h5py.Dataset):
            raise ValueError(  # noqa: TRY004 - the kind is right, what it names is not
                f"this {kind} names one dataset, and a ranking needs several: {EXPECTED}, not one dataset"
            )
        found = _expand([meaning], files, plain=True)
    names = short_names([each.path for each in found])
    return list(zip(names, (_spec(each, limits) for each in found), strict=True))


def _expand(meanings: list[UriMeaning], files: Files, *, plain: bool) -> list[UriMeaning]:
    """Return the meaning that is a dataset or TIFF file, or those of the stacks of a group."""
    if _names_tiff(meanings):
        if meanings[0].problem:
            raise ValueError(meanings[0].problem)
        return [meanings[0]]
    from .hdf5 import select_meaning, stack_paths

    meaning, node = select_meaning(meanings, files)
    import h5py

    if isinstance(node, h5py.Dataset):
        return [meaning]
    if meaning.indices is not None:
        raise ValueError(f"slice= needs a dataset, and {shorten(str(meaning))} is a group")
    paths = stack_paths(files, node, "/" + meaning.path.strip("/"), plain=plain)
    if not paths:
        what = "neither NXdata with 3-D signals nor 3-D datasets" if plain else "no NXdata with 3-D signals"
        raise ValueError(f"{shorten(str(meaning))} is a group, not a dataset, and holds {what}")
    return [UriMeaning(meaning.file, path) for path in paths]


def _names_tiff(meanings: list[UriMeaning]) -> bool:
    """Return whether the likeliest meaning of a URI is a TIFF file, or a slice of one."""
    return not meanings[0].path and is_tiff(meanings[0].file)


def _with_tiff_paths(meanings: list[UriMeaning]) -> list[UriMeaning]:
    """Give TIFF files, which have no dataset, the path that tells them apart: it names the stack."""
    tiffs = [index for index, meaning in enumerate(meanings) if _names_tiff([meaning])]
    files = [os.path.splitext(absolute(meanings[index].file))[0] for index in tiffs]
    named = list(meanings)
    for index, name in zip(tiffs, relative_names([file.replace(os.sep, "/") for file in files]), strict=True):
        named[index] = meanings[index]._replace(path=name)
    return named


def _spec(meaning: UriMeaning, limits: Limits) -> StackSpec:
    if _names_tiff([meaning]):
        cut = "" if meaning.indices is None else f"?slice={format_slice(meaning.indices)}"
        return TiffSpec(absolute(meaning.file), limits, meaning.indices, meaning.file + cut)
    return UriSpec(absolute(meaning.file), meaning.path, limits, meaning.indices, str(meaning))


def _check_file(meanings: list[UriMeaning], opened: _Opened) -> None:
    """Prefer the error of the file itself over the remark that a dataset is missing."""
    opened.files(meanings).open(meanings[0].file)


def _snapshot(mapping: Any) -> list[tuple[Any, Any]]:
    """Copy the items once; another thread may add some meanwhile."""
    for _ in range(SNAPSHOT_TRIES):
        try:
            return list(mapping.items())
        except RuntimeError as error:
            if "changed" not in str(error):
                raise
    raise RuntimeError("image_stacks kept changing while it was read")


def _uri_items(value: Any) -> list[Any]:
    """Return the items of a sequence, each of which must be a URI."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "OUT":
        raise TypeError(f"{EXPECTED}, not one array: name it, as in {{'name': array}}")
    if isinstance(value, (bytes, bytearray, memoryview)) or not isinstance(
        value, (collections.abc.Sequence, np.ndarray)
    ):
        raise TypeError(f"{EXPECTED}, not {type(value).__name__}{_hint(value)}")
    items: Iterable[Any] = value.ravel().tolist() if isinstance(value, np.ndarray) else value
    checked = []
    for index, item in enumerate(items):
        if not is_uri(item):
            raise TypeError(
                f"image_stacks[{index}]: a sequence may only hold URIs (str, Path, DataUrl), not "
                f"{type(item).__name__}; give arrays as a mapping {{name: stack}}"
            )
        checked.append(item)
    return checked


def _hint(value: Any) -> str:
    return ", which has no order" if isinstance(value, collections.abc.Set) else ""


def _location(value: Any) -> str:
    try:
        return uri_text(value) if is_uri(value) else ""
    except TypeError:
        return os.fsdecode(os.fspath(value)) if isinstance(value, os.PathLike) else ""
