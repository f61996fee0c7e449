# SPDX-License-Identifier: MIT
"""Texts and numbers that are said of a ranking and of its stacks on a page, without any markup."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...results import percent, trust_word, worst_position
from ...text import printable, short_number, text_of
from ..colours import TRUST, trust_of
from .chart import Chart, chart_of

if TYPE_CHECKING:
    from ...results import InputRead, RankingData, StackScore

NAME: Final = 200
"""Most characters of the name of a stack."""
TEXT: Final = 4096
"""Most characters of a message."""
UNKNOWN: Final = -1.0
"""Probability by which a stack is sorted that has none."""
NOT_COMPARED: Final = "no image was compared"
LOWEST: Final = 5
"""Number of images that are listed of a stack: those with the lowest values."""


@dataclass(frozen=True)
class Cell:
    """A number in a table: how it is written, and by what it is sorted."""

    text: str
    key: float | None = None


@dataclass(frozen=True)
class StackFacts:
    """What is said of a stack."""

    number: int
    name: str
    rank: Cell
    score: Cell
    bar: float
    """Length of its bar, of 100."""
    trusted: str
    """Key of `TRUST`."""
    standing: str
    """Rank, score and trust in a sentence."""
    trust: Cell
    images: Cell
    worst: Cell
    median: Cell
    shift: Cell
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    error: str
    chart: Chart | None
    lowest: tuple[tuple[str, ...], ...]
    """Rows of the images with the lowest values: image, value, dy, dx."""


@dataclass(frozen=True)
class RankingFacts:
    """What is said of a ranking."""

    title: str
    basis: str
    trust: str
    warnings: tuple[str, ...]
    stacks: tuple[StackFacts, ...]
    legend: tuple[tuple[str, str], ...]
    """Keys of `TRUST` that occur, and their words."""


def ranking_facts(ranking: RankingData, *, images: bool = True) -> RankingFacts:
    """Say what there is to say of a ranking; of each image where `images` says so."""
    stacks = list(ranking.stacks.items())
    longest = max([abs(stack.score) for _, stack in stacks if math.isfinite(stack.score)], default=0) or 1.0
    ranked = ranking.ranked_stack_names is not None
    inputs: list[InputRead | None] = list(ranking.provenance.inputs) if ranking.provenance is not None else []
    if len(inputs) != len(stacks):  # nobody knows
        inputs = [None] * len(stacks)
    facts = tuple(
        stack_facts(stack, key, number, longest, ranked, read, images=images)
        for number, ((key, stack), read) in enumerate(zip(stacks, inputs, strict=True), start=1)
    )
    seen = {each.trusted for each in facts}
    return RankingFacts(
        title=_title(ranking),
        basis=_basis(ranking),
        trust=_clean(ranking.trust, TEXT),
        warnings=tuple(_clean(text, TEXT) for text in ranking.warnings),
        stacks=facts,
        legend=tuple((key, words) for key, (_, words) in TRUST.items() if key in seen),
    )


def stack_facts(
    stack: StackScore,
    key: Any,
    number: int = 1,
    longest: float = 1.0,
    ranked: bool = False,
    read: InputRead | None = None,
    *,
    images: bool = True,
) -> StackFacts:
    """Say what there is to say of a stack.

    Parameters
    ----------
    stack : StackScore
        What to speak of.
    key : object
        The caller's key.
    number : int
        Its place in the ranking, from 1.
    longest : float
        The score whose bar is the longest.
    ranked : bool
        Whether `number` is a rank.
    read : InputRead, optional
        What is known of its files.
    images : bool
        Speak of each image, too.
    """
    score = float(stack.score)
    compared = len(stack.image_indices) > 0
    trusted = trust_of(stack) if compared else "unknown"
    return StackFacts(
        number=number,
        name=_clean(key, NAME),
        rank=Cell(str(number), number) if ranked and stack.rankable else Cell("\u2013", math.inf),
        score=Cell(short_number(score), score) if stack.rankable else Cell("not ranked", -math.inf),
        bar=round(100 * max(score, 0.0) / longest, 2) if math.isfinite(score) else 0.0,
        trusted=trusted,
        standing=_standing(
            stack, number if ranked else None, TRUST[trusted][1] if compared else NOT_COMPARED
        ),
        trust=_trust(stack),
        images=Cell(str(stack.n_images), int(stack.n_images)),
        worst=_worst(stack),
        median=_median(stack),
        shift=_shift(stack),
        facts=_facts(stack, read),
        reasons=tuple(_clean(text, TEXT) for text in stack.reasons),
        warnings=() if stack.error is not None else tuple(_clean(text, TEXT) for text in stack.warnings),
        error="" if stack.error is None else f"Not read: {_clean(stack.error, TEXT)}",
        chart=chart_of(stack) if images else None,
        lowest=_lowest(stack) if images else (),
    )


def _clean(text: object, most: int) -> str:
    """Text without control characters and the like: these could turn what is around them, or hide it."""
    return printable(text_of(text), most, keep_end=most == NAME)


def _title(ranking: RankingData) -> str:
    if ranking.reference_stack is None:
        return "No reference stack"
    name = _clean(ranking.reference_stack, NAME)
    return f"{'Reference stack' if ranking.ranked_stack_names is None else 'Stack to align with'}: {name}"


def _basis(ranking: RankingData) -> str:
    if ranking.reference_stack is None:
        return "No ranking was asked for."
    if ranking.ranked_stack_names is None:
        return "It was chosen by the caller: nothing was scored."
    number = len(ranking.ranked_stack_names)
    stacks = "1 stack" if number == 1 else f"{number} stacks"
    return f"Best of {stacks}, by the method {_clean(ranking.method.name, 60)}."


def _standing(stack: StackScore, rank: int | None, images: str) -> str:
    parts = [f"score {short_number(float(stack.score))}"] if stack.rankable else ["not ranked"]
    if rank is not None and stack.rankable:
        parts.insert(0, f"rank {rank}")
    if stack.rankable and (trust := _trust(stack)).key != UNKNOWN:
        parts.append(trust.text)
    text = "; ".join([*parts, images])
    return f"{text[:1].upper()}{text[1:]}."


def _trust(stack: StackScore) -> Cell:
    word = trust_word(stack.trust)
    if stack.error is not None:
        return Cell("not read", UNKNOWN)
    if not word or not stack.rankable:
        return Cell("\u2013", UNKNOWN)
    of = len(stack.image_indices)
    about = "" if stack.n_judged == of else f" ({stack.n_judged} of {of} images)"
    return Cell(f"{word}, {percent(stack.trust)}{about}", float(stack.trust))


def _value(value: float) -> str:
    if not math.isfinite(value):
        return "\u2013"
    return "< 0.01" if 0 < value < 0.01 else f"{value:.2f}" if value < 100 else f"{value:.4g}"


def _worst(stack: StackScore) -> Cell:
    position = worst_position(stack)
    if position is None:
        return Cell("\u2013", math.inf)
    value = float(stack.values[position])
    return Cell(f"{stack.image_indices[position]} ({_value(value)})", value)


def _median(stack: StackScore) -> Cell:
    values = np.asarray(stack.probability, dtype=float)
    median = float(np.median(values)) if len(values) else math.nan
    return Cell(_value(median), median if math.isfinite(median) else -1.0)


def _shift(stack: StackScore) -> Cell:
    """Median and range of the length of the shifts, in pixels."""
    if not len(stack.shifts):
        return Cell("\u2013", -1.0)
    length = np.hypot(*np.asarray(stack.shifts, dtype=float).T)
    middle, low, high = float(np.median(length)), float(length.min()), float(length.max())
    return Cell(f"{middle:.1f} ({low:.1f} to {high:.1f})", middle)


def _facts(stack: StackScore, read: InputRead | None) -> tuple[tuple[str, str], ...]:
    height, width = stack.shape
    facts = [("Images", f"{stack.n_images} of {height} \u00d7 {width} pixels, {_clean(stack.dtype, 60)}")]
    if stack.error is not None:
        facts = []
    references = {int(image) for image in stack.reference_indices}
    if len(references) == 1:
        facts.append(("Compared with", f"image {min(references)}"))
    elif references:
        facts.append(("Compared with", "the image before"))
    if len(stack.image_indices):
        facts.append(("Precision", _clean(stack.precision, 60)))
    if int(np.sum(stack.invalid_pixels)):
        facts.append(("Pixels replaced", f"{int(np.sum(stack.invalid_pixels))} in the compared images"))
    if int(np.sum(stack.static_pixels)):
        facts.append(("Static outliers", f"up to {int(np.max(stack.static_pixels))} in an image"))
    facts.append(("From", _clean(stack.location, TEXT) if stack.location else "memory"))
    if read is not None and read.files:
        facts.append(("Files", _files(read)))
    return tuple(facts)


def _files(read: InputRead) -> str:
    words = ["1 file" if read.files == 1 else f"{read.files} files"]
    if read.size is not None:
        words.append(f"{read.size:,} bytes".replace(",", " "))
    if read.modified is not None:
        # To the second, for people.
        words.append(f"last changed {re.sub(r'[.][0-9]+', '', _clean(read.modified, 60)).replace('T', ' ')}")
    return ", ".join(words)


def _lowest(stack: StackScore) -> tuple[tuple[str, ...], ...]:
    values = np.asarray(stack.values, dtype=float)
    order = np.argsort(values, kind="stable")[:LOWEST]
    return tuple(
        (
            str(stack.image_indices[position]),
            _value(float(values[position])),
            *(f"{round(float(each), 1) + 0.0:.1f}" for each in stack.shifts[position]),
        )
        for position in order
    )
