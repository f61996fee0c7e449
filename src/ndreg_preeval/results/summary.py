# SPDX-License-Identifier: MIT
"""Answers to what is asked of the images of every stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from .. import core

if TYPE_CHECKING:
    from ..pipeline import Records
    from .stack_score import StackScore


class Summary(NamedTuple):
    """What the compared images of a stack have in common.

    The core finds it in one walk over their records: with two small images one question by numpy takes as
    long as the transforms.
    """

    n_compared: int
    n_judged: int
    """Images that have evidence, of which alone the next five tell."""
    moved: int
    """Images whose peak is not at zero shift."""
    least_probable: int
    """Place of the image with the smallest probability, -1 where none has evidence."""
    least_probability: float
    by_chance: int
    """Place of the image with the largest p-value, -1 where none has evidence."""
    largest_p_value: float
    contrast: bool
    """Whether any image has contrast, alone."""
    any_flags: int
    """Flags that any image has."""
    all_flags: int
    """Flags that all images have."""
    most_invalid: int
    """Largest number of invalid pixels of an image."""

    @classmethod
    def of(cls, records: Records) -> Self:
        """Return the summary of the records of some images."""
        return cls(*core.summary(records))

    @classmethod
    def of_columns(cls, stack: StackScore) -> Self:
        """Return the summary of a score whose records are gone, as after a pickle."""
        records = np.zeros(len(stack.mean), core.PAIR_SCORE)
        for name in ("mean", "probability", "p_value", "flags", "invalid_pixels"):
            records[name] = getattr(stack, name)
        records["peak_dy"], records["peak_dx"] = stack.peak_shifts.T
        return cls.of(records)
