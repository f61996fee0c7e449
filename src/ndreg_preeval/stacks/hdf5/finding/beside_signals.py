# SPDX-License-Identifier: MIT
"""Datasets of an NXdata group that are as its signal is, and that no attribute calls one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ....errors import shorten
from ....text import list_names
from ...pixel_checks import DAMAGED
from ..locate import Files, locate
from ..nexus import (
    attribute_text,
    attribute_texts,
    follow,
    holds_stacks,
    identity,
    is_dataset,
    is_stack,
    join,
    member_names,
)
from .layouts import is_reference

if TYPE_CHECKING:
    import h5py

NO_IMAGES: Final = re.compile(
    r"(?i)(.*_)?(errors?|uncertaint(y|ies)|std|stddev|sigma|variances?|weights?|masks?|residuals?)"
)
"""Names of what says how good the images of another dataset are."""

INDICES: Final = "_indices"
"""Ends the attributes of NXdata that say which axes of the signal another dataset belongs to: it is an axis."""


def beside_signals(
    files: Files, group: h5py.Group, paths: list[str], stacks_axis: int | None = None
) -> list[str]:
    """Return the paths of datasets of the shape of a signal, beside it, that are neither signals nor axes, errors or masks.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    group : h5py.Group
        Where relative paths begin.
    paths : list of str
        Of the signals that were found.
    stacks_axis : int, optional
        The axis that counts stacks in datasets of one axis more; else as their names say.
    """
    start = group.file["/"] if paths and paths[0].startswith("/") else group
    found: dict[str, None] = {}
    for path in paths:
        above = path.rpartition("/")[0] or "/"
        try:
            signal, data = locate(files, start, path), locate(files, start, above)
            # With auxiliary signals the group says which are.
            if attribute_text(data, "NX_class") != "NXdata" or attribute_texts(data, "auxiliary_signals"):
                continue
            if is_dataset(signal):
                found.update(
                    dict.fromkeys(join(above, name) for name in _alike(files, data, signal, stacks_axis))
                )
        except DAMAGED:
            continue
    return [path for path in found if path not in paths]


def told_beside(taken: list[str], others: list[str], *, all_taken: bool) -> str:
    """Return a sentence on datasets beside a signal."""
    paths = list_names(others, 3)
    where = shorten(taken[0].rpartition("/")[0] or "/")
    names = list_names([path.rpartition("/")[2] for path in others])
    number = f"{len(others)} more dataset{'s' if len(others) > 1 else ''}"
    if all_taken:
        return (
            f"{where} names one signal, {shorten(taken[0].rpartition('/')[2])}, and holds {number} of its shape: "
            f"{names} {'are' if len(others) > 1 else 'is'} taken, too "
            "(its attribute auxiliary_signals would say which are; name a stack by its path to have it alone)"
        )
    return (
        f"beside the {len(taken)} signals of NXdata there are {number} of the same shapes, which are not taken: {paths} "
        "(name them by their paths, or in auxiliary_signals)"
    )


def _alike(files: Files, data: h5py.Group, signal: h5py.Dataset, stacks_axis: int | None) -> list[str]:
    members = member_names(data)
    no_images = {*attribute_texts(data, "axes"), *attribute_texts(signal, "axes")}
    no_images |= set(attribute_texts(signal, "uncertainties"))
    no_images |= {str(name)[: -len(INDICES)] for name in data.attrs if str(name).endswith(INDICES)}
    found = []
    seen = {identity(signal)}
    for name in members:
        if name in no_images or NO_IMAGES.fullmatch(name) or is_reference(name):
            continue
        node: Any = follow(files, data, name, name, {})
        if node is None or not is_dataset(node) or identity(node) in seen:
            continue
        if node.shape != signal.shape or node.dtype.kind == "b":
            continue
        if is_stack(node) or holds_stacks(files, node, data, stacks_axis):
            found.append(name)
            seen.add(identity(node))
    return found
