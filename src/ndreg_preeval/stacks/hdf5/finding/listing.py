# SPDX-License-Identifier: MIT
"""Words for what a search found, of bounded length: for errors about groups."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Final

from ....errors import clip, shorten
from ....text import FOUND_IN_FILE, FOUND_IN_GROUP, list_names
from ...pixel_checks import without_spare_axis
from ..nexus import IS_DAMAGED, IS_EMPTY, Left
from .candidates import MAX_SLICES, Candidate, Found, stacks_axis
from .walk import MAX_BROKEN, Seen

MAX_TOLD: Final = 6
"""Largest number of datasets that a message names."""

SIGNAL: Final = "the signal, "
"""Begins the words for a signal of NXdata that has more axes than a stack."""

MAX_PATTERNS: Final = 3
"""Largest number of patterns that a message names beside the datasets."""


def describe(found: Found, group: str = "", file: str = "") -> str:
    """Return, for a message, what there is below a group; "" where there is nothing.

    Parameters
    ----------
    found : Found
    group : str
        Path of the group, where those found begin with a dot.
    file : str
        Name of the file, as the user knows it.
    """
    group_of = found.group()
    stacks = [each for each in found.candidates if each.indices is None]
    first = {each.path for each in group_of}
    stacks = group_of + [each for each in stacks if each.path not in first]
    items = [(each.path, _words(each)) for each in stacks]
    more_axes = [(each.path, f"{_signal(each)}{_slices(each.shape)}") for each in found.more_axes]
    # Stacks beside a signal of more axes are no group: that comes first then.
    items = (
        items + more_axes if group_of else sorted(more_axes + items, key=lambda item: SIGNAL not in item[1])
    )
    one = len(items) == 1
    ways_out = ["name it" if one else "name them"] if items else []
    if group_of:
        which = "it" if one else "them all" if len(group_of) == len(items) else f"the first {len(group_of)}"
        of_group = "its group" if one else "their group"
        ways_out.append(f"rank_stacks takes {which} by the URI of {of_group} alone")
    for each in found.elements:
        items.append((each.path, f"one image for each of {list_names(each.names)}"))
    if found.elements or not items:
        ways_out.append(
            f"several such files are a stack for each of these, by a pattern as {shorten(pattern_of(file))} (for a shell in quotes)"
        )
    if not items:
        items = [(each.path, f"one image of {_size(each.shape)}") for each in found.images]
    ends = _unequal(found) + _stopped(found)
    if not items:
        return ends
    shown = [
        (f"{group.rstrip('/')}{path[1:]}" if path[0] == "." else path, text)
        for path, text in items[:MAX_TOLD]
    ]
    told = ", ".join(_joined(shown))
    more = f" and {len(items) - MAX_TOLD} more" if len(items) > MAX_TOLD else ""
    there = f"{'below' if group.strip('/') else 'in'} it there {'is' if len(items) == 1 else 'are'}"
    return f"; {there} {told}{more}: {'; '.join(ways_out)}{ends}"


def pattern_of(file: str) -> str:
    """Return a pattern of files like this one, whose names differ in the last number.

    >>> pattern_of("run2/scan_0007.h5")
    'run2/scan_*.h5'
    """
    folder, slash, name = file.rpartition("/")
    stem, point, ending = name.rpartition(".")
    found = re.fullmatch(r"(.*?)[0-9]+([^0-9]*)", stem or ending, re.DOTALL)
    if not found:
        return "scan_*.h5"
    return f"{folder}{slash}{found[1]}*{found[2]}{point}{ending if stem else ''}"


def taken(candidate: Candidate, *, file: bool) -> str:
    """Return, for a person, which dataset a search took where a file, or a group of it, alone was named."""
    found = FOUND_IN_FILE if file else FOUND_IN_GROUP
    return f"{found}: {shorten(candidate.path)} ({_words(candidate)})."


def images_words(shape: tuple[int, ...] | None) -> str:
    """Return the number of images and their size, in words."""
    if shape is None:
        return "a series in parts"
    return f"{shape[0]} image{'s' if shape[0] != 1 else ''} of {_size(shape)}"


def link_warnings(broken: dict[str, str]) -> list[str]:
    """Return a sentence for each broken link, and one for those beyond a number."""
    told = []
    for path, reason in itertools.islice(broken.items(), MAX_BROKEN):
        if reason.startswith(IS_EMPTY):
            shape = reason.removeprefix(IS_EMPTY)
            told.append(f"{shorten(path)} holds no pixel (its shape is {shape}) and is left out")
            continue
        damaged = reason.startswith(IS_DAMAGED)
        what = "damaged object" if damaged else "broken link"
        told.append(f"{what} {shorten(path)}: {clip(reason.removeprefix(IS_DAMAGED), 600)}")
    more = len(broken) - len(told)
    return (
        [*told, f"{more} more links are broken, or lead to what cannot be read or holds no pixel"]
        if more
        else told
    )


def left_warnings(left: Sequence[Left]) -> list[str]:
    """Return a sentence for each signal that is not taken while other stacks are."""
    told = [
        f"{shorten(each.path)} of the shape {each.shape} is a signal of NXdata, and is left out: "
        f"{each.why or _ask(each.shape)}"
        for each in left[:MAX_TOLD]
    ]
    if len(left) > MAX_TOLD:
        told.append(f"{len(left) - MAX_TOLD} more signals of NXdata are left out")
    return told


def _ask(shape: tuple[int, ...]) -> str:
    if len(without_spare_axis(shape, 3)) == 4:
        return "its names do not tell which axis counts stacks (&stacks= says which)"
    return f"it has {len(shape)} axes (name it, and by &slice= what to take of it)"


def _signal(seen: Seen) -> str:
    return SIGNAL if seen.signal else ""


def _joined(items: list[tuple[str, str]]) -> list[str]:
    """Paths, those in a row that are alike with one remark."""
    found = []
    for remark, some in itertools.groupby(items, key=lambda item: item[1]):
        paths = [shorten(path) for path, _ in some]
        each = " each" if len(paths) > 1 and not remark.startswith(("one", "a ", "several")) else ""
        found.append(f"{', '.join(paths)} ({remark}{each})")
    return found


def _words(candidate: Candidate) -> str:
    return "several stacks along an axis" if candidate.several else images_words(candidate.shape)


def _slices(shape: tuple[int, ...]) -> str:
    cut = ",0" * (len(shape) - 3)
    all_ = ", or all by &stacks=0" if len(shape) == 4 else ""
    return f"{_by(shape)}: take some by &slice=:{cut} or &slice=...{cut}{all_}"


def _size(shape: tuple[int, ...] | None) -> str:
    return _by((shape or ())[-2:])


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _unequal(found: Found) -> str:
    if not found.unequal:
        return ""
    patterns = ", ".join(shorten(each) for each in found.unequal[:MAX_PATTERNS])
    return f"; the images of {patterns} have several shapes, which no stack can have"


def _stopped(found: Found) -> str:
    return f"; the search ended after {found.stopped}, and there may be more" if found.stopped else ""


def list_warnings(found: Found) -> list[str]:
    """Return what to tell of a list of candidates: where it is a guess, and where it ends early."""
    told = []
    for each in found.more_axes:
        if len(without_spare_axis(each.shape, 3)) != 4:
            told += left_warnings([Left(each.path, each.shape)] if each.signal else [])
            continue
        axis = stacks_axis(each.shape)
        cut = each.shape[axis] > MAX_SLICES
        told.append(
            f"{shorten(each.path)} of the shape {each.shape} is listed as stacks along axis {axis}, which its names "
            f"do not tell (&stacks= says which){f'; of these the first {MAX_SLICES}' if cut else ''}"
        )
    if len(told) > MAX_TOLD:
        told[MAX_TOLD:] = [f"so are {len(told) - MAX_TOLD} more"]
    if found.stopped:
        told.append(
            f"the search for stacks ended after {found.stopped}: there may be more; name a group further down"
        )
    return told
