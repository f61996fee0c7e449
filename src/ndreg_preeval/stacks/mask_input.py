# SPDX-License-Identifier: MIT
"""A mask that the caller names by a URI or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..argument_checks import as_mask
from ..errors import naming, printable_location
from .formats import Formats
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
        Of a dataset, or a file of one image.
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
        with Formats() as formats:
            pixels, name = formats.of(meanings).image(meanings, limits)
        if mask_valid is None and pixels.dtype.kind in "iu" and name.startswith("pixel_mask"):
            mask_valid = GOOD
        return as_mask("it", pixels, mask_valid)
