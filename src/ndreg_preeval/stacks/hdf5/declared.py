# SPDX-License-Identifier: MIT
"""Pixels that metadata declare invalid: values that stand for none, and masks of the detector.

Masks are NXdetector's ``pixel_mask``: 32 bits per pixel, 0 where it is good; gap (bit 0), dead (1), under- and
over-responding (2, 3), noisy (4), part of a cluster of such (6), masked by the user (8), virtual (31, interpolated).
Whatever bit is set, the pixel is left out, as other readers of NeXus do. ``pixel_mask_1`` and so on are added
(https://manual.nexusformat.org/classes/base_classes/NXdetector.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, shorten
from ..selection import AxisRange
from .metadata import DAMAGED, Neighbours
from .one_image import read_image

if TYPE_CHECKING:
    from ...options import Limits

ATTRIBUTES: Final = ("_FillValue", "missing_value")
"""Attributes of netCDF that name values which stand for no value."""

MAX_VALUES: Final = 16
"""Largest number of such values: comparing costs time for each."""

MASKS: Final = ("pixel_mask", *(f"pixel_mask_{number}" for number in range(1, 10)))


class Declared(NamedTuple):
    """What metadata declare of the pixels of a stack."""

    values: dict[str, NDArray[Any]]
    """Values that stand for no value, in the type of the pixels, by the attribute that says so."""
    least: Any = None
    """Values below it are none; None for no limit."""
    valid: NDArray[np.bool_] | None = None
    """(h, w), True = valid in every image; None where no pixel is masked."""
    notes: tuple[str, ...] = ()
    """Sentences on what is left out."""
    warnings: tuple[str, ...] = ()
    """Sentences on metadata that cannot be used."""

    @property
    def of_values(self) -> bool:
        """Whether the pixels have to be looked at."""
        return bool(self.values) or self.least is not None

    def find(self, pixels: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
        """Return where pixels have values that stand for none, by what declares them; only what is found."""
        found = {}
        for name, values in self.values.items():
            hit = pixels == values[0]
            for value in values[1:]:
                hit |= pixels == value
            if hit.any():
                found[f"{name} = {', '.join(str(value) for value in values.tolist())}"] = hit
        if self.least is not None:
            below = pixels < self.least
            if below.any():
                found[f"underload_value = {self.least}"] = below
        return found


def read_declared(
    dataset: Any,
    neighbours: Neighbours,
    dtype: np.dtype[Any],
    axes: Sequence[AxisRange],
    image_axis: int,
    limits: Limits,
) -> Declared:
    """Read what metadata declare of the pixels of a dataset; what is damaged is told and ignored.

    Parameters
    ----------
    dataset : h5py.Dataset
    neighbours : Neighbours
    dtype : numpy.dtype
        Type that the pixels are read as.
    axes : sequence of AxisRange
        What is taken of each axis.
    image_axis : int
        The axis of the dataset that counts the images.
    limits : Limits
        Of the masks, too.
    """
    warnings: list[str] = []
    values: dict[str, NDArray[Any]] = {}
    for name in ATTRIBUTES:
        some = _values(dataset, name, dtype, warnings)
        known = [value for each in values.values() for value in each.tolist()]
        if some is not None and any(value not in known for value in some.tolist()):
            values[name] = some
    least = _least(neighbours, dtype, warnings)
    valid, notes = _masks(neighbours, dataset.shape, axes, image_axis, limits, warnings)
    return Declared(values, least, valid, notes, tuple(warnings))


def filled_pixels(declarations: Iterable[str]) -> tuple[str, ...]:
    """Tell what declares pixels invalid that were met while images were read, a sentence for each."""
    return tuple(f"Pixels that {each} declares invalid are filled." for each in sorted(declarations))


def mask_of_bits(bits: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the valid pixels of a NeXus bit mask: those without any bit."""
    return np.asarray(bits == 0)


