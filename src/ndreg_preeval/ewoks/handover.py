# SPDX-License-Identifier: MIT
"""Stacks between tasks: entered for a ranking, and passed on under the names that were ranked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..options import Options
from ..pipeline import choices_of
from ..stacks import StackSpec, UriSpec, is_uri, resolve_stacks, uri_text


@contextlib.contextmanager
def entered(image_stacks: Any) -> Iterator[Any]:
    """Enter what needs it: an ``InputStacks`` of ewoksndreg on files is empty until it is entered.

    One that has stacks already was entered by its owner, who will leave it.
    """
    if isinstance(image_stacks, Mapping) and not image_stacks and hasattr(image_stacks, "__enter__"):
        to_enter: Any = image_stacks
        with to_enter as stacks:
            yield stacks
    else:
        yield image_stacks


def pass_on(image_stacks: Any, chosen: Any, options: Options) -> Any:
    """Return the stacks such that the next task finds the chosen one among them.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        What was ranked.
    chosen : object
        Name of the chosen stack.
    options : Options
        Those of the ranking: one array may hold several stacks by them.

    Returns
    -------
    object
        `image_stacks` itself where it is a mapping that holds the chosen stack. Else, a dictionary
        of the URIs, or parts of arrays, by the names that were ranked: a list has no names that another task
        could look up, and a group stands for several stacks.
    """
    if isinstance(image_stacks, Mapping):
        if chosen in image_stacks or not any(map(_stands_for_several, image_stacks.values())):
            return image_stacks
        values: list[Any] = []
    else:
        values = list(image_stacks) if isinstance(image_stacks, Sequence) and not is_uri(image_stacks) else []
    pairs = resolve_stacks(
        image_stacks,
        limits=options.limits,
        keep_going=options.on_error != "raise",
        choices=choices_of(options),
    )
    if len(values) == len(pairs):
        return {name: _own(value) for (name, _), value in zip(pairs, values, strict=True)}
    if isinstance(image_stacks, Mapping):
        return {name: image_stacks[name] if name in image_stacks else _uri(spec) for name, spec in pairs}
    return {name: _uri(spec) for name, spec in pairs}


def _stands_for_several(value: Any) -> bool:
    return is_uri(value) or len(getattr(value, "shape", ())) > 3


def _own(value: Any) -> Any:
    """The caller's URI in a form that ewoksndreg accepts too: it knows no Path."""
    return value if isinstance(value, str) or hasattr(value, "data_path") else uri_text(value)


def _uri(spec: StackSpec) -> Any:
    """Text where all programs read it alike; a DataUrl for names that silx would misread in text."""
    if not isinstance(spec, UriSpec):
        return spec.held()
    from silx.io.url import DataUrl

    text = spec.location
    read = DataUrl(text)
    if read.is_valid() and (read.file_path(), read.data_path()) == (spec.file_path, spec.data_path):
        return text
    return DataUrl(file_path=spec.file_path, data_path=spec.data_path, data_slice=spec.indices, scheme="silx")
