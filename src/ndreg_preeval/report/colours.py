# SPDX-License-Identifier: MIT
"""Colours of stacks by how far their images are trusted, and what they mean: for figures, pages and widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from ..results import StackScore

# Okabe and Ito's colours: told apart with every common colour blindness, and in grey.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
GREY: Final = "#B0B0B0"

TRUST: Final = {
    "good": (BLUE, "every image P \u2265 0.5"),
    "partly": (ORANGE, "some images P < 0.5"),
    "bad": (GREY, "most images P < 0.5"),
    "unknown": ("#606060", "no probability"),
}


def trust_of(stack: StackScore) -> str:
    """Key of `TRUST` that tells how far the images of a stack are trusted."""
    probability = np.asarray(stack.probability, dtype=float)
    if not len(probability):
        return "bad"
    if not np.isfinite(probability).all():
        return "unknown"
    if probability.min() >= 0.5:
        return "good"
    return "partly" if np.median(probability) >= 0.5 else "bad"
