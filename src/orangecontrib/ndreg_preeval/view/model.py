# SPDX-License-Identifier: MIT
"""A result as texts and numbers, without a word on how they are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ndreg_preeval.report import flag_words, trust_of
from ndreg_preeval.results import worst_position
from ndreg_preeval.text import printable, short_number, text_of

if TYPE_CHECKING:
    from ndreg_preeval import Ranking, StackScore

COLUMNS: Final = ("rank", "stack", "score", "all align", "worst image", "images", "why not")
NAME_WIDTH: Final = 60
WHY_WIDTH: Final = 120
WIDE: Final = 30
"""Ratio of the largest to the smallest value from which the axis is logarithmic."""


class Row(NamedTuple):
    """A stack in the table, one text for each of `COLUMNS`."""

    cells: tuple[str, ...]
    verdict: str
    """One of the keys of `ndreg_preeval.report.TRUST`; "none" where nothing was scored."""


class Curve(NamedTuple):
    """The values of the images of one stack."""

    images: NDArray[np.intp]
    values: NDArray[np.float64]
    label: str
    is_probability: bool
    logarithmic: bool


class Model:
    """A ranking, or the bare names of stacks when nothing was ranked.

    Parameters
    ----------
    ranking : Ranking, optional
        The result; without one, or with one that scored nothing, only names are known.
    names : sequence
        Keys of the stacks in the order to show them, where `ranking` scored none.
    chosen : object, optional
        The reference stack, where there is no ranking.
    note : str
        Why nothing was scored.
    """

    def __init__(
        self,
        ranking: Ranking | None = None,
        names: Sequence[Any] = (),
        chosen: Any = None,
        note: str = "nothing was ranked",
    ) -> None:
        self.note = note
        self.ranking = ranking
        self.scores: tuple[StackScore, ...] = () if ranking is None else ranking.stack_scores
        self.names: list[Any] = [stack.name for stack in self.scores] or list(names)
        self.chosen = chosen if ranking is None else ranking.reference_stack

    def headline(self) -> str:
        """Stack to align by, in one line."""
        if self.chosen is None or self.chosen == "":
            return f"No stack was chosen: {self.note}" if self.names else "Nothing to show yet"
        name = printable(self.chosen, NAME_WIDTH)
        return f"Align by: {name}" + ("" if self.scores else f" ({self.note})")

    def trust(self) -> str:
        """Words on which stacks will align; empty when nothing was scored."""
        return "" if self.ranking is None or not self.scores else self.ranking.trust

    def rows(self) -> list[Row]:
        """The table, best stack first."""
        if self.scores:
            return [_row(rank, stack) for rank, stack in enumerate(self.scores, start=1)]
        empty = ("-",) * (len(COLUMNS) - 3)
        return [Row(("-", printable(name, NAME_WIDTH), *empty, ""), "none") for name in self.names]

    def start(self) -> tuple[int, int]:
        """Stack and image to look at first: the worst image of the best stack, or of the chosen one."""
        row = self.names.index(self.chosen) if self.chosen in self.names else 0
        return row, self.first_image(row)

    def first_image(self, row: int) -> int:
        """Image to look at first in a stack: its worst one."""
        worst = self.scores[row].worst_image if self.scores else None
        return 0 if worst is None else worst

    def n_images(self, row: int) -> int | None:
        """Images in a stack; None where that is not known before it is opened."""
        return self.scores[row].n_images if self.scores else None

    def why(self, row: int) -> list[tuple[str, list[str]]]:
        """Headings and sentences about one stack, about the last one, and about the whole ranking."""
        if not self.scores or self.ranking is None:
            return []
        stack, last = self.scores[row], self.scores[-1]
        said = [self._verdict(row)]
        # What an error says stands in the warnings, too.
        notes = [text_of(text) for text in stack.warnings if stack.error is None]
        if notes:
            said.append((f"About {printable(stack.name, NAME_WIDTH)}", notes))
        if last is not stack and _doubts(last):
            said.append((f"Ranked last: {printable(last.name, NAME_WIDTH)}", _doubts(last)))
        if self.ranking.warnings:
            said.append(("About the ranking", [text_of(text) for text in self.ranking.warnings]))
        return said

    def _verdict(self, row: int) -> tuple[str, list[str]]:
        assert self.ranking is not None
        stack = self.scores[row]
        title = f"{printable(stack.name, NAME_WIDTH)}, rank {row + 1} of {len(self.scores)}"
        if stack.error is not None:
            return f"{title}: could not be read", [text_of(stack.error)]
        if stack.reasons:
            return f"{title}: images that will probably not align", _doubts(stack)
        if not len(stack.values):
            return f"{title}: nothing to compare", []
        if self.ranking.method.asks_opinion:
            return f"{title}: every image is trusted", []
        return f"{title}: {self.ranking.trust}", []

    def curve(self, row: int) -> Curve | None:
        """The value of every compared image; None where nothing was compared."""
        if not self.scores or self.ranking is None or not len(self.scores[row].values):
            return None
        stack = self.scores[row]
        values = np.asarray(stack.values, dtype=float)
        if self.ranking.method.asks_opinion:
            return Curve(stack.image_indices, values, "P (aligns within a pixel)", True, False)
        label = self.ranking.method.statistic.replace("_", " ")
        wide = bool(values.min() > 0 and values.max() > WIDE * values.min())
        return Curve(stack.image_indices, values, label, False, wide)

    def reference(self, row: int) -> int | None:
        """The image that all others are compared with, where there is one such."""
        stack = self.scores[row] if self.scores else None
        if stack is None or not len(stack.reference_indices):
            return None
        first = int(stack.reference_indices[0])
        return first if (stack.reference_indices == first).all() else None

    def nearest(self, row: int, x: float) -> int | None:
        """The compared image nearest to a place on the axis of images."""
        if not self.scores or not len(self.scores[row].image_indices) or not math.isfinite(x):
            return None
        indices = self.scores[row].image_indices
        return int(indices[np.abs(indices - x).argmin()])

    def position(self, row: int, image: int) -> int | None:
        """Index of an image in the arrays of its stack; None when it was not compared."""
        if not self.scores:
            return None
        found = np.flatnonzero(self.scores[row].image_indices == image)
        return int(found[0]) if len(found) else None

    def facts(self, row: int, image: int) -> str:
        """Findings about one image, in one line."""
        if not self.scores:
            return f"Image {image}"
        stack, position = self.scores[row], self.position(row, image)
        if position is None:
            said = "the others are compared with it" if len(stack.values) else "it was compared with none"
            return f"Image {image}: {said}"
        probability = float(stack.probability[position])
        parts = [f"compared with image {stack.reference_indices[position]}"]
        if math.isfinite(probability):
            parts.insert(0, "P < 0.01" if probability < 0.01 else f"P = {probability:.2f}")
        else:
            parts.insert(0, f"value {short_number(float(stack.values[position]))}")
        dy, dx = stack.shifts[position] + 0.0
        parts.append(f"shift dy {dy:.1f}, dx {dx:.1f} px")
        parts.append(f"peak / mean {short_number(float(stack.peak_to_mean[position]))}")
        parts += [word.replace("_", " ") for word in flag_words(int(stack.flags[position]))]
        return f"Image {image}: " + "; ".join(parts)


def _row(rank: int, stack: StackScore) -> Row:
    position = worst_position(stack)
    worst = "-"
    if position is not None:
        worst = f"{stack.image_indices[position]} ({short_number(float(stack.values[position]))})"
    why = stack.error or next(iter((*stack.reasons, *stack.warnings)), "")
    cells = (
        str(rank) if stack.rankable else "-",
        printable(stack.name, NAME_WIDTH),
        short_number(stack.score) if stack.rankable else "-",
        _trust(stack) if len(stack.values) else "-",
        worst,
        str(stack.n_images),
        printable(why, WHY_WIDTH, keep_end=False),
    )
    return Row(cells, trust_of(stack))


def _doubts(stack: StackScore) -> list[str]:
    """Reasons why images of a stack will probably not align, in sentences."""
    if stack.error is not None:
        return [text_of(stack.error)]
    return [_sentence(reason) for reason in stack.reasons]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _trust(stack: StackScore) -> str:
    """How likely all images align, and how many that is about where some have no contrast."""
    if not math.isfinite(stack.trust):
        return "-"
    of = len(stack.values)
    number = "" if stack.n_judged == of else f", {stack.n_judged} of {of} images"
    return f"{min(99, int(100 * stack.trust))} %{number}"
