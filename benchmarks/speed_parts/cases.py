# SPDX-License-Identifier: MIT
"""Stacks that programs are given, and what plain numpy finds in them."""

from __future__ import annotations

import functools
from typing import NamedTuple

from common.known_shifts import Answer, Image, plain_answer, ranked_stack


class Case(NamedTuple):
    """What a stack is made of; a tuple of what JSON can carry into another process."""

    images: int
    rows: int
    columns: int
    dtype: str

    @property
    def title(self) -> str:
        return f"{self.dtype} {self.rows} x {self.columns}"

    def stack(self) -> Image:
        """The images, the first of which is the reference. Not to be written to."""
        return stack_of(self)

    def answers(self) -> list[Answer]:
        """What the others have to get."""
        return answers_of(self)


# Two: float64 stands beside uint32.
@functools.lru_cache(maxsize=2)
def stack_of(case: Case) -> Image:
    return ranked_stack(case.images, (case.rows, case.columns), case.dtype)


@functools.lru_cache(maxsize=2)
def answers_of(case: Case) -> list[Answer]:
    reference, *others = case.stack()
    return [plain_answer(reference, image) for image in others]
