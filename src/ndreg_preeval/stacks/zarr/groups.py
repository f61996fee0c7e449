# SPDX-License-Identifier: MIT
"""Arrays of a zarr group that may be stacks; of an image of OME-Zarr only that of full resolution."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...errors import shorten
from ..optional_modules import is_a

MEMBERS_TOLD: Final = 8
"""Largest number of members that an error lists."""

MAX_MEMBERS: Final = 10_000
"""Largest number of members of a group, and of its groups, that are looked at."""

MAX_DEPTH: Final = 32
"""Deepest group within a group that is looked at."""


@dataclass(frozen=True, eq=False)
class ZarrArray:
    """An array of zarr, and what its group says of it."""

    array: Any
    """zarr.Array"""
    names: tuple[str | None, ...] | None = None
    """Names of its axes; None where the group has none."""
    labels: tuple[str, ...] = ()
    """Names of its channels, along the axis "c"."""


def is_group(value: object) -> bool:
    """Return whether this is a group of zarr, without importing zarr to find out."""
    return is_a(value, "zarr", "Group")


def arrays_below(group: Any) -> dict[str, ZarrArray]:
    """Return the arrays of three axes or more that a group stands for, by their paths, or those of images.

    These are the ones in the group itself, or those of its groups where it has none, and so on. A group that
    is an image of OME-Zarr stands for its first array, which has the full resolution: the others are smaller
    copies, and its other groups labels. So does a signal of hyperspy for its data.

    Raises
    ------
    ValueError
        When there is more than can be looked at.
    """
    return dict(_below(group, "", iter(range(MAX_MEMBERS)), 0))


def array_of(root: Any, path: str) -> tuple[Any, str]:
    """Return the group or array at a path; an array as what it is in its group, an image as its array.

    Where there is none, None and the words for that, which name what is there.
    """
    group, node, at = root, root, ""
    for name in filter(None, path.split("/")):
        found = member_of(node, name)
        if found is None:
            return None, f"there is no {shorten(name)} in {shorten(at or '/')}{_members(node)}"
        group, node, at = node, found, f"{at}/{name}"
    if hasattr(node, "arrays"):
        image = image_of(node)
        return (node if image is None else image[1]), ""
    if node is root:
        return ZarrArray(node), ""
    image = image_of(group)
    if image is not None and image[1].array.path == node.path:
        return image[1], ""
    return ZarrArray(node), ""


def member_of(group: Any, name: str) -> Any:
    """Return a member of a group, or None; raises whatever zarr does where its metadata are damaged."""
    if not hasattr(group, "arrays") or name in (".", ".."):
        return None
    try:
        return group[name]
    except KeyError as error:
        said = str(error.args[0]) if error.args else ""
        if said == name or "not found" in said:  # the latter of consolidated metadata
            return None
        raise  # of metadata that lack something


def names_of(array: Any) -> tuple[str | None, ...] | None:
    """Return the names of the axes of an array, as it has them itself; None where it has none."""
    try:
        named = getattr(getattr(array, "metadata", None), "dimension_names", None)
        named = named or array.attrs.get("_ARRAY_DIMENSIONS")  # as xarray writes the second format
        return tuple(name if isinstance(name, str) else None for name in named) if named else None
    except (AttributeError, TypeError, ValueError, KeyError):
        return None


def _members(node: Any) -> str:
    """Tell what a group holds."""
    if not hasattr(node, "arrays"):
        return ", which is an array"
    names = sorted(str(name) for name in itertools.islice(node.keys(), MEMBERS_TOLD + 1))
    told = ", ".join(shorten(name, 60) for name in names[:MEMBERS_TOLD])
    return f": it holds {told}{', ...' if len(names) > MEMBERS_TOLD else ''}" if names else ", which is empty"


def _below(group: Any, path: str, left: Iterator[int], depth: int) -> Iterator[tuple[str, ZarrArray]]:
    if depth > MAX_DEPTH:
        raise ValueError(f"the zarr groups are more than {MAX_DEPTH} deep")
    image = image_of(group)
    if image is not None:
        name, found = image
        if len(found.array.shape) >= 3:
            yield path.rstrip("/") or name, found
        return
    here = 0
    for name, array in _by_name(group.arrays()):
        _count(left)
        if len(array.shape) >= 3:
            here += 1
            yield f"{path}{name}", ZarrArray(array)
    if here:
        return
    for name, inner in _by_name(group.groups()):
        _count(left)
        yield from _below(inner, f"{path}{name}/", left, depth + 1)


def _by_name(members: Any) -> Iterator[tuple[str, Any]]:
    """Members in the order of their names, as HDF5 has them: a store gives them in any order."""
    yield from sorted(members, key=lambda member: str(member[0]))


def _count(left: Iterator[int]) -> None:
    if next(left, None) is None:
        raise ValueError(
            f"the zarr group has more than {MAX_MEMBERS} members: give one of its groups or arrays"
        )


def image_of(group: Any) -> tuple[str, ZarrArray] | None:
    """Return the path and the array of a group that is an image of OME-Zarr, or a signal; None for others."""
    return _ome_image(group) or _signal(group)


def _ome_image(group: Any) -> tuple[str, ZarrArray] | None:
    """An image of OME-Zarr, and its array of full resolution.

    Whatever the metadata hold instead of what they should makes it another group: its arrays are there all
    the same.
    """
    attributes = group.attrs
    about = attributes.get("ome")  # since version 0.5
    about = about if isinstance(about, Mapping) else attributes
    try:
        scales = about["multiscales"][0]
        path = scales["datasets"][0]["path"]
        array = group[path]
        axes = len(array.shape)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    if not isinstance(path, str):
        return None
    return path, ZarrArray(array, _names(scales, axes), _labels(about))


def _signal(group: Any) -> tuple[str, ZarrArray] | None:
    """A signal in a file of hyperspy: its data, beside a group for each axis."""
    data = member_of(group, "data")
    if data is None or hasattr(data, "arrays"):
        return None
    axes = [member_of(group, f"axis-{axis}") for axis in range(len(data.shape))]
    if not axes or any(axis is None for axis in axes):
        return None
    names: list[Any] = [axis.attrs.get("name") for axis in axes]
    return "data", ZarrArray(data, tuple(name if isinstance(name, str) else None for name in names))


def _names(scales: Any, axes: int) -> tuple[str | None, ...] | None:
    given = scales.get("axes", list("tczyx"))  # they were always these, before they were named
    if not isinstance(given, (list, tuple)) or len(given) != axes:
        return None
    names: list[Any] = [each.get("name") if isinstance(each, Mapping) else each for each in given]
    return tuple(name if isinstance(name, str) else None for name in names)


def _labels(about: Mapping[str, Any]) -> tuple[str, ...]:
    omero = about.get("omero")
    channels = omero.get("channels") if isinstance(omero, Mapping) else None
    if not isinstance(channels, (list, tuple)):
        return ()
    labels: list[Any] = [each.get("label") if isinstance(each, Mapping) else None for each in channels]
    return tuple(labels) if all(isinstance(label, str) for label in labels) else ()
