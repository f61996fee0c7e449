# SPDX-License-Identifier: MIT
"""Pixels that metadata declare invalid: values that stand for none, and masks of the detector.

Masks are NXdetector's ``pixel_mask``: 32 bits per pixel, 0 where it is good; gap (bit 0), dead (1), under- and
over-responding (2, 3), noisy (4), part of a cluster of such (6), masked by the user (8), virtual (31, interpolated).
Whatever bit is set, the pixel is left out, as other readers of NeXus do. ``pixel_mask_1`` and so on are added
(https://manual.nexusformat.org/classes/base_classes/NXdetector.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, naming, shorten
from ..pixel_checks import DAMAGED, FillValues, fill_values
from ..selection import AxisRange, flips
from .metadata import Neighbours
from .one_image import read_image
from .storage_checks import check_storage

if TYPE_CHECKING:
    from ...options import Limits

MASKS: Final = ("pixel_mask", *(f"pixel_mask_{number}" for number in range(1, 10)))

LITTLE: Final = 0.1
"""Share of the pixels; masks that leave less are worth a warning."""


class Declared(NamedTuple):
    """What metadata declare of the pixels of a stack."""

    values: FillValues
    least: Any = None
    """Values below it are none; None for no limit."""
    valid: NDArray[np.bool_] | None = None
    """(h, w), True = valid in every image; None where no pixel is masked."""
    masks: tuple[Any, ...] = ()
    """Datasets with a mask for each image, of the shape of the stack's."""
    notes: tuple[str, ...] = ()
    """Sentences on what is left out."""
    warnings: tuple[str, ...] = ()
    """Sentences on metadata that cannot be used."""

    @property
    def bytes_per_pixel(self) -> int:
        """Memory for what differs from image to image: its mask, and the bits that it is made of."""
        bits = max((int(mask.dtype.itemsize) for mask in self.masks), default=0)
        return 1 + bits if self.values or self.least is not None or bits else 0

    def find(
        self, pixels: NDArray[Any], axes: Sequence[AxisRange], image_axis: int
    ) -> dict[str, NDArray[np.bool_]]:
        """Return where the pixels of a block are none, by what declares them; only what is found.

        Parameters
        ----------
        pixels : ndarray, shape (n, h, w)
        axes : sequence of AxisRange
            What the block has of each axis of the dataset.
        image_axis : int
            The axis of the dataset that counts the images.

        Raises
        ------
        OSError
            When the masks of these images cannot be read.
        """
        found = self.values.find(pixels)
        if self.least is not None:
            below = pixels < self.least
            if below.any():
                found[f"underload_value = {self.least}"] = below
        for mask in self.masks:
            hit = _masked_images(mask, axes, image_axis).reshape(pixels.shape)
            if hit.any():
                found[_name(mask)] = hit
        return found


def read_declared(
    dataset: Any,
    neighbours: Neighbours,
    dtype: np.dtype[Any],
    axes: Sequence[AxisRange],
    image_axis: int | None,
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
        The axis of the dataset that counts the images; None where it is one image.
    limits : Limits
        Of the masks, too.
    """
    warnings: list[str] = []
    values = fill_values(dataset.attrs, dtype, warnings)
    least = _least(neighbours, dtype, warnings)
    valid, masks, notes = _masks(neighbours, dataset.shape, axes, image_axis, limits, warnings)
    return Declared(values, least, valid, masks, notes, tuple(warnings))


def mask_of_bits(bits: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the valid pixels of a NeXus bit mask: those without any bit."""
    return np.asarray(bits == 0)


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
    image_axis: int | None,
    limits: Limits,
    warnings: list[str],
) -> tuple[NDArray[np.bool_] | None, tuple[Any, ...], tuple[str, ...]]:
    valid: NDArray[np.bool_] | None = None
    masks, notes = [], []
    for name in MASKS:
        found = neighbours.find(name)
        if found is None:
            if name == MASKS[0]:
                continue
            break  # they are numbered
        try:
            if found.shape == shape and image_axis is not None and shape[image_axis] > 1:
                _check_bits(found)
                check_storage(found, limits)
                masks.append(found)
                continue
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
    if valid is not None and np.count_nonzero(valid) < LITTLE * valid.size:
        warnings.append(
            f"Its pixel_mask leaves {np.count_nonzero(valid)} of {valid.size} pixels per image: all that is said of it "
            "rests on these. In a pixel_mask of NeXus 0 marks good pixels: if this one means the opposite, pass "
            'declared_invalid="ignore", and the mask itself by mask= and mask_valid=.'
        )
    return valid, tuple(masks), tuple(notes)


def _name(mask: Any) -> str:
    name = str(mask.name)
    return f"{name.rpartition('/')[2]} ({shorten(name, 200)})"


def _masked_images(mask: Any, axes: Sequence[AxisRange], image_axis: int) -> NDArray[np.bool_]:
    """Where images are masked, in the order of the images and of their rows and columns."""
    with naming(f'{_name(mask)}, which declared_invalid="ignore" goes without'):
        bits = np.asarray(mask[tuple(slice(axis.start, axis.stop, axis.step) for axis in axes)])
    return np.moveaxis(~mask_of_bits(bits[flips(axes)]), image_axis, 0)


def _check_bits(found: Any) -> None:
    if found.dtype.kind not in "biu":
        raise TypeError(f"it holds {found.dtype}, not bits")


def _mask(
    found: Any, shape: tuple[int, ...], axes: Sequence[AxisRange], image_axis: int | None, limits: Limits
) -> NDArray[np.bool_]:
    """Valid pixels of what is taken of an image, by a mask of all pixels of the detector."""
    _check_bits(found)
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
    return np.ascontiguousarray(valid[forward][flips(taken)])
