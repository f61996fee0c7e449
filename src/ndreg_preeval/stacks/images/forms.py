# SPDX-License-Identifier: MIT
"""Stacks of images, or URIs of stacks, that a pattern, a folder or a list stands for."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH112, PTH118, PTH119, PTH120, PTH122

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ...errors import naming, printable_location, shorten
from ...text import list_names
from ..backend import Backend, FormatTable
from ..base import ImageSpec, StackSpec
from ..choices import AS_FOUND
from ..hints import HDF5_ENDINGS
from ..uris import UriMeaning, escape, is_uri, parse_uri, uri_text
from .file_patterns import files_like
from .folders import Contents, contents, without_parts
from .kinds import several_kinds
from .natural_order import Names, in_natural_order
from .patterns import Found, Match, Pattern, matches_of, read_pattern
from .resolve import image_spec, plain_meaning
from .spec import ImageFilesSpec
from .wildcards import STACK, has_wildcards, without_wildcards
from .within import check_alike, image_in, images_within, siblings_in

if TYPE_CHECKING:
    from ...options import Limits


NEVER_IMAGES: Final = (bytes, bytearray, bool, int, float, complex, Mapping, AbstractSet)
"""Types that no image of a list can have."""


class ImageStack(NamedTuple):
    """A stack made of images, or one that the images turned out to be."""

    name: str
    """What it is called among others of its pattern or folder; "" where it is the only one."""
    text: str
    """The text that names it alone."""
    images: list[UriMeaning]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    place: UriMeaning = UriMeaning("", "")
    """What tells its pattern or folder from others: the fixed text of file and path."""
    of_images: bool = False
    """Whether each match is one image, even a single one; else that may be the stack itself."""

    def spec(self, limits: Limits, formats: FormatTable) -> StackSpec:
        """Return the spec for opening it; no file is looked at, but where a single one may be the stack itself."""
        if len(self.images) == 1 and not self.of_images and holds_stacks(self.images[0], limits, formats):
            backend = formats.of(self.images)
            found = backend.expand(self.images, str(self.images[0]), plain=False)
            if len(found) > 1:
                raise ValueError(
                    f"{shorten(str(self.images[0]))} holds {len(found)} stacks: name one of them"
                )
            return spec_of_found(backend, found[0], limits, formats)
        images = tuple(_image_spec(meaning, limits, formats) for meaning in self.images)
        return ImageFilesSpec(images, limits, self.text, self.notes, self.warnings)


def stacks_meant(value: Any, formats: FormatTable) -> list[ImageStack] | None:
    """Return the stacks that a value stands for; None where it is no pattern and no folder.

    Parameters
    ----------
    value : str, Path or DataUrl
    formats : FormatTable

    Raises
    ------
    FileNotFoundError, KeyError
        When nothing matches.
    OSError
        When a folder or file cannot be read.
    TypeError, ValueError
        When the text has no meaning, a folder holds no images of one kind, or there is too much to look at.
    """
    pattern = read_pattern(value)
    found = None if pattern is None else matches_of(pattern, formats)
    if found is not None:
        return _stacks_of_pattern(found, formats)
    meaning = parse_uri(value)[0]
    if _is_folder(meaning, formats):
        inside = contents(meaning.file)
        images = _images_in(meaning, inside)
        return [_stack("", uri_text(value), images, filter(None, [inside.note]), (), meaning)]
    return None


def stacks_listed(
    value: Any, limits: Limits, formats: FormatTable, *, coherent: bool = True
) -> list[ImageStack | UriMeaning] | None:
    """Return what an argument, or an item of a list of stacks, stands for; None where it is no pattern and no folder.

    Files and datasets that are stacks themselves stand for one stack each, and so does every folder
    within a folder. Files and groups that hold images stand for one stack for each of these. The rest is as
    `stacks_meant` has it.

    Parameters
    ----------
    value : str, Path or DataUrl
    limits : Limits
    formats : FormatTable
    coherent : bool
        Whether the images that files hold have to belong together.
    """
    pattern = read_pattern(value)
    found = None if pattern is None else matches_of(pattern, formats)
    if found is None:
        meaning = parse_uri(value)[0]
        if not _is_folder(meaning, formats):
            return None
        return _stacks_of_folder(uri_text(value), meaning, limits, formats, coherent)
    if found.matches[0].stack is None:
        first = found.matches[0]
        if first.is_folder and _is_folder(first.meaning, formats):
            folders = ((match.meaning, contents(match.meaning.file)) for match in found.matches)
            return [
                stack
                for meaning, inside in folders
                for stack in _stacks_of_folders([os.path.basename(meaning.file)], [meaning], [inside])
            ]
        within = stacks_within(found, formats, coherent=coherent)
        if within:
            return list(within)
        if holds_stacks(first.meaning, limits, formats):
            whole = set(without_parts([match.meaning.file for match in found.matches]))
            return [match.meaning for match in found.matches if match.meaning.file in whole]
    return list(_stacks_of_pattern(found, formats))


def spec_of_list(items: Iterable[Any], limits: Limits, formats: FormatTable) -> ImageFilesSpec:
    """Return the spec of a stack of images given one by one; patterns and folders among them stand for theirs.

    Parameters
    ----------
    items : iterable, or array, of URIs, patterns and folders, and of arrays (h, w) between them
    limits : Limits
    formats : FormatTable

    Raises
    ------
    TypeError, ValueError, KeyError, OSError
        When an item can be no image; names its index.
    """
    images: list[ImageSpec] = []
    notes: dict[str, None] = {}
    warnings: dict[str, None] = {}
    for index, item in enumerate(items.ravel().tolist() if isinstance(items, np.ndarray) else items):
        with naming(f"image {index}"):
            if item is None or isinstance(item, NEVER_IMAGES):
                kind = "None" if item is None else type(item).__name__
                raise TypeError(f"an image must be a URI, pattern or folder, or a 2-D array, not {kind}")
            literal = not is_uri(item) or plain_meaning(item)
            stacks = None if literal else stacks_meant(item, formats)
            if stacks is None:
                images.append(image_spec(item, limits, formats))
                continue
            if len(stacks) > 1 or stacks[0].name:
                raise several(item, stacks)
            images += [_image_spec(meaning, limits, formats) for meaning in stacks[0].images]
            about = printable_location(uri_text(item))
            notes |= dict.fromkeys(f"{about}: {text}" for text in stacks[0].notes)
            warnings |= dict.fromkeys(f"{about}: {text}" for text in stacks[0].warnings)
    return ImageFilesSpec(tuple(images), limits, "", tuple(notes), tuple(warnings))


def files_of(value: Any) -> list[str]:
    """Return the files that a pattern or folder stands for; none where it is neither, or leads nowhere."""
    try:
        pattern = read_pattern(value)
        if pattern is not None:
            return [match.name for match in files_like(pattern.file)]
        folder = parse_uri(value)[0].file
        if not os.path.isdir(folder):
            return []
        inside = contents(folder)
        below = [contents(os.path.join(folder, name)) for name in inside.folders]
        held = [(each.folder, names) for each in (inside, *below) for names in each.kinds.values()]
        return [os.path.join(place, name) for place, names in held for name in names]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def several(value: Any, stacks: Sequence[ImageStack]) -> ValueError:
    """Return the error on a pattern that stands for several stacks where one is needed."""
    names = [stack.name for stack in stacks]
    return ValueError(
        f"{shorten(uri_text(value))} stands for {len(stacks)} stack{'s' * (len(stacks) > 1)}, one for each {STACK}: "
        f"{list_names(names)}; name one of them, as in {shorten(stacks[0].text)}"
    )


def only_one(value: Any, kind: str) -> ValueError:
    """Return the error on a pattern or folder of one stack where a ranking needs several; shows what to write."""
    text = uri_text(value)
    pattern = read_pattern(value)
    if pattern is None:
        example = os.path.join(os.path.dirname(text.rstrip("/\\")), STACK, "*")
    elif pattern.path:
        example = str(pattern.meaning(pattern.file, f"{pattern.path.rpartition('/')[0]}/{STACK}"))
    else:
        folder, name = os.path.split(pattern.file)
        inner = os.path.join(os.path.dirname(folder), STACK, name) if folder else f"{STACK}_{name}"
        example = str(pattern.meaning(inner, ""))
    return ValueError(
        f"this {kind} names one stack, and a ranking needs several: put {STACK} where their names differ, as in "
        f"{shorten(example)}, or give several, as a mapping {{name: pattern}} or a sequence"
    )


def holds_stacks(meaning: UriMeaning, limits: Limits, formats: FormatTable) -> bool:
    """Return whether a file or dataset is a stack of images, or holds such, and is not one image."""
    backend = formats.of([meaning])
    try:
        backend.image_spec(meaning, limits, AS_FOUND).examine()
    except (ValueError, TypeError, KeyError, OSError):
        pass
    else:
        return False
    try:
        found = backend.expand([meaning], str(meaning), plain=True)
        with spec_of_found(backend, found[0], limits, formats).open() as source:
            return source.shape[0] > 0
    except (ValueError, TypeError, KeyError, OSError):
        return False


def spec_of_found(backend: Backend, meaning: UriMeaning, limits: Limits, formats: FormatTable) -> StackSpec:
    """Return the spec of one of the stacks that `Backend.expand` gave, of images where it is made of such."""
    made = backend.images_of(meaning)
    if made is None:
        return backend.spec(meaning, limits)
    images, note = made
    return _stack("", str(meaning), images, [note], (), meaning).spec(limits, formats)


def stacks_within(found: Found, formats: FormatTable, *, coherent: bool) -> list[ImageStack]:
    """Return the stacks of the images that each of several files holds; none where these are no such files."""
    places = [match.meaning for match in found.matches]
    within = images_within(places[0], formats.of(places[:1]), coherent=coherent)
    if len(within) == 1 and not places[0].path.strip("/"):
        return []  # the images of one stack, each the only one of its file
    check_alike(within, places, formats)
    siblings = siblings_in(found, within, formats)
    if siblings is not None:
        return _stacks_of_pattern(siblings, formats)
    stacks = []
    for name, image in within.items():
        images = [image_in(each, image, places[0]) for each in places]
        text = str(image_in(found.pattern.meaning(found.pattern.file, found.pattern.path), image, places[0]))
        stacks.append(_stack(name, text, images, (), found.warnings(), _place_of(found.pattern)))
    return stacks


def _stacks_of_pattern(found: Found, formats: FormatTable) -> list[ImageStack]:
    by_stack = found.of_stacks()
    place = _place_of(found.pattern)
    if not by_stack:
        images, notes = _images_of(found.matches, formats)
        # How many files there are must not decide what a pattern means.
        stack = _stack("", str(found.pattern), images, notes, found.warnings(), place)
        return [stack._replace(of_images=True)]
    stacks = []
    for value, matches in by_stack.items():
        images, notes = _images_of(matches, formats)
        text = found.pattern.of_stack(value, in_some=bool(found.lacking(value) or found.without))
        expected = found.names_of(value)
        stacks.append(_stack(value, text, images, notes, found.warnings(value), place, expected))
    return stacks


def _images_of(matches: Sequence[Match], formats: FormatTable) -> tuple[list[UriMeaning], list[str]]:
    """Return the images that a pattern matches, and notes on what was left out; folders stand for the images in them."""
    images: list[UriMeaning] = []
    notes: list[str] = []
    for match in matches:
        if match.is_folder and _is_folder(match.meaning, formats):
            inside = contents(match.meaning.file)
            images += _images_in(match.meaning, inside)
            notes += filter(None, [inside.note])
        else:
            images.append(match.meaning)
    return images, notes


def _images_in(folder: UriMeaning, inside: Contents) -> list[UriMeaning]:
    return [folder._replace(file=os.path.join(folder.file, name)) for name in inside.images]


def _stack(
    name: str,
    text: str,
    images: list[UriMeaning],
    notes: Iterable[str],
    warnings: Iterable[str],
    place: UriMeaning,
    expected: Sequence[Names] | None = None,
) -> ImageStack:
    """Put images in natural order, and say so."""
    named: list[Names] = [(meaning.file, meaning.path) for meaning in images]
    ordered = in_natural_order(named, expected)
    said = tuple(dict.fromkeys([ordered.note, *notes]))
    worrying = (*warnings, *filter(None, [several_kinds(named), ordered.warning]))
    return ImageStack(name, text, [images[index] for index in ordered.order], said, worrying, place)


def _stacks_of_folder(
    text: str, meaning: UriMeaning, limits: Limits, formats: FormatTable, coherent: bool
) -> list[ImageStack | UriMeaning]:
    """Return what a folder is as an argument: files that are stacks, one stack, or its folders."""
    inside = contents(meaning.file)
    if inside.kinds or not inside.folders:
        images = _images_in(meaning, inside)
        if holds_stacks(images[0], limits, formats):
            return list(images)
        if images[0].file.lower().endswith(HDF5_ENDINGS):
            # Maps in each of them.
            ending = next(iter(inside.kinds))
            pattern = os.path.join(escape(meaning.file), f"*{ending}")
            return stacks_listed(pattern, limits, formats, coherent=coherent) or []
        return [_stack("", text, images, filter(None, [inside.note]), (), meaning)]
    paths = [meaning._replace(file=os.path.join(meaning.file, name)) for name in inside.folders]
    holding = [(each, contents(each.file)) for each in paths]
    holding = [one for one in holding if one[1].known] or [one for one in holding if one[1].kinds]
    if not holding:
        inside.images  # noqa: B018 - raises the error that says what is there
    names = [os.path.basename(each.file) for each, _ in holding]
    return list(_stacks_of_folders(names, [each for each, _ in holding], [its for _, its in holding]))


def _stacks_of_folders(
    names: Sequence[str], folders: Sequence[UriMeaning], held: Sequence[Contents]
) -> list[ImageStack]:
    found = []
    for name, folder, inside in zip(names, folders, held, strict=True):
        with naming(printable_location(folder.file)):
            images = _images_in(folder, inside)
        found.append(_stack(name, str(folder), images, filter(None, [inside.note]), (), folder))
    return found


def _is_folder(meaning: UriMeaning, formats: FormatTable) -> bool:
    return not meaning.path and os.path.isdir(meaning.file) and not formats.has_folder(meaning.file)


def _image_spec(meaning: UriMeaning, limits: Limits, formats: FormatTable) -> ImageSpec:
    if meaning.problem:
        raise ValueError(meaning.problem)
    return formats.of([meaning]).image_spec(meaning, limits, AS_FOUND)


def _place_of(pattern: Pattern) -> UriMeaning:
    """Return what a pattern is called among others: its fixed text."""
    stem, ending = os.path.splitext(pattern.file)
    return UriMeaning(_fixed(stem) + ending, _fixed(pattern.path), pattern.asked.indices)


def _fixed(text: str) -> str:
    """Return a path without wildcards, and without what they leave no word of."""
    root = "/" if text.startswith("/") else ""
    parts = [part for part in text.replace(os.sep, "/").split("/") if part]
    words = [without_wildcards(part) if has_wildcards(part) else part for part in parts]
    kept = [w for w, part in zip(words, parts, strict=True) if w == part or any(map(str.isalpha, w))]
    return root + "/".join(kept)
