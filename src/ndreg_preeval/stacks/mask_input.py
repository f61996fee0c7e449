# SPDX-License-Identifier: MIT
"""A mask that the caller names by a URI or a file."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH123

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..argument_checks import as_mask
from ..errors import naming, printable_location
from .formats import Formats
from .regular_file import check_regular_file
from .uris import parse_uri, uri_text

if TYPE_CHECKING:
    from ..options import Limits

GOOD: Final = 0
"""Value of a valid pixel in a NeXus bit mask."""


def load_mask(uri: Any, mask_valid: int | None, limits: Limits) -> NDArray[np.bool_]:
    """Read a mask.

    Parameters
    ----------
    uri : str, Path or DataUrl
        Of a dataset or a TIFF file with one image, or the name of a .npy file.
    mask_valid : int or None
        The value of valid pixels; a dataset called ``pixel_mask`` needs none, since NeXus says it.
    limits : Limits

    Returns
    -------
    (h, w) bool array
        True = valid pixel.

    Raises
    ------
    OSError, KeyError
        When it cannot be read; all errors name it.
    TypeError, ValueError
        When it is no mask.
    """
    with naming(f"mask: {printable_location(uri_text(uri))}"):
        meanings = parse_uri(uri)
        file = meanings[0].file
        if file.lower().endswith(".npy") and not meanings[0].path:
            pixels, name = _of_numpy(file), ""
        else:
            with Formats() as formats:
                pixels, name = formats.of(meanings).image(meanings, limits)
        if mask_valid is None and pixels.dtype.kind in "iu" and name.startswith("pixel_mask"):
            mask_valid = GOOD
        return as_mask("it", pixels, mask_valid)


def _of_numpy(file: str) -> NDArray[Any]:
    """The array of a .npy file, by its header: numpy would make one of any size that a damaged header declares."""
    size = check_regular_file(file)
    with open(file, "rb") as opened:
        version = np.lib.format.read_magic(opened)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in read:
            raise ValueError(f"the version {version} of .npy files cannot be read")
        shape, by_columns, dtype = read[version](opened)
        if dtype.kind not in "biu" or len(shape) != 2:
            raise TypeError(f"it must be one image of bool or integers, not {dtype} of the shape {shape}")
        wanted = math.prod(shape) * dtype.itemsize
        if wanted > size - opened.tell():
            raise OSError(f"it is cut off or damaged: it declares {wanted} bytes of pixels")
        pixels = np.frombuffer(opened.read(wanted), dtype)
    return pixels.reshape(shape, order="F" if by_columns else "C")
