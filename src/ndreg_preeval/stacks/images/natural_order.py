# SPDX-License-Identifier: MIT
"""The order of images that are named one by one: by the numbers in their names, as a person counts."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ...errors import clip
from ...text import NATURAL_ORDER

SIGNED: Final = r"(?:(?:(?<=[_=(\[ ])|^)[+-])?"
"""A sign is one only after what separates words: ``tilt_-30`` is below zero, ``2024-01-05`` and ``im-5`` are not."""

COUNTS: Final = re.compile(f"({SIGNED}[0-9]+)")
"""Whole numbers: every point separates."""

DECIMALS: Final = re.compile(rf"({SIGNED}(?<![0-9]\.)[0-9]+\.[0-9]+(?!\.?[0-9])|{SIGNED}[0-9]+)")
"""Numbers with a point, but for those of several points, such as dates and versions."""

POINTED: Final = re.compile(r"(?<![0-9])(?<![0-9]\.)([0-9]+\.[0-9]+)(?!\.?[0-9])")

PART_OF_SCAN: Final = re.compile(r"[0-9]+\.[0-9]+")
"""Names of scans in files of SPEC and BLISS: the scan, a point, and which of its parts."""

MINUS: Final = re.compile(r"(?<=[A-Za-z])-(?=[0-9])")
"""A minus that may be a sign or a hyphen."""

HOLES_SHOWN: Final = 6
"""Largest number of runs of missing numbers that a warning names."""

Names = tuple[str, ...]
"""Names of an image: its file, and perhaps the path of a dataset."""


class Ordered(NamedTuple):
    """Images in natural order, and what there is to say of it."""

    order: list[int]
    """Positions of the images, first to last."""
    note: str
    """How they were ordered, from the first to the last."""
    warning: str
    """Names the numbers that are missing, or a minus that was not taken as one; empty where there is neither."""


def natural_sorted(texts: Iterable[str]) -> list[str]:
    """Return names in natural order.

    >>> natural_sorted(["im_10.tif", "im_2.tif", "im_1.tif"])
    ['im_1.tif', 'im_2.tif', 'im_10.tif']
    >>> natural_sorted(["scan_7.2_keV", "scan_7.112_keV"])
    ['scan_7.112_keV', 'scan_7.2_keV']
    >>> natural_sorted(["/10.1/Ca", "/2.1/Ca"])
    ['/2.1/Ca', '/10.1/Ca']
    """
    listed = list(texts)
    decimals = points_are_decimal(listed)
    return sorted(listed, key=lambda text: natural_key(text, decimals=decimals))


def natural_key(text: str, *, decimals: bool = True) -> tuple[Any, ...]:
    """Return a key that sorts a name, or a path component by component, in natural order.

    Numbers count by their value, whatever their leading zeros; text by its characters. Names that
    only differ in leading zeros come in the order of their characters.

    Parameters
    ----------
    text : str
    decimals : bool
        Whether a number with a point is a decimal number, else two whole numbers. A component
        that is nothing but such a number (``/10.1/``) is always two: a scan and its part.
    """
    return tuple(_component_key(part, decimals) for part in _parts(text)), text


def points_are_decimal(texts: Iterable[str]) -> bool:
    """Return whether numbers with a point are decimal numbers, as energies are, rather than two counts.

    They are, unless some have more digits behind the point than others, of which one ends in 0 (``1.9``,
    ``1.10``), and none begins with 0: nobody writes an energy so. What all names share says nothing.
    """
    numbers = [
        {
            number
            for part in _parts(text)
            if not PART_OF_SCAN.fullmatch(part)
            for number in POINTED.findall(part)
        }
        for text in texts
    ]
    shared = set.intersection(*numbers) if len(numbers) > 1 else set()
    found = {number.partition(".")[2] for each in numbers for number in each - shared}
    fewest = min(map(len, found), default=0)
    longer = [digits for digits in found if len(digits) > fewest]
    if not longer or any(len(digits) > 1 and digits.startswith("0") for digits in found):
        return True
    return not any(digits.endswith("0") for digits in longer)


def in_natural_order(images: Sequence[Names], expected: Sequence[Names] | None = None) -> Ordered:
    """Order images by file, and those of one file by their paths.

    Parameters
    ----------
    images : sequence of tuple of str
        The file of each image, and the path in it if it has one.
    expected : sequence of tuple of str, optional
        The images that there should be, where it is told otherwise which of them are not there.
    """
    decimals = points_are_decimal("/".join(names) for names in images)
    # Many images share a file, or a path.
    keys: dict[str, tuple[Any, ...]] = {}
    for names in images:
        for text in names:
            if text not in keys:
                keys[text] = natural_key(text, decimals=decimals)
    order = sorted(range(len(images)), key=lambda index: [keys[text] for text in images[index]])
    first, last = (clip("::".join(filter(None, images[index])), 160) for index in (order[0], order[-1]))
    note = f"Its {len(images)} {NATURAL_ORDER}, from {first!r} to {last!r}."
    if len(images) == 1:
        note = f"It has one image, {first!r}."
    elif _order_depends_on_points(images, decimals):
        kind = "decimal numbers" if decimals else "two whole numbers each"
        note = f"{note[:-1]}; numbers with a point count as {kind}."
    warning = missing_numbers(images if expected is None else expected) or doubtful_sign(images)
    return Ordered(order, note, warning)


def doubtful_sign(images: Sequence[Names]) -> str:
    """Return a sentence on names with and without a minus behind text, as ``tilt-30`` and ``tilt30``; "" where none are."""
    texts = ["::".join(names) for names in images]
    without = {re.sub("[0-9]+", "0", text) for text in texts}
    for text in texts:
        plain = MINUS.sub("", text)
        if plain != text and re.sub("[0-9]+", "0", plain) in without:
            return (
                f"The minus in {clip(text, 160)!r} is no sign, as it comes right behind text, and others have none there: if it is "
                "one, give the images as a list, in their order."
            )
    return ""


def missing_numbers(images: Sequence[Names]) -> str:
    """Return a sentence on the numbers that are missing in the names of images; "" where none is.

    There is one running number: all else is the same in all names. It goes up by a constant step but for
    a few places. Numbers that come twice, and any step, are no holes.
    """
    split = [re.split("([0-9]+)", "::".join(names)) for names in images]
    if len({len(parts) for parts in split}) != 1:
        return ""
    columns = list(zip(*split, strict=True))
    running = [place for place, column in enumerate(columns) if len(set(column)) > 1]
    if not running or not all(_is_number(text) for place in running for text in columns[place]):
        return ""
    # A number in the name of the folder and in that of the file (scan_7/im_0007) is one number.
    if len({tuple(map(int, columns[place])) for place in running}) > 1:
        return ""
    if any(_is_fraction(columns, place) for place in running):
        return ""
    numbers = sorted({int(text) for text in columns[running[0]]})
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    if len(steps) < 2:
        return ""
    step = min(steps)
    missing = (numbers[-1] - numbers[0]) // step + 1 - len(numbers)
    several_steps = any(a == b == c != step for a, b, c in zip(steps, steps[1:], steps[2:], strict=False))
    if not missing or several_steps or missing >= len(numbers) or any(each % step for each in steps):
        return ""
    if Counter(steps)[step] <= len(steps) // 2:
        return ""
    holes = [
        (before + step, after - step)
        for before, after in itertools.pairwise(numbers)
        if after - before > step
    ]
    named = [str(low) if low == high else f"{low} to {high}" for low, high in holes[:HOLES_SHOWN]]
    more = ", ..." if len(holes) > HOLES_SHOWN else ""
    by = "" if step == 1 else f" in steps of {step}"
    return (
        f"The numbers of its images go from {numbers[0]} to {numbers[-1]}{by}, but {missing} "
        f"{'is' if missing == 1 else 'are'} missing: {', '.join(named)}{more}."
    )


def _parts(text: str) -> list[str]:
    return re.split(r"[/\\]", text)


@functools.lru_cache(maxsize=4096)  # most images share their folders
def _component_key(part: str, decimals: bool) -> tuple[Hashable, ...]:
    numbers = DECIMALS if decimals and not PART_OF_SCAN.fullmatch(part) else COUNTS
    # Text and numbers take turns, and text comes first: like is compared with like.
    return tuple(Decimal(text) if index % 2 else text for index, text in enumerate(numbers.split(part)))


def _order_depends_on_points(images: Sequence[Names], decimals: bool) -> bool:
    if not any(POINTED.search(text) for text in images[0]):
        return False
    mine, others = (
        [[natural_key(text, decimals=each) for text in names] for names in images]
        for each in (decimals, not decimals)
    )
    return sorted(range(len(images)), key=mine.__getitem__) != sorted(
        range(len(images)), key=others.__getitem__
    )


def _is_fraction(columns: Sequence[Sequence[str]], place: int) -> bool:
    """Return whether a number is what follows the point of another one."""
    return place >= 3 and set(columns[place - 1]) == {"."}


def _is_number(text: str) -> bool:
    # What is longer counts nothing, and int() would refuse it.
    return text.isascii() and text.isdigit() and len(text) <= 18
