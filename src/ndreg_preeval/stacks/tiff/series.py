# SPDX-License-Identifier: MIT
"""Pages of a TIFF file that are the images of a stack, in the order that tifffile makes of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import IO, Any, Final

from ...errors import clip
from .pages import MAX_PAGES

NEEDED: Final = 'TIFF files are read by tifffile: pip install tifffile imagecodecs, or the extra "tiff"'

# Descriptions that would have tifffile open other files, or guess where pages lie.
NOT_FOLLOWED: Final[dict[str, Any]] = {
    "_multifile": False,
    "is_mmstack": False,
    "is_ndtiff": False,
    "is_scanimage": False,
    "is_ndpi": False,
}


def open_series(file: IO[bytes], name: str, *, alike: bool) -> tuple[Any, list[str]]:
    """Return the first series of a file, and what a person should know about it.

    Parameters
    ----------
    file : binary file
    name : str
        Name of the file, without its folder.
    alike : bool
        Whether all pages of the file are decoded alike.

    Raises
    ------
    ModuleNotFoundError
        When tifffile is not installed.
    OSError
        When it cannot make anything of the file.
    ValueError
        When the file holds no image.
    """
    try:
        import tifffile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(NEEDED, name=error.name) from error
    try:
        tif = tifffile.TiffFile(file, name=name, **NOT_FOLLOWED)
        _check_ome(tif)
        series = tif.series
    except (MemoryError, OSError):
        raise
    except Exception as error:
        differ = "" if alike else " (its pages differ in size, type or compression)"
        raise OSError(f"it cannot be read as TIFF file: {clip(str(error), 500)}{differ}") from error
    if not series:
        raise ValueError("the file holds no image")
    return series[0], list(_remarks(tif, series))


def _check_ome(tif: Any) -> None:
    """Refuse a description that declares more images than any file: lists of them would be made."""
    text = (tif.ome_metadata or "") if tif.is_ome else ""
    counts = [
        math.prod(map(int, re.findall(r'\bSize[ZCT]\s*=\s*["\'](\d{1,30})', pixels)))
        for pixels in re.findall(r"<(?:\w+:)?Pixels\b[^>]*>", text)
    ]
    counts += map(int, re.findall(r'\b(?:NumPlanes|PlaneCount|IFD|First[ZCT])\s*=\s*["\'](\d{1,30})', text))
    if any(count > MAX_PAGES for count in counts):
        raise OSError(f"its OME description declares more than {MAX_PAGES} images")


def _remarks(tif: Any, series: list[Any]) -> Iterator[str]:
    first = series[0]
    described = [kind for kind in ("shaped", "ome", "imagej") if getattr(tif, f"is_{kind}", False)]
    if described and first.kind not in described:
        yield (
            f"the {described[0]} description in the TIFF file does not fit its pages, or names other files: "
            "its pages are read in their order"
        )
    if len(series) > 1:
        shapes = ", ".join(str(each.shape) for each in series[:4])
        yield f"the TIFF file holds {len(series)} series of images ({shapes}): the first alone is read"