def _values(dataset: Any, name: str, dtype: np.dtype[Any], warnings: list[str]) -> NDArray[Any] | None:
    """Values of an attribute that a pixel of this type can have; None where there are none."""
    try:
        if name not in dataset.attrs:
            return None
        given = np.ravel(np.asarray(dataset.attrs[name]))
    except DAMAGED as error:
        warnings.append(f"Its attribute {name} cannot be read, and is ignored: {clip(str(error), 300)}")
        return None
    if given.dtype.kind not in "biuf" or not 0 < len(given) <= MAX_VALUES:
        warnings.append(
            f"Its attribute {name} = {shorten(given.tolist())} is no value of pixels: it is ignored."
        )
        return None
    return _held(given, dtype)


def _held(given: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """The values that this type can hold; NaN is invalid without being declared."""
    kept = []
    for value in given:
        with np.errstate(all="ignore"):
            try:
                held = np.asarray(value).astype(dtype)
            except (OverflowError, ValueError):
                continue
        # A float32 has 1e20 only nearly; an integer has -32768 or has not.
        if held == value or (dtype.kind == "f" and np.isfinite(held) and np.isfinite(value)):
            kept.append(held[()])
    return np.unique(np.array(kept, dtype)) if kept else None


def _least(neighbours: Neighbours, dtype: np.dtype[Any], warnings: list[str]) -> Any:
    found = neighbours.find("underload_value")
    if found is None:
        return None
    try:
        if found.shape not in ((), (1,)) or found.dtype.kind not in "iuf":
            raise ValueError(f"it must be one number, not {found.dtype} of the shape {found.shape}")
        value = np.ravel(np.asarray(found[()])).item()
    except DAMAGED as error:
        warnings.append(f"The underload_value of its detector is ignored: {clip(str(error), 300)}")
        return None
    if dtype.kind == "b" or not np.isfinite(value):
        return None
    if dtype.kind in "iu" and value <= np.iinfo(dtype).min:
        return None  # nothing is below
    return value


def _masks(
    neighbours: Neighbours,
    shape: tuple[int, ...],
    axes: Sequence[AxisRange],
    image_axis: int,
    limits: Limits,
    warnings: list[str],
) -> tuple[NDArray[np.bool_] | None, tuple[str, ...]]:
    valid: NDArray[np.bool_] | None = None
    notes = []
    for name in MASKS:
        found = neighbours.find(name)
        if found is None:
            if name == MASKS[0]:
                continue
            break  # they are numbered
        try:
            some = _mask(found, shape, axes, image_axis, limits)
        except DAMAGED as error:
            warnings.append(f"The {name} of its detector is ignored: {clip(str(error), 300)}")
            continue
        count = int(some.size - np.count_nonzero(some))
        if count:
            notes.append(
                f"{count} pixel{'s' * (count > 1)} per image are declared invalid by {name} "
                f"({shorten(str(found.name), 200)}): filled."
            )
            valid = some if valid is None else valid & some
    return valid, tuple(notes)


def _mask(
    found: Any, shape: tuple[int, ...], axes: Sequence[AxisRange], image_axis: int, limits: Limits
) -> NDArray[np.bool_]:
    """Valid pixels of what is taken of an image, by a mask of all pixels of the detector."""
    if found.dtype.kind not in "biu":
        raise TypeError(f"it holds {found.dtype}, not bits")
    kept = [axis for axis, each in enumerate(axes) if not each.drop and axis != image_axis]
    whole = tuple(shape[axis] for axis in kept)
    mask_shape = tuple(length for length in found.shape if length != 1) if found.ndim > 2 else found.shape
    if mask_shape != whole:
        raise ValueError(f"its shape is {found.shape}, and the images are {whole}")
    valid = mask_of_bits(read_image(found, limits).reshape(whole))
    if not valid.any():
        raise ValueError("it leaves no pixel, and 0 means good")
    taken = [axes[axis] for axis in kept]
    forward = tuple(slice(each.start, each.stop, each.step) for each in taken)
    flips = tuple(slice(None, None, -1 if each.reverse else 1) for each in taken)
    return np.ascontiguousarray(valid[forward][flips])
