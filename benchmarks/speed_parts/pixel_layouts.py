# SPDX-License-Identifier: MIT
"""Cost against type and layout of the pixels, beside contiguous float32."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.known_shifts import Image, moved_scene
from common.report import Section, milliseconds, table
from common.settings import Settings, progress
from common.timing import measure, median, ratio

from .scorers import PEAK_TO_MEAN, ROBUST, precision_for, score_of_one

DTYPES = ("float32", ">f4", "float16", "uint8", "uint16", "int32", "float64")
PLAIN = "float32"

NOTE = """\
One image per call, one thread, in the precision that the package chooses by itself."""


def strided(image: Image) -> Image:
    """Every other column of a wider image."""
    wide = np.zeros((image.shape[0], 2 * image.shape[1]), image.dtype)
    wide[:, ::2] = image
    return wide[:, ::2]


def with_gaps(image: Image, gaps: NDArray[np.bool_]) -> Image:
    out = image.copy()
    out[gaps] = np.nan
    return out


def variants(n: int) -> dict[str, tuple[Image, Image, dict[str, Any]]]:
    """Reference, image and options of each row."""
    out: dict[str, tuple[Image, Image, dict[str, Any]]] = {
        dtype: (*moved_scene((n, n), dtype), {}) for dtype in DTYPES
    }
    reference, image, _ = out[PLAIN]
    gaps = np.random.default_rng(1).random((n, n)) < 0.01
    out["float32, transposed view"] = (reference, np.ascontiguousarray(image.T).T, {})
    out["float32, every other column"] = (reference, strided(image), {})
    out["float32, 1 % NaN"] = (reference, with_gaps(image, gaps), {})
    out["float32, 1 % masked"] = (reference, image, {"mask": ~gaps})
    return out


def pixel_layouts(settings: Settings) -> Section:
    """A row per type or layout."""
    n = 512 if settings.quick else 1024
    found = variants(n)
    rows = {name: [name, precision_for(image.dtype)] for name, (_, image, _) in found.items()}
    for method in (PEAK_TO_MEAN, ROBUST):
        programs = [
            replace(score_of_one(method, reference, image, **options), name=name)
            for name, (reference, image, options) in found.items()
        ]
        times = measure(programs, settings.runs, one_thread=True)
        for name, row in rows.items():
            row += [milliseconds(median(times, name)), f"{ratio(times, name, PLAIN):.2f}"]
        progress(f"layouts, {method}")
    rows[">f4"][0] = "float32, other byte order"
    header = [f"{n} x {n} pixels", "precision"]
    for method in (PEAK_TO_MEAN, ROBUST):
        header += [f"`{method}`, ms", "/ float32"]
    return Section("Pixel types and layouts", NOTE, [table(header, rows.values())])
