# SPDX-License-Identifier: MIT
"""Objects of other libraries: the array that one of them shows, and the stacks that one holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...argument_checks import type_name
from ...errors import clip, shorten
from ..names import short_names
from ..optional_modules import is_a, is_plain
from ..zarr import ZarrArray, arrays_below, is_group
from .fabio_objects import FabioFrames

MAX_DEPTH: Final = 32
"""Deepest group of silx within a group that is looked at."""

NAMES_TOLD: Final = 6

Names = Sequence[str | None]


class ShownArray(NamedTuple):
    """The array that an object shows, and what is known of its axes."""

    pixels: Any
    names: Names | None = None
    likely: int | None = None
    """The axis that counts the images, of three, where names do not tell."""


def is_signal(value: object) -> bool:
    """Return whether this is a signal of hyperspy, of whatever package its class comes from."""
    return is_a(value, "hyperspy")


def is_layer(value: object) -> bool:
    """Return whether this is a layer of napari."""
    return is_a(value, "napari", "Layer") or is_a(value, "napari", "Image")


def shown_array(value: Any) -> ShownArray:
    """Return the array that an object shows: a signal, a layer, an array of a group, an image of fabio, or itself.

    Raises
    ------
    TypeError
        For a layer that shows no grey values.
    """
    if is_plain(value):
        return ShownArray(value)
    if isinstance(value, ZarrArray):
        return ShownArray(value.array, value.names)
    value = FabioFrames.pixels_of(value)
    if is_signal(value):
        return ShownArray(value.data, *_axes_of_signal(value))  # an array of numpy or dask
    if is_layer(value):
        if not is_a(value, "napari", "Image"):
            raise TypeError(f"a stack must be an Image layer of napari, not {type(value).__name__[:200]}")
        if getattr(value, "rgb", False):
            raise TypeError(
                "the pixels must be grey values, and this layer of napari shows colours (rgb=True)"
            )
        # The first level has the full resolution.
        pixels = value.data[0] if getattr(value, "multiscale", False) else value.data
        labels = getattr(value, "axis_labels", None)
        shown = shown_array(pixels)
        return ShownArray(shown.pixels, tuple(labels)) if labels and shown.names is None else shown
    return ShownArray(value)


def _axes_of_signal(signal: Any) -> tuple[Names | None, int | None]:
    """Names of the axes of a signal; without them those of an image, or of a spectrum, are what it says."""
    try:
        signal_axes = signal.axes_manager.signal_axes
        all_axes = [*signal.axes_manager.navigation_axes, *signal_axes]
        ordered = sorted(all_axes, key=lambda axis: axis.index_in_array)
        names = [axis.name if isinstance(axis.name, str) else None for axis in ordered]
        # A spectrum in each pixel of a map: its channels count the images.
        likely = ordered.index(signal_axes[0]) if len(ordered) == 3 and len(signal_axes) == 1 else None
    except (AttributeError, TypeError, ValueError, IndexError):
        return None, None
    return names, likely


def stacks_held(value: Any, *, listed: bool = False) -> dict[str, Any] | None:
    """Return the stacks that an object holds by name: what has three axes or more.

    Of the Dataset and DataTree of xarray, an `.npz` file that is open (NpzFile), groups of zarr and silx,
    and the layers of napari. A list of layers, or of signals of hyperspy, holds stacks where it is the whole
    argument (`listed`); elsewhere it is one stack, of images.

    Returns
    -------
    dict or None
        None for another object.

    Raises
    ------
    ValueError
        When there is none; says what there is.
    """
    found = _held(value)
    if found is None and listed:
        found = _listed(value)
    if found is None:
        return None
    shapes = {name: _shape(each) for name, each in found}
    stacks = {name: each for name, each in found if (shape := shapes[name]) is None or len(shape) >= 3}
    if not stacks:
        there = [f"{shorten(name, 60)} {shape}" for name, shape in list(shapes.items())[:NAMES_TOLD]]
        more = f" and {len(shapes) - NAMES_TOLD} more" if len(shapes) > NAMES_TOLD else ""
        holds = f"; it holds {', '.join(there)}{more}" if there else ""
        raise ValueError(
            f"no image stack was found in this {clip(type_name(value), 100)}: nothing in it has three axes{holds}"
        )
    return stacks


def only_stack(value: Any) -> Any:
    """Return the one stack that an object holds, or the object itself where it is no such thing.

    Raises
    ------
    ValueError
        When it holds none, or several.
    """
    stacks = stacks_held(value)
    if stacks is None:
        return value
    if len(stacks) > 1:
        names = ", ".join(shorten(name, 60) for name in list(stacks)[:NAMES_TOLD])
        more = f" and {len(stacks) - NAMES_TOLD} more" if len(stacks) > NAMES_TOLD else ""
        raise ValueError(
            f"this {clip(type_name(value), 100)} holds {len(stacks)} stacks: name one of them, or give it alone, "
            f"as the mapping of stacks; there are {names}{more}"
        )
    return next(iter(stacks.values()))


def _held(value: Any) -> list[tuple[str, Any]] | None:
    """Return what an object holds, by name; None where it is no such object."""
    if is_a(value, "xarray", "DataTree"):
        return _with_short_names(
            [(f"{node.path}/{name}", each) for node in value.subtree for name, each in node.data_vars.items()]
        )
    if is_a(value, "xarray", "Dataset"):
        return list(value.data_vars.items())
    if is_a(value, "numpy", "NpzFile"):
        return [(name, NpzMember(value, name)) for name in value.files]
    if is_group(value):
        return _with_short_names(list(arrays_below(value).items()))
    if is_a(value, "silx", "Group"):
        return _with_short_names(list(_datasets_below(value, "")))
    if is_a(value, "napari", "ViewerModel"):
        return _named_layers(value.layers)
    if is_a(value, "napari", "LayerList"):
        return _named_layers(value)
    return None


def _listed(value: Any) -> list[tuple[str, Any]] | None:
    """Return the objects of a list by the names that they have themselves; None for other lists."""
    if not isinstance(value, (list, tuple)) or not value:
        return None
    if all(is_layer(each) for each in value):
        return _named_layers(value)
    if all(is_signal(each) for each in value):
        return _with_distinct_names([(_title(each) or str(index), each) for index, each in enumerate(value)])
    return None


def _named_layers(layers: Sequence[Any]) -> list[tuple[str, Any]]:
    images = [each for each in layers if is_a(each, "napari", "Image") and not getattr(each, "rgb", False)]
    return _with_distinct_names([(str(each.name), each) for each in images])


class NpzMember:
    """An array in an open `.npz` file, which is read when its pixels are asked for."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name

    @property
    def declared_shape(self) -> tuple[int, ...] | None:
        """Its shape as its header has it; None where that cannot be read, which reading it will tell."""
        try:
            names = self._file.zip.namelist()
            inner = self._name if self._name in names else f"{self._name}.npy"
            with self._file.zip.open(inner) as stream:
                version = np.lib.format.read_magic(stream)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }
                return tuple(read[version](stream)[0])
        except Exception:  # noqa: BLE001 - whatever a damaged archive ends in
            return None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        found: NDArray[Any] = self._file[self._name]
        return found if dtype is None else found.astype(dtype)


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape that something declares; None where it does not."""
    if isinstance(value, NpzMember):
        return value.declared_shape
    pixels = shown_array(value).pixels
    shape = getattr(pixels, "shape", None)
    return tuple(shape) if shape is not None else None


def _datasets_below(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Datasets below a group of silx, each once: links lead to those that are elsewhere in its file."""
    met: set[str] = set()
    pending = [(group, path)]
    while pending:
        node, above = pending.pop(0)
        for name in node.keys():  # noqa: SIM118 - it is no mapping
            link = node.get(name, getlink=True)
            target = getattr(link, "path", None)
            try:
                member = node[name]
            except (KeyError, TypeError):
                continue  # a link that leads nowhere
            here = f"{above}/{name}"
            if hasattr(member, "keys"):
                if target is None and here.count("/") <= MAX_DEPTH:
                    pending.append((member, here))
            elif (known := target or str(member.name)) not in met:
                met.add(known)
                yield here, member


def _with_short_names(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Give what may be stacks the names that tell their paths apart."""
    stacks = [(path, each) for path, each in found if len(_shape(each) or ()) >= 3] or found
    names = short_names([path for path, _ in stacks])
    return list(zip(names, (each for _, each in stacks), strict=True))


def _with_distinct_names(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Count those that have one name."""
    names = [name for name, _ in found]
    taken: set[str] = set()
    result = []
    for name, each in found:
        number, chosen = 1, name
        while chosen in taken or (number > 1 and chosen in names):
            number += 1
            chosen = f"{name} ({number})"
        taken.add(chosen)
        result.append((chosen, each))
    return result


def _title(signal: Any) -> str:
    try:
        return str(signal.metadata.General.title)
    except AttributeError:
        return ""
