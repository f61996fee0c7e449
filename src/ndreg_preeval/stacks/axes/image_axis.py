# SPDX-License-Identifier: MIT
"""The axis of a stack that counts its images: as asked for, by the names of the axes, or the first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ...text import printable

RECOGNISED: Final[dict[str, tuple[str, ...]]] = {
    "row": ("y", "row", "rows", "lat", "latitude", "height", "northing", "vertical"),
    "column": ("x", "col", "cols", "column", "columns", "lon", "longitude", "width", "easting", "horizontal"),
    "images": (
        *("t", "time", "times", "timestamp", "date", "frame", "frames", "image", "images", "img", "page"),
        *("e", "energy", "energies", "ev", "kev", "wavelength", "wavelengths", "lambda", "frequency"),
        *(
            "band",
            "bands",
            "spectrum",
            "spectra",
            "spectral",
            "element",
            "elements",
            "c",
            "channel",
            "channels",
        ),
        *(
            "angle",
            "angles",
            "theta",
            "omega",
            "phi",
            "tilt",
            "rotation",
            "scan",
            "scans",
            "step",
            "exposure",
        ),
        *("temperature", "voltage", "iteration", "cycle", "sample", "member", "nframes", "nimages"),
    ),
    "images, unless another axis is one of these": (
        "z",
        "depth",
        "level",
        "slice",
        "n",
        "i",
        "index",
        "position",
    ),
}
"""Names of axes that are recognised, whatever their case; the last ones stand back behind the others."""

ROW, COLUMN, IMAGES, WEAK = RECOGNISED

ROLES: Final = {name: role for role, names in RECOGNISED.items() for name in names}

SUSPICIOUS: Final = 4
"""A last axis that both others exceed this many times looks as if it counted the images."""


class AxisChoice(NamedTuple):
    """The axis that was taken, and what a person should know about it."""

    axis: int
    note: str = ""
    """Says which axis, where it is not the first."""
    warning: str = ""
    """Says that it may be the wrong one."""


def role(name: str | None) -> str | None:
    """Return what an axis of this name is, None where that is not known.

    ``"rotation_angle"`` and ``"pixel_y"`` are split into words: one that says row or column decides.
    """
    if not name:
        return None
    whole = name.strip().lower()
    if whole in ROLES:
        return ROLES[whole]
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    found = [ROLES[word] for word in words if word in ROLES]
    for kinds in ({ROW, COLUMN}, {IMAGES}, {WEAK}):
        some = {each for each in found if each in kinds}
        if some:
            return some.pop() if len(some) == 1 else None
    return None


def axis_of_names(names: Sequence[str | None]) -> int | None:
    """Return which of three axes counts the images by their names; None where these do not tell."""
    roles = [role(name) for name in names]
    spatial = [axis for axis, each in enumerate(roles) if each in (ROW, COLUMN)]
    if len(spatial) == 2 and len({roles[axis] for axis in spatial}) == 2:
        return ({0, 1, 2} - set(spatial)).pop()
    for kind in (IMAGES, WEAK) if not spatial else (IMAGES,):  # x and z may be those of an image
        counting = [axis for axis, each in enumerate(roles) if each == kind]
        if counting:
            return counting[0] if len(counting) == 1 else None
    return None


def choose_axis(
    shape: tuple[int, ...], names: Sequence[str | None] | None, asked: int | None, likely: int | None = None
) -> AxisChoice:
    """Choose the axis that counts the images.

    Parameters
    ----------
    shape : tuple of 3 int
        As the pixels are stored.
    names : sequence of str or None, optional
        Of the three axes.
    asked : int, optional
        The axis that the caller wants, negative counting from the end.
    likely : int, optional
        The axis that something else tells, where the names do not.
    """
    if len(shape) != 3:
        return AxisChoice(0)  # which is refused, and better said there
    if names is None and asked is None and likely is None:
        return AxisChoice(0, warning=_doubt(shape))
    names = names if names is not None and len(names) == len(shape) else (None,) * len(shape)
    named = axis_of_names(names)
    axis = asked % 3 if asked is not None else named if named is not None else likely
    if axis is None:
        return AxisChoice(0, warning=_doubt(shape))
    called = [printable(name, 40) if name else "?" for name in names]
    of = f" ({', '.join(called)})" if any(names) else ""
    note = f"Its images are counted along axis {axis} of {shape}{of}." if axis else ""
    return AxisChoice(axis, note)


def images_first(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Return the shape with the axis of the images in front."""
    return (shape[axis], *shape[:axis], *shape[axis + 1 :])


def _doubt(shape: tuple[int, ...]) -> str:
    n, height, width = shape
    if SUSPICIOUS * width > min(n, height):
        return ""
    return f"{shape}: read as {n} images of {height} x {width}; if the last axis counts the images, pass image_axis=2."
