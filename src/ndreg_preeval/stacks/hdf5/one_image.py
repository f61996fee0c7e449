# SPDX-License-Identifier: MIT
"""One image of a dataset, read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..pixel_checks import check_image_shape, check_sizes, pixel_dtype
from ..selection import Indices, apply_slice, flips
from .storage_checks import check_storage

if TYPE_CHECKING:
    from ...options import Limits


def read_image(dataset: Any, limits: Limits, indices: Indices | None = None) -> NDArray[Any]:
    """Return the pixels of a dataset of two axes, or of a slice that leaves two; axes of length 1 go.

    Raises
    ------
    OSError
        When it cannot be read.
    TypeError, ValueError
        When it is no image, or beyond the limits.
    """
    if dataset.shape is None:
        raise ValueError("the dataset is empty: it has no shape")
    pixel_dtype(dataset.dtype)
    axes = apply_slice(indices, dataset.shape)
    shape = tuple(axis.count for axis in axes if not axis.drop)
    if len(shape) > 2:
        shape = tuple(length for length in shape if length != 1)
    height, width = check_image_shape(shape)
    stored = sum(state.size for state in check_storage(dataset, limits))
    check_sizes((1, height, width), dataset.dtype.itemsize, stored, limits)
    found = np.asarray(dataset[tuple(slice(axis.start, axis.stop, axis.step) for axis in axes)])
    return found[flips(axes)].reshape(shape)
