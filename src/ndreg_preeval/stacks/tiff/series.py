# SPDX-License-Identifier: MIT
"""Pages of a TIFF file that are the images of a stack, in the order that tifffile makes of it."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from typing import IO, Any, Final

from ...errors import clip
from ...installation import how_to_get
from .pages import MAX_PAGES

NEEDED: Final = f"TIFF files are read by tifffile: {how_to_get('tifffile', 'imagecodecs')}"

MAX_LISTED: Final = 6
"""Largest number of series that a message lists."""

# Descriptions that would have tifffile open other files, or guess where pages lie.
NOT_FOLLOWED: Final[dict[str, Any]] = {
    "_multifile": False,
    "is_mmstack": False,
    "is_ndtiff": False,
    "is_scanimage": False,
    "is_ndpi": False,
}


def open_file(file: IO[bytes], name: str) -> Any:
    """Return an open file as tifffile knows it; only its first page was looked at.

    Parameters
    ----------
    file : binary file
    name : str
        Name of the file, without its folder.

    Raises
    ------
    ModuleNotFoundError
        When tifffile is not installed.
    OSError
        When it cannot make anything of the file.
    """
    try:
        import tifffile
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(NEEDED, name=error.name) from error
    with _told(alike=True):
        return tifffile.TiffFile(file, name=name, **NOT_FOLLOWED)


def series_of(tif: Any, *, alike: bool) -> list[Any]:
    """Return the series of an open file.

    Parameters
    ----------
    tif : tifffile.TiffFile
    alike : bool
        Whether all pages of the file are decoded alike.

    Raises
    ------
    OSError
        When tifffile cannot make anything of the file.
    ValueError
        When the file holds no image.
    """
    with _told(alike=alike):
        _check_ome(tif)
        series = list(tif.series)
    if not series:
        raise ValueError("the file holds no image")
    return series


def stacks_among(series: list[Any]) -> list[int]:
    """Return the numbers of the series that are stacks: of several grey images, and no thumbnails of others."""
    return [number for number, each in enumerate(series) if _count(each) > 1 and not _is_reduced(each)]


def choose_series(series: list[Any], asked: int | None, *, one: bool) -> tuple[int, list[str], list[str]]:
    """Choose the series of a stack: the one that was asked for, or the only one that is a stack.

    Parameters
    ----------
    series : list of tifffile.TiffPageSeries
    asked : int, optional
    one : bool
        Whether one image is wanted: of the first series then.

    Returns
    -------
    int, list of str, list of str
        Its number; notes and warnings about the others.

    Raises
    ------
    ValueError
        When there is no such series, none is a stack, or several are; lists them.
    """
    if asked is not None:
        if asked >= len(series):
            raise ValueError(f"series={asked}: the file holds {_listed(series)}")
        return asked, [], []
    if len(series) == 1:
        return 0, [], []
    found = stacks_among(series)
    if one and found:
        raise ValueError(f"one image is wanted, and the file holds {_listed(series)}: choose one by ?series=")
    if one:
        return _with_remark(series, 0)
    if len(found) == 1:
        return _with_remark(series, found[0])
    if not found:
        raise ValueError(f"the file holds {_listed(series)}, none of which is a stack of grey images")
    raise ValueError(
        f"the file holds {_listed(series)}, of which {len(found)} are stacks: choose one by ?series=, as in "
        f"?series={found[-1]}; find_stacks names them all, and rank_stacks takes the file alone for all of them"
    )


def _with_remark(series: list[Any], chosen: int) -> tuple[int, list[str], list[str]]:
    text = f"the TIFF file holds {_listed(series)}: series {chosen} alone is read"
    height, width = series[chosen].keyframe.shape[:2]
    others = [each for number, each in enumerate(series) if number != chosen]
    # A thumbnail or a label is what many programs write; a page that differs in something else is no such thing.
    small = all(each.keyframe.shape[0] < height and each.keyframe.shape[1] < width for each in others)
    return (chosen, [f"{text[0].upper()}{text[1:]}."], []) if small else (chosen, [], [text])


def _listed(series: list[Any]) -> str:
    shapes = [f"{number}: {tuple(each.shape)}" for number, each in enumerate(series[:MAX_LISTED])]
    more = ", ..." if len(series) > MAX_LISTED else ""
    return f"{len(series)} series of images ({', '.join(shapes)}{more})"


def _count(series: Any) -> int:
    """Return how many grey images a series has, 0 where they have colours."""
    shape, axes = series.get_shape(False), series.get_axes(False)
    if 0 in shape or any(axis == "S" and length > 1 for axis, length in zip(axes, shape, strict=True)):
        return 0
    size = math.prod(length for axis, length in zip(axes, shape, strict=True) if axis in "YX")
    return int(math.prod(shape) // max(1, size))


def _is_reduced(series: Any) -> bool:
    return bool(getattr(series.keyframe, "subfiletype", 0) & 1)


def is_described(tif: Any) -> bool:
    """Return whether the file says what its pages are; else they are images of one series where they are alike."""
    kinds = (
        "shaped",
        "ome",
        "imagej",
        "lsm",
        "stk",
        "fluoview",
        "nih",
        "micromanager",
        "scn",
        "svs",
        "qpi",
        "bif",
    )
    return any(getattr(tif, f"is_{kind}", False) for kind in kinds)


@contextlib.contextmanager
def _told(*, alike: bool) -> Iterator[None]:
    try:
        yield
    except (MemoryError, OSError):
        raise
    except Exception as error:
        differ = "" if alike else " (its pages differ in size, type or compression)"
        raise OSError(f"it cannot be read as TIFF file: {clip(str(error), 500)}{differ}") from error


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


def misfit(tif: Any, series: Any) -> list[str]:
    """Say that the description of a file does not fit its pages, where it does not."""
    described = [kind for kind in ("shaped", "ome", "imagej") if getattr(tif, f"is_{kind}", False)]
    if not described or series.kind in described:
        return []
    text = f"the {described[0]} description in the TIFF file does not fit its pages, or names other files"
    return [f"{text}: its pages are read in their order"]
