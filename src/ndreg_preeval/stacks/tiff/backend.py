# SPDX-License-Identifier: MIT
"""TIFF files, known by their ending or their first bytes; each is one stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..backend import OneStackPerFile, refuse_axis
from ..choices import Choices
from ..hints import is_tiff
from ..regular_file import absolute
from ..uris import UriMeaning
from .image_file import TiffImageSpec
from .source import TiffSpec

if TYPE_CHECKING:
    from ...options import Limits


class TiffBackend(OneStackPerFile):
    """TIFF."""

    name = "TIFF"
    endings = (".tif", ".tiff", ".btf")

    def begins(self, head: bytes) -> bool:
        """Return whether a file begins as TIFF files do, whatever its ending (.lsm, .stk, .svs, ...)."""
        return is_tiff(head)

    def spec(self, meaning: UriMeaning, limits: Limits) -> TiffSpec:
        """Return the spec of a file, or of a slice of its series."""
        choices = Choices(meaning.image_axis)
        return TiffSpec(absolute(meaning.file), limits, meaning.indices, self.location(meaning), choices)

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> TiffImageSpec:  # noqa: ARG002
        """Return the spec of a file of one image, or of a slice that leaves one; nothing is opened."""
        refuse_axis(meaning)
        return TiffImageSpec(absolute(meaning.file), limits, meaning.indices, self.location(meaning))

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:
        """Return the pixels of a file of one image, or of a slice that leaves one."""
        (meaning,) = self.expand(meanings, "", plain=False)
        with self.spec(meaning, limits).open_image() as source:
            return np.array(source.read(0, 1).images[0]), ""
