# SPDX-License-Identifier: MIT
"""The caller's argument, whatever its form, as specs for opening stacks."""

from __future__ import annotations

import collections.abc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..argument_checks import type_name
from ..errors import naming_file, naming_stack, printable_location, shorten
from ..text import list_names
from .base import FailedSpec, StackSpec
from .choices import AS_FOUND, Choices
from .formats import Formats
from .images import (
    Listed,
    examined_together,
    failed,
    lists_images,
    names_of,
    of_found,
    of_uri,
    only_one,
    spec_of_found,
    spec_of_list,
    stacks_listed,
    stacks_meant,
    with_names,
)
from .names import provisional_name, short_names
from .optional_modules import is_plain
from .uris import UriMeaning, is_data_url, is_uri, parse_uri, uri_text

if TYPE_CHECKING:
    from ..options import Limits

SNAPSHOT_TRIES: Final = 100

EXPECTED: Final = (
    "image_stacks must be a mapping {name: stack}, a sequence of URIs, or the URI of a group of stacks"
)


def resolve_stacks(
    image_stacks: Any, *, limits: Limits, keep_going: bool = False, choices: Choices | None = None
) -> list[tuple[Any, StackSpec]]:
    """Return a spec for every stack, in the caller's order, under the caller's own keys.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        A mapping may mix arrays, sequences of images, h5py datasets and URIs (str, Path, DataUrl).
        Images of a sequence may be named by URIs, too; a pattern or folder is the stack of its images.
        A URI in it that names an NXdata group, or a group holding such, stands for all its stacks:
        they are called ``key/name``, or just ``key`` where there is one. A sequence holds URIs
        only: its stacks are called by their paths relative to the common parent. A single URI must
        name a group or a file; see `find_stacks` for what it holds.
    limits : Limits
        Handed on to the specs of files.
    keep_going : bool
        A stack of a mapping or sequence that leads nowhere becomes a spec that says so when it
        is opened.
    choices : Choices, optional
        How the stacks are to be read.

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
    found = _resolve(image_stacks, limits, keep_going, choices or AS_FOUND)
    specs = [spec if choices is None else spec.reading_by(choices) for _, spec in found]
    return [(key, spec) for (key, _), spec in zip(found, examined_together(specs), strict=True)]


def _resolve(
    image_stacks: Any, limits: Limits, keep_going: bool, choices: Choices
) -> list[tuple[Any, StackSpec]]:
    if is_uri(image_stacks):
        return _resolve_bare(image_stacks, limits, keep_going, choices)
    with Formats(choices) as formats:
        if type(image_stacks) is not dict and _axes(image_stacks) > 3:
            several = formats.object_specs(image_stacks, limits)
            if several[0][0]:
                return [*several]
        stacks: Any = formats.stacks_of(image_stacks)
        if isinstance(stacks, collections.abc.Mapping):
            return _resolve_mapping(stacks, limits, keep_going, formats)
    return _resolve_sequence(_uri_items(image_stacks), limits, keep_going, choices)


def _resolve_mapping(
    stacks: Any, limits: Limits, keep_going: bool, formats: Formats
) -> list[tuple[Any, StackSpec]]:
    items = _snapshot(stacks)
    if not items:
        raise ValueError("image_stacks holds no stack")
    pairs: list[tuple[Any, StackSpec]] = []
    for key, value in items:
        try:
            pairs += _resolve_item(key, value, limits, formats)
        except Exception as error:
            if not keep_going:
                raise
            pairs.append((key, FailedSpec(error, _location(value))))
    return pairs


def resolve_stack(
    value: Any, *, name: object = "", limits: Limits, choices: Choices | None = None
) -> StackSpec:
    """Return the spec for one stack.

    Parameters
    ----------
    value : array, sequence of images, h5py dataset or URI
        A URI may name a group that holds exactly one stack.
    name : object
        How messages call the stack.
    limits : Limits
    choices : Choices, optional
        How it is to be read.

    Raises
    ------
    TypeError, ValueError, KeyError, OSError
        As `resolve_stacks`.
    """
    with Formats(choices or AS_FOUND) as formats:
        pairs = _resolve_item(name, value, limits, formats)
    if len(pairs) != 1:
        prefix = len(name if isinstance(name, str) else repr(name)) + 1
        names = [each[prefix:] for each, _ in pairs]
        with naming_stack(name):
            what = shorten(uri_text(value)) if is_uri(value) else f"the {type_name(value)}"
            raise ValueError(f"{what} holds {len(pairs)} stacks: {_way_out(pairs, names)}")
    spec = pairs[0][1]
    return spec if choices is None else spec.reading_by(choices)


def _resolve_item(key: Any, value: Any, limits: Limits, formats: Formats) -> list[tuple[Any, StackSpec]]:
    with naming_stack(key, _location(value)):
        if lists_images(value):
            return [(key, spec_of_list(value, limits, formats))]
        if not is_uri(value):
            some = formats.object_specs(value, limits)
            return [(key, some[0][1])] if len(some) == 1 else _below(key, some)
        stacks = stacks_meant(value, formats)
        if stacks is not None:
            specs = [stack.spec(limits, formats) for stack in stacks]
            if len(specs) == 1:
                return [(key, specs[0])]
            return _below(key, zip((stack.name for stack in stacks), specs, strict=True))
        meanings = parse_uri(value)
        backend = formats.of(meanings)
        found = backend.expand(meanings, uri_text(value), plain=False)
        specs = [spec_of_found(backend, meaning, limits, formats) for meaning in found]
        if len(found) == 1:
            return [(key, specs[0])]
        names = short_names([meaning.named_path for meaning in found])
        return _below(key, zip(names, specs, strict=True))


def _below(key: Any, stacks: Iterable[tuple[str, StackSpec]]) -> list[tuple[Any, StackSpec]]:
    text = key if isinstance(key, str) else repr(key)
    return [(f"{text}/{name}", spec) for name, spec in stacks]


def _resolve_sequence(
    items: list[Any], limits: Limits, keep_going: bool, choices: Choices
) -> list[tuple[Any, StackSpec]]:
    if not items:
        raise ValueError("image_stacks holds no stack")
    listed: list[Listed] = []
    with Formats(choices) as formats:
        for value in items:
            location = _location(value)
            with naming_stack(provisional_name(location), location):
                try:
                    found = stacks_listed(value, limits, formats)
                except Exception as error:
                    if not keep_going:
                        raise
                    listed.append(failed(parse_uri(value)[0], error, formats))
                    continue
                if found is None:
                    listed += of_uri(parse_uri(value), uri_text(value), limits, keep_going, formats)
                else:
                    listed += of_found(found, limits, keep_going, formats)
    return with_names(listed)


def list_stacks(value: Any, limits: Limits) -> dict[str, str] | None:
    """Return the stacks of a pattern or folder by the names that a ranking gives them, each as a URI or pattern.

    None where it is neither; raises as `resolve_stacks`.
    """
    with Formats() as formats, naming_file(uri_text(value)):
        found = stacks_listed(value, limits, formats, coherent=False)
        if found is None:
            return None
        if len(found) == 1 and isinstance(found[0], UriMeaning):
            return formats.of([found[0]]).find([found[0]], str(found[0]))
        listed = of_found(found, limits, False, formats)
    return dict(zip(names_of(listed, together=True), (each.text for each in listed), strict=True))


def _resolve_bare(
    value: Any, limits: Limits, keep_going: bool, choices: Choices
) -> list[tuple[Any, StackSpec]]:
    text = uri_text(value)
    kind = "DataUrl" if is_data_url(value) else type(value).__name__
    with Formats(choices) as formats, naming_file(text):
        found = stacks_listed(value, limits, formats)
        if found is None:
            meanings = parse_uri(value)
        elif len(found) == 1 and isinstance(found[0], UriMeaning):
            meanings = [found[0]]
        elif len(found) == 1 and not getattr(found[0], "name", ""):
            raise only_one(value, kind)
        else:
            return with_names(of_found(found, limits, keep_going, formats), together=True)
        backend = formats.of(meanings)
        one = backend.names_one(meanings)
        if one:
            for each in backend.expand(meanings, text, plain=False):
                # What is no stack has an error of its own: an image, or several stacks along an axis.
                spec_of_found(backend, each, limits, formats).open().close()
            raise ValueError(
                f"this {kind} names one {one}, and a ranking needs several: {EXPECTED}, not one {one.split()[-1]}"
            )
        expanded = backend.expand(meanings, text, plain=True)
        names = short_names([each.named_path for each in expanded])
        specs = [spec_of_found(backend, each, limits, formats) for each in expanded]
    return list(zip(names, specs, strict=True))


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
        raise TypeError(f"{EXPECTED}, not one array: name it, as in {{'name': array}}{_hint(value)}")
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
                f"{type(item).__name__}; give arrays, and lists of images, as a mapping {{name: stack}}"
            )
        checked.append(item)
    return checked


def _way_out(pairs: list[tuple[Any, StackSpec]], names: list[str]) -> str:
    """How one of several stacks can be taken."""
    location = pairs[0][1].location
    if location:
        return f"name one of them ({list_names(names)}), as in {printable_location(location)}"
    return "take one of them by an index, as in [0] or [:, 0], or rank them all by rank_stacks"


def _axes(value: Any) -> int:
    try:
        return len(value.shape)
    except (AttributeError, TypeError):
        pass
    # Signals and layers show an array; what holds several may call one of them so.
    if hasattr(value, "keys"):
        return 0
    try:
        return len(value.data.shape)
    except (AttributeError, TypeError):
        return 0


def _hint(value: Any) -> str:
    if isinstance(value, collections.abc.Set):
        return ", which has no order"
    which = (
        f", or say by stacks_axis= which of its {_axes(value)} axes counts stacks" if _axes(value) > 3 else ""
    )
    named = isinstance(value, np.ndarray) or not _axes(value)
    return which if named else f": name it, as in {{'name': stack}}{which}"


def _location(value: Any) -> str:
    if is_plain(value):
        return ""
    try:
        return uri_text(value) if is_uri(value) else ""
    except TypeError:
        return os.fsdecode(os.fspath(value)) if isinstance(value, os.PathLike) else ""
