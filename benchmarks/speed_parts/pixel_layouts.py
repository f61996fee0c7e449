# SPDX-License-Identifier: MIT
"""Cost against type and layout of the pixels, beside contiguous float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from common.known_shifts import Image, cast, plain_answer, ranked_stack
from common.report import Section, milliseconds, table
from common.settings import Settings, progress
from common.timing import measure, median, ratio

from .rankings import EVIDENCE, PEAK_TO_MEAN, chosen_precision, ranking

IMAGES = 5
WHOLE_RANGE = (">f4", "float16", "uint8", "uint16", "int32", "uint32")
PLAIN = "float32"

NOTE = f"""\
`rank_stacks` on a stack of {IMAGES} images, one thread, per image, in the precision that the package chooses by itself. Integers
use their whole range, but for the counts of about 100 000."""


def strided(stack: Image) -> Image:
    """Every other column of wider images."""
    wide = np.zeros((*stack.shape[:2], 2 * stack.shape[2]), stack.dtype)
    wide[:, :, ::2] = stack
    return wide[:, :, ::2]


def with_gaps(stack: Image, gaps: NDArray[np.bool_]) -> Image:
    out = stack.copy()
    out[1:, gaps] = np.nan  # the reference has none
    return out


def variants(n: int) -> dict[str, tuple[Image, NDArray[np.bool_] | None]]:
    """Stack and mask of each row."""
    plain = ranked_stack(IMAGES, (n, n))
    gaps = np.random.default_rng(1).random((n, n)) < 0.01
    return {
        PLAIN: (plain, None),
        **{dtype: (cast(plain.astype(np.float64), dtype), None) for dtype in WHOLE_RANGE},
        "uint32, counts": (ranked_stack(IMAGES, (n, n), "uint32"), None),
        "float64": (ranked_stack(IMAGES, (n, n), "float64"), None),
        "float32, transposed view": (plain.transpose(0, 2, 1).copy().transpose(0, 2, 1), None),
        "float32, every other column": (strided(plain), None),
        "float32, 1 % NaN": (with_gaps(plain, gaps), None),
        "float32, 1 % masked": (plain, ~gaps),
    }


def pixel_layouts(settings: Settings) -> Section:
    """A row per type or layout."""
    found = variants(512 if settings.quick else 1024)
    rows = {name: [name, chosen_precision(stack)] for name, (stack, _) in found.items()}
    answers = {
        name: [plain_answer(stack[0], image, mask) for image in stack[1:]]
        for name, (stack, mask) in found.items()
    }
    for method in (PEAK_TO_MEAN, EVIDENCE):
        programs = [
            ranking(method, stack, answers[name], mask=mask, name=name)
            for name, (stack, mask) in found.items()
        ]
        times = measure(programs, settings.runs, one_thread=True)
        for name, row in rows.items():
            row += [milliseconds(median(times, name)), f"{ratio(times, name, PLAIN):.2f}"]
        progress(f"layouts, {method}")
    rows[">f4"][0] = "float32, other byte order"
    size = " x ".join(map(str, found[PLAIN][0].shape[1:]))
    header = [f"{size} pixels", "precision"]
    for method in (PEAK_TO_MEAN, EVIDENCE):
        header += [f"`{method}`, ms", "/ float32"]
    return Section("Pixel types and layouts", NOTE, [table(header, rows.values())])
