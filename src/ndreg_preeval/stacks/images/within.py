# SPDX-License-Identifier: MIT
"""Images that each of several files holds: one stack for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import naming, printable_location, shorten
from ...text import list_names
from ..backend import Backend, FormatTable
from ..names import short_names
from ..uris import UriMeaning, escape
from .patterns import Found, matches_of
from .wildcards import STACK


def images_within(first: UriMeaning, backend: Backend, *, coherent: bool) -> dict[str, UriMeaning]:
    """Return the images in the first of several files, by short names.

    Parameters
    ----------
    first : UriMeaning
        A file, or a group or dataset in it.
    backend : Backend
    coherent : bool
        Whether they have to be siblings.

    Raises
    ------
    ValueError
        When they have to and are not; names some of them.
    """
    if first.indices is not None or first.problem:
        return {}
    found = backend.images_within(first)
    names = short_names(list(found))
    if coherent and any("/" in name for name in names):
        with naming(printable_location(str(first))):
            raise ValueError(
                f"it is the first of several files, and holds images of several kinds ({list_names(names)}): "
                "name a group or dataset of one kind in all of them, as in 'scan_*.h5::/PATH'"
            )
    return dict(zip(names, found.values(), strict=True))


def image_in(place: UriMeaning, image: UriMeaning, first: UriMeaning) -> UriMeaning:
    """Return the image of a file or group that lies in it as another one does in the first file or group.

    Raises
    ------
    ValueError
        When groups of several names are matched, and it lies in none of them.
    """
    below, start = (f"/{each.strip('/')}" for each in (image.path, first.path))
    if start == "/" + place.path.strip("/"):
        path = image.path
    elif below == start or below.startswith(f"{start}/"):
        path = place.path.rstrip("/") + below.removeprefix(start)
    else:
        raise ValueError(
            f"{shorten(str(first))} stands for {shorten(image.path)}, which is not in it: name the dataset"
        )
    return place.at(path)._replace(indices=image.indices)


def siblings_in(found: Found, within: Mapping[str, UriMeaning], formats: FormatTable) -> Found | None:
    """Return what the pattern of the images matches in all files, where one component of their paths has their names.

    So what one of the files lacks is known, and what the first one lacks, too. None where they are no such siblings.

    Parameters
    ----------
    found : Found
        The files.
    within : mapping of str to UriMeaning
        The images in the first of them, by their names.
    formats : FormatTable
    """
    first = found.matches[0].meaning
    if any(image.indices is not None for image in within.values()):
        return None
    if any(match.meaning.path != first.path for match in found.matches):
        return None
    rows = [[part for part in image.path.split("/") if part] for image in within.values()]
    columns = list(zip(*rows, strict=False))
    named = [place for place, column in enumerate(columns) if list(column) == list(within)]
    shared = [place for place, column in enumerate(columns) if len(set(column)) == 1]
    if len({len(row) for row in rows}) != 1 or len(rows) < 2 or len(named) + len(shared) != len(columns):
        return None
    path = "/".join(STACK if place in named else escape(column[0]) for place, column in enumerate(columns))
    from_root = all(image.path.startswith("/") for image in within.values())
    again = matches_of(found.pattern._replace(path=f"/{path}" if from_root else path), formats)
    if again is None:
        return None
    left_out = {match.stack for match in again.matches if match.meaning.file == first.file} - set(within)
    return again._replace(matches=[match for match in again.matches if match.stack not in left_out])


def check_alike(within: Mapping[str, UriMeaning], files: Sequence[UriMeaning], formats: FormatTable) -> None:
    """Check that parts of datasets, which are known by their names alone, are the same in all files.

    Raises
    ------
    ValueError
        When a file has others, or has them in another order.
    """
    parts = {image.path: image for image in within.values() if image.indices is not None}
    for path, image in parts.items():
        wanted: list[str] | None = None
        for each in files:
            place = image_in(each, image, files[0])._replace(indices=each.indices)
            found = formats.of([each]).images_within(place)
            names = [name.removeprefix(place.path).strip("/") for name in found]
            wanted = names if wanted is None else wanted
            if names != wanted:
                with naming(printable_location(each.file)):
                    raise ValueError(
                        f"the images of {shorten(path)} are called {list_names(names)}, and "
                        f"{list_names(wanted)} in the first of the files: give those of each stack one by one"
                    )
