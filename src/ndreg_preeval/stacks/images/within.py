# SPDX-License-Identifier: MIT
"""Images that each of several files holds: one stack for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import naming, printable_location, shorten
from ...text import list_names
from ..backend import Backend, FormatTable
from ..names import short_names
from ..uris import UriMeaning


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
